"""What several sections say in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered
from handrail.edge.ccda.people import pointer
from handrail.edge.ccda.writing import el, template, time
from handrail.fhir.resource import Resource, target_of

SCT: Final = ("http://snomed.info/sct",)
LOINC_ONLY: Final = ("http://loinc.org",)
_AUTHOR: Final = "2.16.840.1.113883.10.20.22.4.119"


def mark(resource: Resource) -> str:
    """Return the ID of what the narrative says of a resource."""
    return f"{resource['resourceType']}-{resource['id']}"


def day(moment: str) -> str:
    """Return the day of a moment."""
    return moment[:10]


def target(goal: Resource) -> Mapping[str, Any]:
    """Return the first target of a goal; empty if it has none."""
    return next(iter(goal.get("target", ())), {})


def unit(quantity: Mapping[str, Any]) -> str:
    """Return the UCUM unit of a Quantity; one of no system in braces, as UCUM has it."""
    coded = quantity.get("system") == "http://unitsofmeasure.org" and quantity.get("code")
    if coded:
        return str(quantity["code"])
    unit = str(quantity.get("unit") or "").replace(" ", "_")
    return f"{{{unit}}}" if unit else "1"


def author_of(gathered: Gathered, who: Mapping[str, Any] | None, at: str) -> Element:
    """Return who says it (Author Participation), by the id in the header."""
    reference = target_of(who)
    said = at or str(gathered.plan.get("created", ""))
    return el(
        "author",
        template(_AUTHOR),
        time("time", said),
        pointer("assignedAuthor", reference),
        typeCode="AUT",
    )
