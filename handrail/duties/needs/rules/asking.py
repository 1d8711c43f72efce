"""Asking again: what the person said about help, and the day on which somebody asks once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from handrail.duties.needs.resources import (
    CATEGORY,
    SDOHCC,
    WISH,
    Need,
    instant,
    need_of,
)
from handrail.duties.needs.rules.deciding import Verdict
from handrail.duties.needs.rules.meaning import NeedRule, need_rules
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.fhir.enrolment import care_manager_of
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource, concept, id_of, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open

KIND: Final = "ask-again"
PACE: Final = "needs-review.ask-again"
OBSERVATION: Final = "urn:handrail:observation"
SCREENING: Final = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-screening-assessment"
)
_SURVEY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_WORDS: Final = {
    Verdict.HELPED: "Gets help already",
    Verdict.NOT_NOW: "Does not want help now",
    Verdict.WANTS: "Wants help",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked about help, when (ISO instant), and about which need."""

    need: Need
    verdict: Verdict
    at: str
    by: str
    by_name: str


def wish(asked: Asked, identity: str) -> Resource:
    """Return the Observation of what the person said about help (US Core screening)."""
    need = asked.need
    categories = [concept(_SURVEY, "survey", "Survey")]
    if need.category:
        categories.append(concept(CATEGORY, need.category))
    if need.domain:
        categories.append(concept(SDOHCC, need.domain))
    return {
        "resourceType": "Observation",
        "id": identity,
        "meta": {"profile": [SCREENING]},
        "status": "final",
        "category": categories,
        "code": concept(OBSERVATION, "help-wish", text="What the person says about help"),
        "subject": reference(f"Patient/{need.patient}"),
        "focus": [reference(need.reference)],
        "effectiveDateTime": asked.at,
        "performer": [reference(asked.by, asked.by_name)],
        "valueCodeableConcept": concept(WISH, asked.verdict.value, text=_WORDS[asked.verdict]),
    }


def default_day(need: Need, known: Known) -> date:
    """Return the day on which to ask again, by the rule that found the need or the house's."""
    today = known.as_of.date()
    own = [rule.ask_again_days for rule in need_rules(known.rules, today) if rule.id in need.rules]
    days = min((n for n in own if n), default=int(known.rules.rule(PACE, today).values["days"]))
    return known.calendar.on_or_after(today + timedelta(days=days))


def checked_day(on: date, known: Known) -> date:
    """Return the day if somebody can ask again then.

    Raises:
        BusinessRuleError: it is not after today, or too far away.
    """
    today = known.as_of.date()
    most = int(known.rules.rule(PACE, today).values["most_days"])
    if not today < on <= today + timedelta(days=most):
        raise BusinessRuleError(f"Choose a day to ask again: after today, within {most} days.")
    return on


def owner_of(episodes: Iterable[Resource], by: str, by_name: str) -> tuple[str, str]:
    """Return (reference, name) of the person's coordinator; whoever asks, if there is none."""
    manager, name = care_manager_of(episodes)
    return (manager, name) if manager else (by, by_name)


def task(asked: Asked, owner: tuple[str, str], on: date, known: Known) -> Resource:
    """Return the work of asking again on that day."""
    end = known.calendar.end_of(known.calendar.on_or_after(on))
    step = work.Step(
        kind=KIND,
        step=f"Ask again: {asked.need.text}",
        why=f"{_WORDS[asked.verdict]} ({known.as_of.date():%-d %b %Y}).",
        patient=asked.need.patient,
        owner=owner[0],
        owner_name=owner[1],
        look_by=end.isoformat(),
        authored_at=asked.at,
        rule=PACE,
        focus=asked.need.reference,
        requester=asked.by,
    )
    return work.open_task(step)


def waiting(tasks: Iterable[Resource], need: str) -> Iterator[Resource]:
    """Yield the open work of asking again about a need (``Condition/id``)."""
    for one in tasks:
        is_kind = work.kind_of(one) == KIND and is_open(one["status"])
        if is_kind and (not need or target_of(one.get("focus")) == need):
            yield one


def answered(tasks: Iterable[Resource], need: str, evidence: str) -> list[Resource]:
    """Return the work about a need, ended by what was found out (``Type/id``)."""
    return [
        work.ended(one, TaskStatus.COMPLETED, evidence=[evidence]) for one in waiting(tasks, need)
    ]


def asked_again(response: Resource, codes: frozenset[str], known: Known) -> Iterator[Resource]:
    """Yield the work that ends because an assessment asked the question again (P3).

    Args:
        response: the finished QuestionnaireResponse.
        codes: the questions it answers.
        known: what the record has.
    """
    patient = id_of(response.get("subject"), "Patient")
    at = instant(str(response.get("authored", "")), known.calendar.zone)
    rules = need_rules(known.rules, known.as_of.date())
    for one in waiting(known.of_patient(patient, "Task"), ""):
        condition = known.read(target_of(one.get("focus")))
        need = need_of(condition) if condition else None
        if need and _later(at, one, known) and codes & _questions(need, rules):
            proof = [reference_to(response)]
            yield work.ended(one, TaskStatus.COMPLETED, evidence=proof)


def _later(at: datetime | None, one: Resource, known: Known) -> bool:
    begun = instant(str(one.get("authoredOn", "")), known.calendar.zone)
    return bool(at and begun and at > begun)


def _questions(need: Need, rules: Iterable[NeedRule]) -> set[str]:
    """Return the questions that ask about a need: of its rules, else of its domain."""
    rules = list(rules)
    own = {code for rule in rules if rule.id in need.rules for code in rule.items}
    return own or {
        code
        for rule in rules
        if need.domain and rule.domain == need.domain and rule.kind == need.kind
        for code in rule.items
    }
