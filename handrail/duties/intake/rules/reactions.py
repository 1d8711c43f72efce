"""The reactions of this room and its sweep, listed in ``room.py`` with what each waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.intake.resources import (
    DONE,
    SAFETY_STATUSES,
    Answers,
    answers_of,
    codes_by_link,
    extension_of,
    is_empty,
    panel_codes,
)
from handrail.duties.intake.rules import DUE, KINDS, SAFETY, SCORE_NAME, TO_READ, safety
from handrail.duties.intake.rules.due import (
    SHIPPED,
    Done,
    Due,
    Person,
    due,
    due_rules,
    reference_of,
    satisfies,
)
from handrail.duties.intake.rules.instruments import scores
from handrail.duties.intake.rules.scoring import Counted, counted
from handrail.fhir import work
from handrail.fhir.change import Change, Known
from handrail.fhir.resource import (
    Resource,
    code_of,
    id_of,
    is_deceased,
    survivor_of,
    target_of,
)
from handrail.fhir.task import TaskStatus, is_open

READING = "assessments.reading"
FOLLOW_UP = "assessments.follow-up"
ENDED = ("completed", "entered-in-error", "cancelled", "failed", "rejected")
"""Statuses of a Task that has ended, one way or another."""
_LOINC = "http://loinc.org"


def _values(known: Known) -> dict[str, Any]:
    return dict(known.rules.rule(READING, known.as_of.date()).values)


def _is_recent(text: str, known: Known) -> bool:
    """Tell whether answers are news: what was said long ago is history, not work."""
    oldest = known.as_of - timedelta(days=int(_values(known)["recent_days"]))
    return text[:10] >= oldest.date().isoformat() if text else True


def definition_of(said: Answers, known: Known) -> Resource | None:
    """Return the Questionnaire that was answered; None if it is not in the record."""
    named = said.definition or reference_of(said.form)
    found = known.read(named) if named else None
    if found is not None or not said.form:
        return found
    return known.defined("Questionnaire", said.form)


def on_answers(change: Change, known: Known) -> Iterable[Resource]:
    """Something was answered: an answer that cannot wait opens its protocol at once."""
    after = change.after
    said = answers_of(after)
    if (
        said.status not in SAFETY_STATUSES
        or not said.patient
        or not _is_recent(said.authored, known)
    ):
        return
    form = definition_of(said, known)
    codes = codes_by_link(form) if form else {}
    now = safety.met(after, codes, known.rules, known.as_of)
    if now and not is_deceased(known.read(f"Patient/{said.patient}")):
        before = change.before
        was = safety.met(before, codes, known.rules, known.as_of) if before else []
        if before and answers_of(before).status not in SAFETY_STATUSES:
            was = []
        yield from safety.opened(after, [rule for rule in now if rule not in was], known)


def on_work_ended(change: Change, known: Known) -> Iterable[Resource]:
    """Work ended: a safety protocol that nobody documented opens again."""
    before, after = change.before, change.after
    is_over = code_of(after.get("statusReason")) in {safety.TYPING_MISTAKE, work.DECEASED}
    if is_over or any(work.outputs_of(after, work.EVIDENCE)):
        return
    if before and work.kind_of(before) == SAFETY and is_open(before["status"]):
        yield from safety.opened_again(before, known)


def on_finished(change: Change, known: Known) -> Iterable[Resource]:
    """An assessment is finished or corrected: what asked for it ends; what it asks for begins."""
    said = answers_of(change.after)
    if not said.patient or not _is_news(change) or not _is_recent(said.authored, known):
        return
    tasks = [t for t in known.of_patient(said.patient, "Task") if work.kind_of(t) in KINDS]
    proof = f"QuestionnaireResponse/{said.id}"
    for task in [] if is_empty(change.after) else tasks:
        if is_open(task["status"]) and _asked_for(task, said, known):
            yield work.ended(task, TaskStatus.COMPLETED, evidence=[proof])
    patient = known.read(f"Patient/{said.patient}") or {}
    if is_deceased(patient):
        return
    form = definition_of(said, known)
    if form is not None:
        wanted = scores(known.rules, panel_codes(form), known.as_of.date())
        gender = str(patient.get("gender", ""))
        found = counted(wanted, change.after, codes_by_link(form), gender)
        yield from _follow_ups(said, found, tasks, known)
    if not said.is_own:
        yield from _to_read(said, form, tasks, known)


def _is_news(change: Change) -> bool:
    """Tell whether answers are final that were not, or say something else than before."""
    before, after = change.before or {}, change.after
    was = before.get("status") in DONE
    return after.get("status") in DONE and not (was and before.get("item") == after.get("item"))


def _asked_for(task: Resource, said: Answers, known: Known) -> bool:
    """Tell whether this very assessment is what the open work asked for."""
    if work.kind_of(task) != DUE:
        return False
    if f"Questionnaire/{id_of(task.get('focus'))}" in {said.definition, reference_of(said.form)}:
        return True
    named = work.input_of(task, work.RULE)
    rules = due_rules(known.rules, known.as_of.date())
    return any(rule.id == named and satisfies(rule, {said.form}) for rule in rules)


def _follow_ups(
    said: Answers, found: Iterable[Counted], tasks: list[Resource], known: Known
) -> Iterator[Resource]:
    """Yield what a positive screen asks for: the longer form, once for each assessment."""
    today = known.as_of.date()
    for each in found:
        slug = each.rule.follow_with
        focus = f"Questionnaire/handrail-{slug}"
        identity = uuid5(NAMESPACE_URL, f"{DUE}|{said.id}|{slug}").hex
        asked = _is_open(tasks, DUE, focus) or known.read(f"Task/{identity}")
        if not (each.positive and slug) or asked:
            continue
        longer = known.read(focus) or {}
        days = int(_values(known)["follow_up_business_days"])
        wanted = Due(
            rule=FOLLOW_UP,
            form=f"{SHIPPED}{slug}",
            title=str(longer.get("title", slug.upper())),
            last_on=None,
            look_by=known.calendar.after(today, days),
        )
        why = f"{each.rule.name} is {each.value}. {each.band.words if each.band else ''}".strip()
        yield {**due_task(wanted, said.patient, known, why=why), "id": identity}


def _is_open(tasks: Iterable[Resource], kind: str, focus: str) -> bool:
    return any(
        is_open(task["status"])
        and work.kind_of(task) == kind
        and (task.get("focus") or {}).get("reference") == focus
        for task in tasks
    )


def due_task(wanted: Due, patient: str, known: Known, *, why: str = "") -> Resource:
    """Return the work that an assessment which is due asks for."""
    owner, name = safety.manager_of(patient, known)
    last = f"Last asked {wanted.last_on}." if wanted.last_on else "Not asked yet."
    return work.open_task(
        work.Step(
            kind=DUE,
            step=f"Ask: {wanted.title}",
            why=why or last,
            patient=patient,
            owner=owner,
            owner_name=name,
            look_by=known.calendar.end_of(wanted.look_by).isoformat(),
            authored_at=known.as_of.isoformat(timespec="seconds"),
            rule=wanted.rule,
            source="assessments",
            focus=reference_of(wanted.form),
        )
    )


def _to_read(
    said: Answers, form: Resource | None, tasks: list[Resource], known: Known
) -> Iterator[Resource]:
    """Yield the reading of answers that came from elsewhere: anew whenever they say otherwise."""
    focus = f"QuestionnaireResponse/{said.id}"
    if _is_open(tasks, TO_READ, focus):
        return
    before = sum(1 for t in tasks if work.kind_of(t) == TO_READ and target_of(t["focus"]) == focus)
    owner, name = safety.manager_of(said.patient, known)
    days = int(_values(known)["read_business_days"])
    title = str((form or {}).get("title", "")) or said.title or said.form or "An assessment"
    step = work.Step(
        kind=TO_READ,
        step="Read the answers",
        why=f"{title} was {'changed' if before else 'answered'} elsewhere.",
        patient=said.patient,
        owner=owner,
        owner_name=name,
        look_by=known.calendar.end_of(known.calendar.after(known.as_of.date(), days)).isoformat(),
        authored_at=known.as_of.isoformat(timespec="seconds"),
        rule=READING,
        source=said.by_name or "elsewhere",
        focus=focus,
    )
    yield work.open_task(step, uuid5(NAMESPACE_URL, f"{TO_READ}|{said.id}|{before}").hex)


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody has died: nobody asks them anything any more."""
    if change.before and is_deceased(change.after) and not is_deceased(change.before):
        tasks = known.of_patient(str(change.after["id"]), "Task")
        yield from work.ended_for_deceased(tasks, KINDS)


