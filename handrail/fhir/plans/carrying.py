"""The CarePlan that carries the goals and requests of a plan that was applied.

Source: http://hl7.org/fhir/us/core/StructureDefinition-us-core-careplan.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from html import escape
from typing import Any, Final

from handrail.fhir.plans.facts import Facts
from handrail.fhir.plans.plan import Plan
from handrail.fhir.plans.requests import refers_to
from handrail.fhir.plans.words import concept_words, text
from handrail.fhir.resource import Resource, concept, reference, reference_to

US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"
_HEADINGS: Final = {"en": ("Goals", "Steps", "By"), "es": ("Metas", "Pasos", "Para el")}
_CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"


def care_plan(
    plan: Plan,
    facts: Facts,
    patient: Resource,
    goals: Sequence[Resource],
    requests: Sequence[Resource],
) -> Resource:
    """Return the CarePlan, a draft, with a narrative of its goals and steps."""
    title = plan.title.said_in(facts.language)[0]
    addresses = {each["reference"] for goal in goals for each in goal.get("addresses", ())}
    made: Resource = {
        "resourceType": "CarePlan",
        "id": facts.identity("plan", plan.id or "applied"),
        "meta": {"profile": [US_CORE]},
        "text": narrative(title, goals, requests, facts.language),
        "instantiatesCanonical": [plan.canonical] if plan.canonical else [],
        "status": "draft",
        "intent": "plan",
        "category": [concept(_CATEGORY, "assess-plan")],
        "title": title,
        "description": plan.about.said_in(facts.language)[0],
        "subject": reference(patient),
        "encounter": reference(facts.encounter) if facts.encounter else {},
        "period": {"start": facts.as_of.isoformat()},
        "created": facts.at,
        "author": reference(facts.practitioner or facts.organization)
        if facts.practitioner or facts.organization
        else {},
        "addresses": [reference(one) for one in sorted(addresses)],
        "goal": [reference(goal) for goal in goals],
        "activity": [{"reference": refers_to(request)} for request in requests],
    }
    return {name: value for name, value in made.items() if value not in ("", [], {})}


def narrative(
    title: str, goals: Sequence[Resource], requests: Sequence[Resource], language: str = "en"
) -> dict[str, str]:
    """Return the Narrative: the title, the goals, the steps with their dates."""
    heads = _HEADINGS.get(language.partition("-")[0], _HEADINGS["en"])
    aims = [concept_words(goal["description"]).text for goal in goals]
    steps = [_line(one, heads[2]) for one in requests]
    listed = _list(heads[0], aims) + _list(heads[1], steps)
    body = f"<p>{escape(title)}</p>{listed}"
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'
    return {"status": "generated", "div": div}


def _list(heading: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines if line)
    return f"<p>{heading}</p><ul>{items}</ul>" if items else ""


def _line(request: Mapping[str, Any], by: str) -> str:
    payload = request.get("payload") or [{}]
    words = (
        text(request.get("description"))
        or concept_words(request.get("code")).text
        or text(payload[0].get("contentString"))
    )
    ends = (request.get("restriction") or {}).get("period", {}).get("end", "")
    due = ends or text(request.get("occurrenceDateTime"))
    return f"{words} {by} {due[:10]}." if due else words


def contained(care_plan: Resource, others: Sequence[Resource]) -> Resource:
    """Return the CarePlan with its goals and requests inside it, as ``$apply`` answers."""
    ids = {reference_to(each): f"#{each['id']}" for each in others}
    inside = [_relinked(_bare(each), ids) for each in others]
    whole: Resource = _relinked(care_plan, ids)
    made = {name: value for name, value in whole.items() if name in {"resourceType", "id", "meta"}}
    rest = {name: value for name, value in whole.items() if name not in {"text", *made}}
    return {**made, "text": whole["text"], **({"contained": inside} if inside else {}), **rest}


def _bare(resource: Resource) -> Resource:
    """Return a resource as it may be contained: without a version or tags (dom-4, dom-5)."""
    copied = deepcopy(resource)
    meta = {name: value for name, value in copied.get("meta", {}).items() if name == "profile"}
    return {**copied, "meta": meta} if meta else {k: v for k, v in copied.items() if k != "meta"}


def _relinked(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: ids.get(inner, inner)
            if name == "reference" and isinstance(inner, str)
            else _relinked(inner, ids)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_relinked(one, ids) for one in value]
    return value
