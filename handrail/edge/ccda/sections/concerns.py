"""Health concerns: needs and barriers, each pointing to the goals it stands before."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered, pertains
from handrail.edge.ccda.sections.shared import SCT, day, mark
from handrail.edge.ccda.writing import (
    LOINC,
    SNOMED,
    code,
    concept,
    el,
    entry_reference,
    own_id,
    said_in,
    section,
    span,
    table,
    template,
    words_of,
)
from handrail.fhir.resource import Resource, code_of, reference_to, target_of

_OVER: Final = frozenset({"inactive", "remission", "resolved"})
_WRONG: Final = frozenset({"refuted", "entered-in-error"})


def concerns(gathered: Gathered) -> Element:
    """Return the Health Concerns section: needs and barriers."""
    found = [one for one in gathered.all("Condition") if _stands(one)]
    lines = [
        (mark(one), [words_of(one.get("code")), _state(one), day(_begun(one))]) for one in found
    ]
    return section(
        [template("2.16.840.1.113883.10.20.22.2.58", "2015-08-01")],
        ("75310-3", "Health concerns document"),
        "Health concerns",
        table(["Concern", "Status", "Since"], lines) if lines else None,
        [_concern(gathered, one) for one in found],
    )


def _stands(condition: Resource) -> bool:
    return code_of(condition.get("verificationStatus")) not in _WRONG


def _state(condition: Resource) -> str:
    return "completed" if code_of(condition.get("clinicalStatus")) in _OVER else "active"


def _begun(condition: Resource) -> str:
    period = condition.get("onsetPeriod") or {}
    onset = condition.get("onsetDateTime") or period.get("start")
    return str(onset or condition.get("recordedDate") or "")


def _concern(gathered: Gathered, condition: Resource) -> Element:
    reference = reference_to(condition)
    problem = el(
        "observation",
        template("2.16.840.1.113883.10.20.22.4.4"),
        template("2.16.840.1.113883.10.20.22.4.4", "2015-08-01"),
        own_id(f"{reference}#problem"),
        code(
            "code",
            "55607006",
            SNOMED,
            "Problem",
            children=[code("translation", "75326-9", LOINC, "Problem")],
        ),
        said_in("text", words_of(condition.get("code")), mark(condition)),
        el("statusCode", code="completed"),
        span("effectiveTime", _begun(condition), str(condition.get("abatementDateTime", ""))),
        concept("value", condition.get("code"), SCT, xsi_type="CD", narrative=mark(condition)),
        classCode="OBS",
        moodCode="EVN",
    )
    goals = {target_of(one) for one in gathered.plan.get("goal", ())}
    return el(
        "act",
        template("2.16.840.1.113883.10.20.22.4.132"),
        template("2.16.840.1.113883.10.20.22.4.132", "2015-08-01"),
        own_id(reference),
        code("code", "75310-3", LOINC, "Health concern"),
        el("statusCode", code=_state(condition)),
        span("effectiveTime", str(condition.get("recordedDate") or _begun(condition))),
        el("entryRelationship", problem, typeCode="REFR"),
        [entry_reference(goal, "REFR") for goal in pertains(condition) if goal in goals],
        classCode="ACT",
        moodCode="EVN",
    )
