"""Health status evaluations and outcomes: progress of goals, and what was observed of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered
from handrail.edge.ccda.sections.shared import LOINC_ONLY, author_of, day, target, unit
from handrail.edge.ccda.writing import (
    SNOMED,
    code,
    concept,
    el,
    entry_reference,
    own_id,
    section,
    table,
    template,
    time,
    words_of,
)
from handrail.fhir.resource import Resource, code_of, reference_to, target_of

_ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
_ACHIEVED: Final = {
    "achieved": ("390802008", "Goal achieved"),
    "sustaining": ("390802008", "Goal achieved"),
    "not-achieved": ("390801001", "Goal not achieved"),
    "no-progress": ("390801001", "Goal not achieved"),
    "not-attainable": ("390801001", "Goal not achieved"),
}


def outcomes(gathered: Gathered) -> Element:
    """Return the Health Status Evaluations and Outcomes section."""
    found = list(_outcomes(gathered))
    lines = [
        (f"Outcome-{place}", [words, value, day(at)])
        for place, (_entry, words, value, at) in enumerate(found)
    ]
    return section(
        [template("2.16.840.1.113883.10.20.22.2.61")],
        ("11383-7", "Patient problem outcome"),
        "Health status evaluations and outcomes",
        table(["What", "Outcome", "On"], lines) if lines else None,
        [entry for entry, *_rest in found],
    )


Outcome = tuple[Element, str, str, str]


def _outcomes(gathered: Gathered) -> Iterator[Outcome]:
    """Yield the entry, words, value and day of each goal's progress and of what was observed."""
    for goal in gathered.all("Goal"):
        if said := code_of(goal.get("achievementStatus"), _ACHIEVEMENT):
            yield _progress(gathered, goal, said)
    for one in gathered.all("Observation"):
        aims = _aims_of(gathered, one)
        if aims:
            yield _observed(gathered, one, aims)


def _aims_of(gathered: Gathered, observation: Resource) -> list[str]:
    reference = reference_to(observation)
    found = [
        reference_to(goal)
        for goal in gathered.all("Goal")
        if reference in {target_of(one) for one in goal.get("outcomeReference", ())}
    ]
    focus = [target_of(one) for one in observation.get("focus", ())]
    return list(dict.fromkeys([*found, *(one for one in focus if one in gathered.stored)]))


def _progress(gathered: Gathered, goal: Resource, said: str) -> Outcome:
    at = str(goal.get("statusDate") or gathered.plan.get("created") or "")
    known = _ACHIEVED.get(said)
    words = words_of(goal.get("achievementStatus")) or said
    value = (
        code("value", known[0], SNOMED, known[1], xsi_type="CD")
        if known
        else el("value", el("originalText", words), xsi_type="CD", nullFlavor="OTH")
    )
    progress = el(
        "observation",
        template("2.16.840.1.113883.10.20.22.4.110"),
        own_id(f"{reference_to(goal)}#progress"),
        el("code", code="ASSERTION", codeSystem="2.16.840.1.113883.5.4"),
        el("statusCode", code="completed"),
        value,
        classCode="OBS",
        moodCode="EVN",
    )
    supported = el("entryRelationship", progress, typeCode="SPRT", inversionInd="true")
    coded = concept("code", target(goal).get("measure") or {"text": "Goal"}, LOINC_ONLY)
    said_value = el("value", words, xsi_type="ST")
    aims = [reference_to(goal)]
    reference = f"{reference_to(goal)}#outcome"
    entry = _outcome(gathered, reference, coded, said_value, (at, aims, [supported]))
    return entry, words_of(goal.get("description")), words, at


def _observed(gathered: Gathered, one: Resource, aims: Sequence[str]) -> Outcome:
    at = str(one.get("effectiveDateTime") or one.get("issued") or "")
    value, words = _value(one)
    coded = concept("code", one.get("code"), LOINC_ONLY)
    entry = _outcome(gathered, reference_to(one), coded, value, (at, aims, []))
    return entry, words_of(one.get("code")), words, at


def _outcome(
    gathered: Gathered,
    reference: str,
    coded: Element,
    value: Element,
    rest: tuple[str, Sequence[str], Iterable[Element]],
) -> Element:
    at, aims, more = rest
    return el(
        "observation",
        template("2.16.840.1.113883.10.20.22.4.144"),
        own_id(reference),
        coded,
        el("statusCode", code="completed"),
        time("effectiveTime", at),
        value,
        author_of(gathered, gathered.plan.get("author"), at),
        [entry_reference(aim, "GEVL") for aim in aims],
        more,
        classCode="OBS",
        moodCode="EVN",
    )


def _value(one: Resource) -> tuple[Element, str]:
    quantity = one.get("valueQuantity") or {}
    if quantity.get("value") is not None:
        measured = unit(quantity)
        said = f"{quantity['value']} {quantity.get('unit') or ''}".strip()
        return el("value", xsi_type="PQ", value=str(quantity["value"]), unit=measured), said
    if one.get("valueInteger") is not None:
        return el("value", xsi_type="INT", value=str(one["valueInteger"])), str(one["valueInteger"])
    if codeable := one.get("valueCodeableConcept"):
        return concept("value", codeable, xsi_type="CD"), words_of(codeable)
    if one.get("valueString"):
        return el("value", str(one["valueString"]), xsi_type="ST"), str(one["valueString"])
    return el("value", xsi_type="ST", nullFlavor="UNK"), words_of(one.get("dataAbsentReason"))