def decide_due(patient: str, known: Known) -> Iterable[Resource]:
    """Open the assessments that are due for somebody who is enrolled."""
    who = known.read(f"Patient/{patient}")
    if who is None or is_deceased(who) or survivor_of(who):
        return
    episodes = known.of_patient(patient, "EpisodeOfCare")
    active = [episode for episode in episodes if episode.get("status") == "active"]
    if not active:
        return
    tasks = [t for t in known.of_patient(patient, "Task") if work.kind_of(t) == DUE]
    person = Person(
        born=_day(who.get("birthDate")),
        programs=frozenset(code_of(t) for e in active for t in e.get("type", ())),
        done=[*_done(patient, known), *scored(patient, known), *refused(tasks)],
    )
    asked = {work.input_of(task, work.RULE) for task in tasks if is_open(task["status"])}
    for wanted in due(person, known.rules, known.as_of.date(), known.calendar):
        if wanted.rule not in asked and known.read(reference_of(wanted.form)):
            yield due_task(wanted, patient, known)


def _done(patient: str, known: Known) -> Iterator[Done]:
    """Yield the assessments that were finished."""
    for response in known.of_patient(patient, "QuestionnaireResponse"):
        said = answers_of(response)
        on = _day(said.authored)
        if said.status in DONE and on:
            yield Done(said.form, on)


def scored(patient: str, known: Known) -> Iterator[Done]:
    """Yield the scores that others counted; our own follow from our assessments."""
    codes = {
        code for rule in known.rules.all("assessment.") for code in rule.values.get("scores", ())
    }
    for observation in known.coded(patient, "Observation", _LOINC, codes):
        on = _day(observation.get("effectiveDateTime"))
        is_answer = observation.get("status") in {"final", "amended", "corrected"}
        if is_answer and on and extension_of(observation, SCORE_NAME) is None:
            yield Done(code_of(observation.get("code"), _LOINC), on)


def refused(tasks: Iterable[Resource]) -> Iterator[Done]:
    """Yield what was declined or not needed: it is not asked again before its time."""
    for task in tasks:
        on = _day((task.get("meta") or {}).get("lastUpdated"))
        if task["status"] == TaskStatus.CANCELLED and on:
            focus = id_of(task.get("focus")).removeprefix("handrail-")
            yield Done(f"{SHIPPED}{focus}", on)


def _day(text: object) -> date | None:
    try:
        return datetime.fromisoformat(str(text)).date()
    except ValueError:
        return None
