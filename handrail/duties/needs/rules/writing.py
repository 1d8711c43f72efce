"""How a need or a strength is written: Condition by US Core and SDOH Clinical Care.

Sources: http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns
and http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.duties.needs.resources import (
    CATEGORY,
    CLINICAL,
    CONCERN,
    ICD10,
    RULE,
    SDOHCC,
    STRENGTH,
    VERIFICATION,
    evidence_of,
)
from handrail.duties.needs.rules.meaning import Meaning
from handrail.fhir.resource import Resource, concept, reference

US_CORE: Final = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns"
)
SDOH_CONDITION: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Condition"
)
_TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
_LONGEST: Final = 1000
"""Characters of a need in somebody's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a need is called, and where it belongs."""

    text: str
    kind: str = "need"
    domain: str = ""
    category: str = ""
    codings: tuple[tuple[str, str, str], ...] = ()
    text_es: str = ""

    @property
    def is_social(self) -> bool:
        """Tell whether SDOH Clinical Care applies."""
        return bool(self.domain) or self.category == "sdoh" or self.kind == "strength"


def condition(wording: Wording, identity: str, patient: str, on: str) -> Resource:
    """Return an unconfirmed Condition. ``patient`` is an id, ``on`` an ISO instant or day."""
    profiles = [US_CORE, *([SDOH_CONDITION] if wording.is_social else [])]
    return {
        "resourceType": "Condition",
        "id": identity,
        "meta": {"profile": profiles},
        "clinicalStatus": concept(CLINICAL, "active"),
        "verificationStatus": concept(VERIFICATION, "unconfirmed"),
        "category": list(_categories(wording)),
        "code": code_for(wording),
        "subject": reference(f"Patient/{patient}"),
        "recordedDate": on,
    }


def _categories(wording: Wording) -> Iterator[dict[str, Any]]:
    yield concept(CONCERN, "health-concern", "Health Concern")
    if wording.is_social:
        yield concept(CATEGORY, "sdoh", "SDOH")
    elif wording.category:
        yield concept(CATEGORY, wording.category, _title(wording.category))
    for code in _domains(wording):
        yield concept(SDOHCC, code, _title(code))


def _domains(wording: Wording) -> Iterator[str]:
    if wording.kind == "strength":
        yield STRENGTH
    if wording.domain and wording.domain != STRENGTH:
        yield wording.domain
    elif wording.is_social and wording.kind != "strength":
        yield "sdoh-category-unspecified"


def _title(code: str) -> str:
    return code.replace("-", " ").title().replace("Sdoh", "SDOH")


def code_for(wording: Wording) -> dict[str, Any]:
    """Return Condition.code: the words, their Spanish, the codes that fit."""
    named: dict[str, Any] = {}
    listed = [
        {"system": system, "code": code, **({"display": display} if display else {})}
        for system, code, display in wording.codings
    ]
    if listed:
        named["coding"] = listed
    named["text"] = wording.text[:_LONGEST]
    if wording.text_es:
        inside = [
            {"url": "lang", "valueCode": "es"},
            {"url": "content", "valueString": wording.text_es},
        ]
        named["_text"] = {"extension": [{"extension": inside, "url": _TRANSLATION}]}
    return named


def proposal(meaning: Meaning, identity: str, patient: str, on: str) -> Resource:
    """Return the Condition that an answer proposes; a person decides about it (P6)."""
    rule = meaning.rule
    coded = ((ICD10, rule.icd10cm, rule.icd10cm_display),) if rule.icd10cm else ()
    wording = Wording(
        text=rule.text,
        kind=rule.kind,
        domain=rule.domain,
        category=rule.category,
        codings=coded,
        text_es=rule.text_es,
    )
    made = condition(wording, identity, patient, on)
    made["extension"] = [{"url": RULE, "valueString": one} for one in meaning.rules]
    return with_evidence(made, meaning.evidence)


def with_evidence(need: Resource, sources: Iterable[str]) -> Resource:
    """Return the Condition that rests on these, too (``Type/id``); what it rests on stays."""
    known = set(evidence_of(need))
    fresh = [reference(source) for source in dict.fromkeys(sources) if source not in known]
    if not fresh:
        return need
    return {**need, "evidence": [*need.get("evidence", ()), {"detail": fresh}]}


def with_extension(resource: Resource, url: str, **value: Any) -> Resource:
    """Return the resource with this extension in place of others of the same url."""
    others: list[Mapping[str, Any]] = [
        one for one in resource.get("extension", ()) if one.get("url") != url
    ]
    return {**resource, "extension": [*others, {"url": url, **value}]}
