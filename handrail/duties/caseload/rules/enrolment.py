"""An enrolment: begun, given to somebody, parked on purpose, reviewed, ended with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from handrail.duties.caseload.resources import (
    END_REASON,
    PARKED,
    PROGRAM,
    REVIEW_ON,
    WHY,
    Enrolment,
    enrolment_of,
)
from handrail.duties.caseload.rules.programs import Program
from handrail.fhir.errors import BusinessRuleError, IllegalMoveError
from handrail.fhir.resource import Resource, concept, reference
from handrail.fhir.task import is_open
from handrail.fhir.work import assigned

END_REASONS = {
    "goals-met": "Goals met",
    "period-over": "The program's time is over",
    "criteria-not-met": "No longer fits the program",
    "other-program": "Moved to another program",
    "moved-away": "Moved away",
    "declined": "Does not want it",
    "unreachable": "Could not be reached",
    "deceased": "Died",
    "by-mistake": "Enrolled by mistake",
}
OPEN_STATUSES = frozenset({"planned", "waitlist", "active", "onhold"})


def enrolled(patient: str, program: Program, to: str, *, on: date, name: str = "",
             reasons: Sequence[str] = ()) -> Resource:  # fmt: skip
    """Return the EpisodeOfCare that enrolls a patient (an id) from ``on``.

    ``to`` is a Practitioner (the care manager) or a CareTeam (its pool); ``reasons`` say why.
    """
    episode: Resource = {
        "resourceType": "EpisodeOfCare",
        "extension": _noted(
            (),
            {
                WHY: {"valueString": "; ".join(reasons)} if reasons else {},
                REVIEW_ON: _day(on + timedelta(days=program.review_days)),
            },
        ),
        "status": "active",
        "statusHistory": [{"status": "active", "period": {"start": on.isoformat()}}],
        "type": [concept(PROGRAM, program.id, text=program.title)],
        "patient": reference(f"Patient/{patient}"),
        "period": {"start": on.isoformat()},
    }
    return given_to(episode, to, name)


def given_to(episode: Resource, to: str, name: str = "") -> Resource:
    """Return the EpisodeOfCare with another care manager or, for a CareTeam, in that team's pool.

    A care manager keeps the team; a pool has no care manager.
    """
    kind = to.partition("/")[0]
    if kind == "Practitioner":
        return {**episode, "careManager": reference(to, name)}
    if kind != "CareTeam":
        message = f"A patient is given to a person or a team, not to '{to or 'nobody'}'."
        raise BusinessRuleError(message)
    pooled = {key: value for key, value in episode.items() if key != "careManager"}
    return {**pooled, "team": [reference(to, name)]}


def handed_over(tasks: Iterable[Resource], former: Iterable[str], to: str, name: str = "") -> (
    list[Resource]
):  # fmt: skip
    """Return the open Tasks that belonged to any of ``former`` (references), now ``to``'s."""
    mine = set(former)
    return [
        assigned(task, to, name)
        for task in tasks
        if is_open(task["status"]) and (task.get("owner") or {}).get("reference") in mine
    ]


def parked(episode: Resource, until: date, because: str, *, on: date, most_days: int) -> Resource:
    """Return the EpisodeOfCare put on hold on purpose, with the day somebody looks again (P2)."""
    if not on < until <= on + timedelta(days=most_days):
        message = f"Choose a review date after today and within {most_days} days."
        raise BusinessRuleError(message)
    if not because.strip():
        raise BusinessRuleError("Say why nothing has to be done until then.")
    notes = {REVIEW_ON: _day(until), PARKED: {"valueString": because.strip()}}
    return _moved(episode, "onhold", on, notes)


def resumed(episode: Resource, *, on: date, review_days: int) -> Resource:
    """Return the EpisodeOfCare taken up again."""
    notes: dict[str, dict[str, Any]] = {
        REVIEW_ON: _day(on + timedelta(days=review_days)),
        PARKED: {},
    }
    return _moved(episode, "active", on, notes)


def reviewed(episode: Resource, next_on: date, *, on: date) -> Resource:
    """Return the EpisodeOfCare looked at and kept, with the next review date."""
    if next_on <= on:
        raise BusinessRuleError("Choose a next review date after today.")
    extension = _noted(episode.get("extension", ()), {REVIEW_ON: _day(next_on)})
    return {**episode, "extension": extension}


def ended(episode: Resource, reason: str, *, on: date) -> Resource:
    """Return the EpisodeOfCare ended for a coded reason (a key of ``END_REASONS``)."""
    if reason not in END_REASONS:
        raise BusinessRuleError("Choose why the enrolment ends.")
    why = {"valueCodeableConcept": concept(END_REASON, reason, text=END_REASONS[reason])}
    notes: dict[str, dict[str, Any]] = {END_REASON: why, REVIEW_ON: {}, PARKED: {}}
    done = _moved(episode, "cancelled" if reason == "by-mistake" else "finished", on, notes)
    start = str((episode.get("period") or {}).get("start", ""))[:10]
    end = max(on.isoformat(), start)
    return {**done, "period": {**(episode.get("period") or {}), "end": end}}


def _moved(
    episode: Resource, status: str, on: date, notes: Mapping[str, Mapping[str, Any]]
) -> Resource:
    """Return the EpisodeOfCare in another status, with the history of its statuses."""
    if episode["status"] not in OPEN_STATUSES or episode["status"] == status:
        message = f"This enrolment is {episode['status']}; it cannot become {status}."
        raise IllegalMoveError(message)
    former = [dict(entry) for entry in episode.get("statusHistory", ())]
    if former and "end" not in (former[-1].get("period") or {}):
        former[-1]["period"] = {**(former[-1].get("period") or {}), "end": on.isoformat()}
    history = [*former, {"status": status, "period": {"start": on.isoformat()}}]
    moved = {**episode, "status": status, "statusHistory": history}
    if extension := _noted(episode.get("extension", ()), notes):
        return {**moved, "extension": extension}
    moved.pop("extension", None)
    return moved


def _noted(
    extensions: Iterable[Mapping[str, Any]], notes: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the extensions with ``notes`` (value by url) set; an empty value removes one."""
    kept = [dict(extension) for extension in extensions if extension.get("url") not in notes]
    return kept + [{"url": url, **value} for url, value in notes.items() if value]


def _day(on: date) -> dict[str, Any]:
    return {"valueDate": on.isoformat()}


def enrolments(episodes: Iterable[Resource]) -> list[Enrolment]:
    """Return the enrolments among EpisodesOfCare."""
    return [found for episode in episodes if (found := enrolment_of(episode))]
