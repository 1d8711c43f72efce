"""Where the invented towns are: each borrows a ZIP code, as distances are reckoned from those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from handrail.fhir.directory.places import point_of
from handrail.fhir.resource import Resource, reference
from handrail.site.demo.days import dice

ZIPS: Final[Mapping[str, str]] = {
    "Mossbrook": "04654",
    "Eastfen": "04630",
    "Northfold": "04619",
}
"""The ZIP code of each town. The streets and towns are invented, the codes are not."""
_SPREAD: Final = 0.016  # degrees: a town is about two miles across


def address(line: str, town: str) -> dict[str, Any]:
    """Return an address in one of the towns."""
    town = town if town in ZIPS else "Mossbrook"
    return {"line": [line], "city": town, "postalCode": ZIPS[town]}


def place(where: str, identity: str, of: tuple[str, str]) -> Resource:
    """Return the Location of "street: town", run by an organization (reference, name)."""
    line, _, town = where.rpartition(": ")
    made: Resource = {
        "resourceType": "Location",
        "id": identity,
        "status": "active",
        "name": of[1],
        "address": address(line, town),
        "managingOrganization": reference(*of),
    }
    if middle := point_of(ZIPS[town]):
        chance = dice("where", where)
        made["position"] = {
            "latitude": round(middle.latitude + chance.uniform(-_SPREAD, _SPREAD), 4),
            "longitude": round(middle.longitude + chance.uniform(-_SPREAD, _SPREAD), 4),
        }
    return made
