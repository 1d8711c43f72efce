"""Interventions: the steps, planned and done, pointing to the goals they are for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered, pertains
from handrail.edge.ccda.people import person_name, pointer
from handrail.edge.ccda.sections.shared import LOINC_ONLY, SCT, day, mark
from handrail.edge.ccda.writing import (
    SNOMED,
    code,
    concept,
    el,
    entry_reference,
    own_id,
    said_in,
    section,
    table,
    template,
    time,
    words_of,
)
from handrail.fhir.resource import Resource, reference_to, target_of

_DONE: Final = frozenset({"completed", "fulfilled"})
_STOPPED: Final = frozenset(
    {"cancelled", "rejected", "failed", "revoked", "stopped", "noshow", "entered-in-error"}
)


def interventions(gathered: Gathered) -> Element:
    """Return the Interventions section: the steps, planned and done."""
    refs = [target_of(one.get("reference")) for one in gathered.plan.get("activity", ())]
    found = [
        one for ref in refs if (one := gathered.resource(ref)) and _status(one) not in _STOPPED
    ]
    lines = [
        (mark(one), [_step_words(one), _owner(one)[1], day(_when(one)), _status(one)])
        for one in found
    ]
    return section(
        [
            template("2.16.840.1.113883.10.20.21.2.3"),
            template("2.16.840.1.113883.10.20.21.2.3", "2015-08-01"),
        ],
        ("62387-6", "Interventions provided"),
        "Interventions",
        table(["Step", "Who", "By", "Status"], lines) if lines else None,
        [_intervention(gathered, one) for one in found],
    )


def _status(step: Resource) -> str:
    return str(step.get("status", ""))


def _step_words(step: Resource) -> str:
    kinds = [words_of(one) for one in step.get("serviceType", ())]
    medicine = words_of(step.get("medicationCodeableConcept"))
    words = step.get("description") or words_of(step.get("code")) or medicine
    return str(words or next(iter(kinds), "") or step["resourceType"])


def _owner(step: Resource) -> tuple[str, str]:
    who: Any = step.get("owner") or step.get("performer") or {}
    first: Mapping[str, Any] = who if isinstance(who, dict) else next(iter(who), {})
    return target_of(first), str(first.get("display", ""))


def _when(step: Resource) -> str:
    period = step.get("restriction", {}).get("period") or step.get("occurrencePeriod") or {}
    said = step.get("start") or step.get("occurrenceDateTime")
    ended = (step.get("executionPeriod") or {}).get("end") if _status(step) in _DONE else ""
    return str(ended or said or period.get("end") or period.get("start") or "")


def _intervention(gathered: Gathered, step: Resource) -> Element:
    done = _status(step) in _DONE
    mood, state = ("EVN", "completed") if done else ("INT", "active")
    wrapper = "2.16.840.1.113883.10.20.22.4.131" if done else "2.16.840.1.113883.10.20.22.4.146"
    aims = [one for one in pertains(step) if one in gathered.stored] or [""]
    return el(
        "act",
        template(wrapper),
        template(wrapper, "2015-08-01"),
        own_id(reference_to(step)),
        code("code", "362956003", SNOMED, "Procedure / intervention (navigational concept)"),
        el("statusCode", code=state),
        el("entryRelationship", _act(gathered, step, mood), typeCode="REFR"),
        [entry_reference(one, "RSON") for one in aims],
        classCode="ACT",
        moodCode=mood,
    )


def _act(gathered: Gathered, step: Resource, mood: str) -> Element:
    """Return what is to be done (Planned Act) or was done (Procedure Activity Act)."""
    kind = "2.16.840.1.113883.10.20.22.4.39" if mood == "INT" else "2.16.840.1.113883.10.20.22.4.12"
    owner, name = _owner(step)
    said = {"coding": (step.get("code") or {}).get("coding", ()), "text": _step_words(step)}
    performer = pointer("assignedEntity", owner)
    if name:
        performer.append(el("assignedPerson", person_name(gathered.resource(owner), name)))
    return el(
        "act",
        template(kind),
        template(kind, "2014-06-09"),
        own_id(f"{reference_to(step)}#act"),
        concept("code", said, (*SCT, *LOINC_ONLY), narrative=mark(step)),
        said_in("text", _step_words(step), mark(step)),
        el("statusCode", code="active" if mood == "INT" else "completed"),
        time("effectiveTime", _when(step)),
        el("performer", performer, typeCode="PRF") if owner else None,
        classCode="ACT",
        moodCode=mood,
    )
