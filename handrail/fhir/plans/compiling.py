"""Makes a PlanDefinition of a situation, as ``rules/plans/*.toml`` writes it.

A situation says for which codes it is (``icd10cm``, ``snomed``, SDOHCC ``domains``), its goals,
steps, barriers and sources. Words are English (``en``) with Spanish (``es``) beside them.
docs/plan-library.md describes every field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from handrail.fhir.errors import HandrailError
from handrail.fhir.plans import names
from handrail.fhir.plans.words import Words, written
from handrail.fhir.resource import Resource, concept

PUBLISHER: Final = "Handrail"
_CONTEXT: Final = "http://terminology.hl7.org/CodeSystem/usage-context-type"
_TYPE: Final = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
_PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/goal-priority"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/goal-category"
TOPICS: Final = {
    "everyday": "Everyday needs",
    "health": "Health conditions",
    "mind": "Mind and mood",
    "family": "Family and children",
    "care": "Care and medicines",
    "cover": "Cover and costs",
    "safety": "Safety",
}
"""What the library is ordered by."""


class UnusableSituationError(HandrailError):
    """A situation lacks something; the message names the situation and the field."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"


def compiled(situation: Mapping[str, Any]) -> Resource:
    """Return the PlanDefinition of a situation.

    Raises:
        UnusableSituationError: a field is missing; it says which.
    """
    try:
        return _compiled(situation)
    except KeyError as error:
        slug = situation.get("slug", "?")
        raise UnusableSituationError(f"The plan “{slug}” has no {error}.") from error


def _compiled(situation: Mapping[str, Any]) -> Resource:
    slug = situation["slug"]
    made: Resource = {
        "resourceType": "PlanDefinition",
        "id": f"handrail-plan-{slug}",
        "extension": [
            {"url": names.BARRIER, **written("valueString", _words(each))}
            for each in situation.get("barrier", ())
        ],
        "url": f"urn:handrail:plan:{slug}",
        "version": situation["version"],
        "name": "".join(part.capitalize() for part in slug.split("-")),
        **written("title", _words(situation["title"])),
        "type": concept(_TYPE, "clinical-protocol"),
        "status": "active",
        "date": str(situation["reviewed_on"]),
        "publisher": PUBLISHER,
        **written("description", _words(situation["summary"])),
        "useContext": list(_contexts(situation)),
        "lastReviewDate": str(situation["reviewed_on"]),
        "topic": [concept(names.TOPIC, situation["topic"], TOPICS[situation["topic"]])],
        "relatedArtifact": [_citation(each) for each in situation["source"]],
        "goal": [_goal(each, situation) for each in situation["goal"]],
        "action": [_action(each, at, situation) for at, each in enumerate(situation["step"], 1)],
    }
    return {name: value for name, value in made.items() if value != []}


def _words(entry: Mapping[str, Any]) -> Words:
    return Words(entry["en"], {"es": entry["es"]} if "es" in entry else {})


def _contexts(situation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for coding in _codings(situation):
        yield _context("focus", valueCodeableConcept={"coding": [coding]})
    ages = {
        name: {"value": situation[field], "unit": "years", "system": names.UCUM, "code": "a"}
        for name, field in (("low", "age_from"), ("high", "age_to"))
        if field in situation
    }
    if ages:
        yield _context("age", valueRange=ages)
    for program in situation.get("programs", ()):
        yield _context("program", valueCodeableConcept={"text": program})


def _context(kind: str, **value: Any) -> dict[str, Any]:
    return {"code": {"system": _CONTEXT, "code": kind}, **value}


def _codings(entry: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for field, system in (
        ("icd10cm", names.ICD10CM),
        ("snomed", names.SNOMED),
        ("domains", names.DOMAIN),
        ("needs", names.NEED),
    ):
        for code in entry.get(field, ()):
            yield {"system": system, "code": code}


def _citation(source: Mapping[str, Any]) -> dict[str, Any]:
    dated: list[dict[str, Any]] = [{"url": names.SOURCE_DATE, "valueDate": str(source["date"])}]
    when = str(source["date"])[:4]
    if source.get("standing"):
        dated.append({"url": names.STANDING, "valueBoolean": True})
        when = f"a standing page, named on {source['date']}"
    return {
        "extension": dated,
        "type": "citation",
        "label": source["publisher"],
        "display": source["title"],
        "citation": f"{source['publisher']}. {source['title']} ({when}).",
        "url": source["url"],
    }


def _goal(goal: Mapping[str, Any], situation: Mapping[str, Any]) -> dict[str, Any]:
    asked = [*_codings(goal)] or [*_codings(situation)]
    return {
        "id": goal["id"],
        "category": concept(_CATEGORY, goal.get("category", "behavioral")),
        "description": written("text", _words(goal)),
        "priority": concept(_PRIORITY, f"{goal.get('priority', 'medium')}-priority"),
        "addresses": [{"coding": [each]} for each in asked],
        "target": [_target(goal)],
    }


def _target(goal: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "target" in goal:
        told = {"url": names.TARGET_WORDS, **written("valueString", _words(goal["target"]))}
        made["extension"] = [told]
    if "loinc" in goal:
        made["measure"] = concept(names.LOINC, goal["loinc"], text=goal["measure"])
    if "detail" in goal:
        made.update(_detail(goal["detail"]))
    made["due"] = _days(goal["days"])
    return made


def _detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return detail[x]: a number with its bound, a range, or an answer."""
    if "code" in detail:
        return {"detailCodeableConcept": concept(detail["system"], detail["code"], detail["words"])}
    unit = {"unit": detail["unit"], "system": names.UCUM, "code": detail["ucum"]}
    if "low" in detail:
        both = {name: {"value": detail[name], **unit} for name in ("low", "high") if name in detail}
        return {"detailRange": both}
    bound = {"comparator": detail["bound"]} if "bound" in detail else {}
    return {"detailQuantity": {"value": detail["value"], **bound, **unit}}


def _days(days: int) -> dict[str, Any]:
    return {"value": days, "unit": "days", "system": names.UCUM, "code": "d"}


def _action(step: Mapping[str, Any], at: int, situation: Mapping[str, Any]) -> dict[str, Any]:
    done = {"url": names.DONE_WHEN, "valueString": step["done"]}
    owner = step["owner"]
    made: dict[str, Any] = {
        "id": step.get("id", f"step-{at}"),
        "extension": [done],
        **written("title", _words(step)),
        "goalId": list(_goal_ids(step, situation)),
        "timingDuration": _days(step["days"]),
        "participant": [
            {
                "type": names.PARTICIPANTS.get(owner, "practitioner"),
                "role": concept(names.OWNER, owner),
            }
        ],
    }
    if "how" in step:
        made["description"] = step["how"]
    if "priority" in step:
        made["priority"] = step["priority"]
    if "when" in step:
        asked = {"language": "text/fhirpath", "expression": step["when"]}
        made["condition"] = [{"kind": "applicability", "expression": asked}]
    return made


def _goal_ids(step: Mapping[str, Any], situation: Mapping[str, Any]) -> Iterable[str]:
    return step.get("goals") or [goal["id"] for goal in situation["goal"]]
