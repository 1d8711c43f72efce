"""Answers that cannot wait: which rules they meet, and the work they open at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.intake.resources import Answers, answers_of, items_of
from handrail.duties.intake.rules import SAFETY
from handrail.duties.intake.rules.instruments import (
    SafetyRule,
    all_scores,
    protocol,
    safety_rules,
)
from handrail.duties.intake.rules.scoring import Codes, Part, code_in, counted, parts_of, weight_in
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.fhir.enrolment import care_manager_of
from handrail.fhir.resource import Resource, concept, id_of, target_of
from handrail.fhir.rulebook import Rulebook
from handrail.fhir.task import TaskStatus, is_open

TYPING_MISTAKE: Final = "answer-corrected"
STEP_SYSTEM: Final = "urn:handrail:protocol-step"
OUTCOME_SYSTEM: Final = "urn:handrail:protocol-outcome"


def met(response: Resource, codes: Codes, rules: Rulebook, on: datetime) -> list[SafetyRule]:
    """Return the rules that the answers meet. Old answers that nobody confirmed meet none."""
    known = safety_rules(rules, on.date())
    parts = _every_part(response, codes)
    if not any(part.values for part in parts.values()):
        return []
    sums = counted(all_scores(rules, on.date()), response, codes)
    totals = {each.rule.code: each.so_far for each in sums if each.answered}
    return [rule for rule in known if _is_met(rule, parts, totals)]


def _every_part(response: Resource, codes: Codes) -> dict[str, Part]:
    """Return all answers by code and linkId: asked twice, either answer counts.

    The last part of a linkId counts as a code, because forms made of LOINC panels name their items
    like ``/44249-1/44260-8``, and a form that is not known here tells no codes.
    """
    found: dict[str, Part] = {}
    for item in items_of(response):
        for name, part in parts_of({"item": [item]}, codes).items():
            for each in {name, name.rpartition("/")[2]}:
                known = found.get(each, Part())
                values = [*known.values, *part.values]
                found[each] = Part(values, known.declined or part.declined)
    return found


def _is_met(rule: SafetyRule, parts: Mapping[str, Part], totals: Mapping[str, object]) -> bool:
    for name in rule.parts:
        values: list[object] = [*parts.get(name, Part()).values]
        values += [totals[name]] if name in totals else []
        if any(code_in(value) in rule.answers for value in values if code_in(value)):
            return True
        numbers = [number for value in values if (number := _number(value)) is not None]
        if rule.at_least is not None and any(number >= rule.at_least for number in numbers):
            return True
    return False


def _number(value: object) -> Decimal | None:
    """Return what an answer counts; a code that is a number counts as that number."""
    code = code_in(value)
    counts = weight_in(value)
    is_digit = counts is None and code.isascii() and code.isdecimal() and len(code) == 1
    return Decimal(code) if is_digit else counts


def opened(response: Resource, rules: Iterable[SafetyRule], known: Known) -> Iterator[Resource]:
    """Yield the work that newly met rules open: one piece for each protocol of an assessment."""
    said = answers_of(response)
    by_protocol: dict[str, list[SafetyRule]] = {}
    for rule in rules:
        by_protocol.setdefault(rule.protocol, []).append(rule)
    before = [
        task
        for task in known.of_patient(said.patient, "Task")
        if work.kind_of(task) == SAFETY and id_of(task.get("focus")) == said.id
    ]
    for slug, met_rules in by_protocol.items():
        same = [task for task in before if work.input_of(task, work.RULE) == f"protocol.{slug}"]
        if not any(is_open(task["status"]) for task in same):
            yield _task(said, slug, met_rules, len(same), known)


def _task(
    said: Answers, slug: str, rules: Sequence[SafetyRule], number: int, known: Known
) -> Resource:
    wanted = protocol(known.rules, slug, known.as_of.date())
    owner, name = owner_of(said, known)
    due = known.as_of + timedelta(minutes=wanted.due_minutes)
    step = work.Step(
        kind=SAFETY,
        step=wanted.title,
        why=" ".join(dict.fromkeys(rule.words for rule in rules)),
        patient=said.patient,
        owner=owner,
        owner_name=name,
        look_by=known.as_of.isoformat(timespec="seconds"),
        deadline=due.isoformat(timespec="seconds"),
        authored_at=known.as_of.isoformat(timespec="seconds"),
        rule=wanted.id,
        source=said.title,
        focus=f"QuestionnaireResponse/{said.id}",
        priority=wanted.priority,
    )
    return work.open_task(step, str(uuid5(NAMESPACE_URL, f"{SAFETY}|{said.id}|{slug}|{number}")))


def owner_of(said: Answers, known: Known) -> tuple[str, str]:
    """Return who does it: who asked here, else the care manager, else the intake pool."""
    if said.is_own and said.by.startswith("Practitioner/"):
        return said.by, said.by_name
    return manager_of(said.patient, known)


def manager_of(patient: str, known: Known) -> tuple[str, str]:
    """Return the care manager of the patient's active enrolment, else the intake pool."""
    manager, name = care_manager_of(known.of_patient(patient, "EpisodeOfCare"))
    return manager or known.pool, name


def opened_again(before: Resource, known: Known) -> Iterator[Resource]:
    """Yield a protocol anew that was withdrawn before anybody documented it.

    Undoing an answer, or calling the work an error, is no evidence that the person is safe.
    """
    patient = id_of(before.get("for"), "Patient")
    answers = known.read(target_of(before.get("focus")))
    if answers is None or answers.get("status") == "entered-in-error":
        return
    slug = work.input_of(before, work.RULE)
    same = [
        task
        for task in known.of_patient(patient, "Task")
        if work.kind_of(task) == SAFETY
        and target_of(task.get("focus")) == target_of(before.get("focus"))
        and work.input_of(task, work.RULE) == slug
    ]
    if any(is_open(task["status"]) for task in same):
        return
    number, protocol_slug = len(same), slug.removeprefix("protocol.")
    name = f"{SAFETY}|{id_of(before.get('focus'))}|{protocol_slug}|{number}"
    kept = {key: value for key, value in before.items() if key != "meta"}
    yield {**kept, "id": str(uuid5(NAMESPACE_URL, name)), "status": TaskStatus.REQUESTED.value}


def finished(task: Resource, evidence: str, steps: Iterable[tuple[str, str]]) -> Resource:
    """Return the work ended on what was documented (``evidence``), with the steps taken."""
    points = [
        {"type": concept(STEP_SYSTEM, code, text=words), "valueBoolean": True}
        for code, words in steps
    ]
    with_steps = {**task, "output": [*task.get("output", []), *points]} if points else task
    return work.ended(with_steps, TaskStatus.COMPLETED, evidence=[evidence])


def mistyped(task: Resource) -> Resource:
    """Return the work ended because the answer was a slip of the finger, and was corrected."""
    reason = (TYPING_MISTAKE, "The answer was typed by mistake and corrected.")
    return work.ended(task, TaskStatus.CANCELLED, reason=reason)
