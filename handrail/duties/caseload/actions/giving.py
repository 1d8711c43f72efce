"""Gives patients to people: assign, claim from a pool, hand over.

Cover for a colleague is arranged by :mod:`handrail.access.office`; here is who covers for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.models import Cover
from handrail.access.principal import Principal, Role
from handrail.duties.caseload.actions.enrolling import ROOM
from handrail.duties.caseload.actions.people import name_of
from handrail.duties.caseload.models import Enrolment
from handrail.duties.caseload.rules import enrolment as rules
from handrail.fhir.errors import BusinessRuleError, ForbiddenError
from handrail.record import store
from handrail.record.known import known
from handrail.record.store import Committed, Draft

_MOST_AT_ONCE = 400


def assign(episodes: Sequence[str], to: str, *, by: Principal) -> Committed:
    """Give enrolments (EpisodeOfCare ids) to a person or a team's pool, with their open work."""
    require(by, "assign")
    return _give(episodes, to, by=by, reason="Assigned")


def claim(episodes: Sequence[str], *, by: Principal) -> Committed:
    """Take patients nobody manages yet from a pool of one's own teams."""
    require(by, "claim")
    with acting(by):
        for row in _rows(by.org, episodes):
            if row.manager:
                message = f"{row.manager_name or row.manager} already looks after this patient."
                raise BusinessRuleError(message)
            if row.team not in by.identities and not by.has(Role.SUPERVISOR):
                raise ForbiddenError("This pool belongs to a team that you are not in.")
        return _give(episodes, by.person, by=by, reason="Claimed from the pool")


def hand_over(episodes: Sequence[str], to: str, *, by: Principal) -> Committed:
    """Hand patients and their open work over to a colleague or a pool.

    One's own patients, those of a team of one's own, and those of somebody one covers for; a
    supervisor hands over anybody's.
    """
    require(by, "hand_over")
    with acting(by):
        for row in _rows(by.org, episodes):
            mine = {row.manager, row.team} & set(by.identities)
            if not mine and not by.has(Role.SUPERVISOR):
                raise ForbiddenError("Somebody else looks after this patient. Ask a supervisor.")
        return _give(episodes, to, by=by, reason="Handed over")


def _rows(org: int, episodes: Sequence[str]) -> list[Enrolment]:
    if not episodes:
        raise BusinessRuleError("Choose at least one patient.")
    if len(episodes) > _MOST_AT_ONCE:
        raise BusinessRuleError(f"Choose at most {_MOST_AT_ONCE} patients at once.")
    rows = list(Enrolment.objects.filter(org=org, source__in=episodes))
    if len(rows) != len(set(episodes)):
        raise ForbiddenError("One of these patients is not on a caseload that you may see.")
    return rows


def _give(episodes: Sequence[str], to: str, *, by: Principal, reason: str) -> Committed:
    with acting(by):
        name = name_of(by.org, to)
        drafts: dict[str, Draft] = {}
        for row in _rows(by.org, episodes):
            stored = store.read(f"EpisodeOfCare/{row.source}", by=by)
            episode = rules.given_to(stored.resource, to, name)
            drafts[stored.reference] = Draft(episode, if_match=stored.version)
            former = {row.manager, row.team} - {"", to}
            drafts.update(_work(row.patient, former, to, name, by))
        return store.commit(drafts.values(), by=by, reason=reason, room=ROOM)


def _work(
    patient: str, former: Iterable[str], to: str, name: str, by: Principal
) -> dict[str, Draft]:
    """Return the patient's open work of former owners, with its new owner."""
    tasks = store.of_patient(patient, "Task", by=by)
    version = {task.reference: task.version for task in tasks}
    moved = rules.handed_over((task.resource for task in tasks), former, to, name)
    return {
        f"Task/{task['id']}": Draft(task, if_match=version[f"Task/{task['id']}"]) for task in moved
    }


def covers(org: int) -> list[Cover]:
    """Return the covers that hold now or will."""
    return list(Cover.objects.filter(org=org, ends_at__gt=known(org).as_of).order_by("starts_at"))
