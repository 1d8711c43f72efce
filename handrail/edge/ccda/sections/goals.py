"""Goals: in the person's words, with target and priority, pointing to their concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered
from handrail.edge.ccda.sections.shared import LOINC_ONLY, author_of, day, mark, target, unit
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
from handrail.fhir.resource import Resource, code_of, reference_to, target_of

_PRIORITIES: Final = {
    "high-priority": ("394849002", "High priority"),
    "medium-priority": ("394848005", "Normal priority"),
}
"""SNOMED CT codes of Priority Level (2.16.840.1.113883.11.20.9.60)."""


def goals(gathered: Gathered) -> Element:
    """Return the Goals section."""
    found = gathered.all("Goal")
    lines = [
        (mark(one), [words_of(one.get("description")), _target_words(one), day(_due(one))])
        for one in found
    ]
    return section(
        [template("2.16.840.1.113883.10.20.22.2.60")],
        ("61146-7", "Goals"),
        "Goals",
        table(["Goal, in the person's words", "Target", "By"], lines) if lines else None,
        [_goal(gathered, one) for one in found],
    )


def _due(goal: Resource) -> str:
    return str(target(goal).get("dueDate", ""))


def _target_words(goal: Resource) -> str:
    aim = target(goal)
    if quantity := aim.get("detailQuantity"):
        parts = (quantity.get("comparator"), quantity.get("value"), quantity.get("unit"))
        detail = " ".join(str(one) for one in parts if one is not None)
    else:
        detail = words_of(aim.get("detailCodeableConcept")) or aim.get("detailString", "")
    return ": ".join(one for one in (words_of(aim.get("measure")), str(detail)) if one)


def _goal(gathered: Gathered, goal: Resource) -> Element:
    aim = target(goal)
    concerns_of = [target_of(one) for one in goal.get("addresses", ())]
    begins, ends = str(goal.get("startDate", "")), _due(goal)
    when = el("effectiveTime", time("low", begins), time("high", ends)) if begins or ends else None
    return el(
        "observation",
        template("2.16.840.1.113883.10.20.22.4.121"),
        own_id(reference_to(goal)),
        concept("code", aim.get("measure"), LOINC_ONLY, narrative=mark(goal)),
        said_in("text", words_of(goal.get("description")), mark(goal)),
        el("statusCode", code="active"),
        when,
        _goal_value(goal, aim),
        author_of(gathered, goal.get("expressedBy") or gathered.plan.get("author"), begins),
        [entry_reference(one, "REFR") for one in concerns_of if one in gathered.stored],
        _priority(gathered, goal),
        classCode="OBS",
        moodCode="GOL",
    )


def _goal_value(goal: Resource, aim: Mapping[str, Any]) -> Element:
    quantity = aim.get("detailQuantity") or {}
    if quantity.get("value") is None:
        return el("value", words_of(goal.get("description")), xsi_type="ST")
    said = str(quantity.get("comparator", ""))
    amount = {"value": str(quantity["value"]), "unit": unit(quantity)}
    if said.startswith("<"):
        end = el("high", inclusive=None if said == "<=" else "false", **amount)
    elif said.startswith(">"):
        end = el("low", inclusive=None if said == ">=" else "false", **amount)
    else:
        return el("value", xsi_type="PQ", **amount)
    return el("value", end, xsi_type="IVL_PQ")


def _priority(gathered: Gathered, goal: Resource) -> Element | None:
    known = _PRIORITIES.get(code_of(goal.get("priority")))
    if known is None:
        return None
    observation = el(
        "observation",
        template("2.16.840.1.113883.10.20.22.4.143"),
        own_id(f"{reference_to(goal)}#priority"),
        code("code", "225773000", SNOMED, "Preference"),
        el("statusCode", code="completed"),
        code("value", known[0], SNOMED, known[1], xsi_type="CD"),
        author_of(gathered, goal.get("expressedBy"), str(goal.get("startDate", ""))),
        classCode="OBS",
        moodCode="EVN",
    )
    return el("entryRelationship", observation, typeCode="RSON")
