"""An invented directory: people, places and numbers that are nobody's."""

from __future__ import annotations

from typing import Any

from handrail.fhir.directory.kept import with_facts
from handrail.fhir.directory.shape import CATEGORY, LANGUAGE, SDOHCC
from handrail.fhir.resource import Resource

WEEK = ["mon", "tue", "wed", "thu", "fri"]
FACTS = {
    "fees_description": "None.",
    "application_process": "Walk in.",
    "required_documents": [{"document": "Proof of address"}],
}


def organization(identity: str = "harvest", name: str = "Harvest Table", **more: Any) -> Resource:
    return {"resourceType": "Organization", "id": identity, "active": True, "name": name, **more}


def place(
    identity: str = "main", postal_code: str = "02139", line: str = "24 Second Avenue", **more: Any
) -> Resource:
    return {
        "resourceType": "Location",
        "id": identity,
        "status": "active",
        "name": f"Hall {identity}",
        "address": {
            "line": [line],
            "city": "Cambridge",
            "state": "MA",
            "postalCode": postal_code,
        },
        **more,
    }


def service(  # noqa: PLR0913 - each fact may differ in a test
    identity: str = "pantry",
    name: str = "Food Pantry",
    *,
    category: str = "food-insecurity",
    at: tuple[str, ...] = ("main",),
    by: str = "harvest",
    facts: dict[str, Any] | None = None,
    languages: tuple[str, ...] = ("en", "es"),
    **more: Any,
) -> Resource:
    made: Resource = {
        "resourceType": "HealthcareService",
        "id": identity,
        "active": True,
        "providedBy": {"reference": f"Organization/{by}"},
        "category": [{"coding": [{"system": CATEGORY, "code": "sdoh"}]}],
        "name": name,
        "location": [{"reference": f"Location/{one}"} for one in at],
        "telecom": [{"system": "phone", "value": "(617) 555-0134"}],
        "communication": [{"coding": [{"system": LANGUAGE, "code": one}]} for one in languages],
        "availableTime": [
            {
                "daysOfWeek": WEEK,
                "availableStartTime": "09:00:00",
                "availableEndTime": "17:00:00",
            }
        ],
        **more,
    }
    if category:
        made["category"][0]["coding"].append({"system": SDOHCC, "code": category})
    for part in ("location", "communication"):
        if not made[part]:
            del made[part]
    return with_facts(made, FACTS if facts is None else facts)
