"""What a finished assessment says as Observations, so that any EHR can read it.

US Core screening and assessments (us-core-observation-screening-assessment), and SDOHCC's
ObservationScreeningResponse where the question is about social needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.intake.resources import (
    Answers,
    absent_reason,
    is_carried,
    value_of,
)
from handrail.duties.intake.rules import SCORE_NAME
from handrail.duties.intake.rules.scoring import Counted
from handrail.fhir.forms import Form, Spot, spots_of
from handrail.fhir.resource import Resource, concept, reference
from handrail.fhir.rulebook import Rulebook

US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/"
SCREENING: Final = f"{US_CORE}us-core-observation-screening-assessment"
ANSWERED: Final = f"{US_CORE}us-core-questionnaireresponse"
SOCIAL: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
    "SDOHCC-ObservationScreeningResponse"
)
_KINDS = "http://terminology.hl7.org/CodeSystem/observation-category"
_US_CORE_KINDS = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
_DOMAINS = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_MEANING = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_UCUM = "http://unitsofmeasure.org"
_UNITS = {"": "{score}", "min/wk": "min/wk"}
_REASONS = {
    "asked-declined": "Asked But Declined",
    "asked-unknown": "Asked But Unknown",
    "unknown": "Unknown",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question is about: a category of US Core, and a domain of SDOHCC; either empty."""

    category: str = ""
    domain: str = ""


def topics(rules: Rulebook, on: date) -> dict[str, Topic]:
    """Return what each item code is about, as the rules about needs say."""
    found: dict[str, Topic] = {}
    for rule in rules.all("need."):
        if rule.in_force(on):
            topic = Topic(str(rule.values.get("category", "")), str(rule.values.get("domain", "")))
            for code in rule.values.get("items", ()):
                found.setdefault(str(code), topic)
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """Who said what, when: what all Observations of one assessment share."""

    answers: Answers
    status: str
    performer: Mapping[str, str]
    topics: Mapping[str, Topic]


def observations(
    form: Form, response: Resource, scores: Sequence[Counted], said: Said
) -> Iterator[Resource]:
    """Yield the Observations of a finished assessment: its coded answers, then its scores."""
    counted = {(score.rule.system, score.rule.code) for score in scores}
    for spot in spots_of(form, response).values():
        code = next(iter(spot.item.codes), None)
        if code and code not in counted and not is_carried(spot.said):
            yield from _of_spot(spot, code, said)
    for score in scores:
        yield _of_score(score, said)


def identity(assessment: str, what: str) -> str:
    """Return the id of the Observation about one answer: the same whenever it is corrected."""
    return str(uuid5(NAMESPACE_URL, f"urn:handrail:{assessment}|{what}"))


def _of_spot(spot: Spot, code: tuple[str, str], said: Said) -> Iterator[Resource]:
    values = [one for one in spot.answers if value_of(one) is not None]
    why = absent_reason(spot.said)
    about = _concept(code, spot.item.text)
    topic = next((said.topics[c] for _, c in spot.item.codes if c in said.topics), Topic())
    for number, answer in enumerate(values):
        made = _shared(identity(said.answers.id, f"{spot.place}|{number}"), about, topic, said)
        yield made | _value(answer)
    if why and not values:
        made = _shared(identity(said.answers.id, f"{spot.place}|0"), about, topic, said)
        yield made | {"dataAbsentReason": concept(_ABSENT, why, _REASONS.get(why, ""))}


def _concept(code: tuple[str, str], text: str) -> dict[str, Any]:
    system, value = code
    coding = {"system": system, "code": value} if system else {"code": value}
    return {"coding": [coding], "text": text} if text else {"coding": [coding]}


def _shared(identity_: str, code: dict[str, Any], topic: Topic, said: Said) -> Resource:
    is_social = topic.category == "sdoh"
    return {
        "resourceType": "Observation",
        "id": identity_,
        "meta": {"profile": [SCREENING, SOCIAL] if is_social else [SCREENING]},
        "status": said.status,
        "category": list(_categories(topic)),
        "code": code,
        "subject": reference(f"Patient/{said.answers.patient}"),
        "effectiveDateTime": said.answers.authored,
        "performer": [dict(said.performer)],
        "derivedFrom": [reference(f"QuestionnaireResponse/{said.answers.id}")],
    }


def _categories(topic: Topic) -> Iterator[dict[str, Any]]:
    yield concept(_KINDS, "survey", "Survey")
    if topic.category:
        yield concept(_US_CORE_KINDS, topic.category)
    if topic.category == "sdoh":
        yield concept(_KINDS, "social-history", "Social History")
    if topic.domain:
        yield concept(_DOMAINS, topic.domain)


_SAME = {
    "valueBoolean": "valueBoolean",
    "valueInteger": "valueInteger",
    "valueTime": "valueTime",
    "valueDateTime": "valueDateTime",
    "valueDate": "valueDateTime",
    "valueString": "valueString",
    "valueUri": "valueString",
    "valueQuantity": "valueQuantity",
}


def _value(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``value[x]`` of an Observation, for an answer."""
    name, value = next((k, v) for k, v in answer.items() if k.startswith("value"))
    if name == "valueCoding":
        kept = {key: part for key, part in value.items() if key != "extension"}
        text = str(value.get("display") or value.get("code") or "")
        return {"valueCodeableConcept": {"coding": [kept], "text": text}}
    if name == "valueDecimal":
        return {"valueQuantity": {"value": value, "system": _UCUM, "code": "1"}}
    return {_SAME[name]: value} if name in _SAME else {"valueString": str(value)}


def _of_score(score: Counted, said: Said) -> Resource:
    rule = score.rule
    topic = said.topics.get(rule.code, Topic())
    code = concept(rule.system, rule.code, text=rule.name)
    made = _shared(identity(said.answers.id, f"score|{rule.code}"), code, topic, said)
    made["extension"] = [{"url": SCORE_NAME, "valueString": rule.name}]
    if score.value is None:
        why = score.why
        return made | {"dataAbsentReason": concept(_ABSENT, why, _REASONS.get(why, ""))}
    flag, display = ("POS", "Positive") if score.positive else ("NEG", "Negative")
    words = score.band.words if score.band else display
    made["interpretation"] = [concept(_MEANING, flag, display, text=words)]
    return made | _score_value(score, score.value)


def _score_value(score: Counted, value: Decimal) -> dict[str, Any]:
    rule = score.rule
    answers = rule.positive_answers if score.positive else rule.negative_answers
    if answers:
        words = score.band.words if score.band else ""
        return {"valueCodeableConcept": concept(rule.system, answers[0], text=words)}
    unit = _UNITS.get(rule.unit, rule.unit)
    whole = int(value) if value == value.to_integral_value() else value
    return {"valueQuantity": {"value": whole, "unit": unit, "system": _UCUM, "code": unit}}
