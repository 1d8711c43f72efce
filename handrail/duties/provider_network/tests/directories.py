"""Invented offices and the people in them, by Plan-Net's resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handrail.fhir.resource import Resource, concept, reference

ROOM = "provider_network"
NUCC = "http://nucc.org/provider-taxonomy"
PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition"
CARDIOLOGY = "207RC0000X"
NETWORK = "blue-harbor-net"


def site(
    name: str,
    *,
    person: str = "",
    office: str = "",
    zip_code: str = "06103",
    languages: Sequence[str] = (),
) -> tuple[Resource, Resource, Resource]:
    """Return a Location, an Organization and a Practitioner."""
    location: Resource = {
        "resourceType": "Location",
        "id": name,
        "status": "active",
        "name": f"Office {name}",
        "telecom": [{"system": "phone", "value": "555-010-0100"}],
        "address": {"line": ["1 Invented Way"], "city": "Nowhere", "postalCode": zip_code},
    }
    organization: Resource = {
        "resourceType": "Organization",
        "id": office or f"{name}-office",
        "active": True,
        "name": f"Group {name}",
    }
    practitioner: Resource = {
        "resourceType": "Practitioner",
        "id": person or f"{name}-person",
        "name": [{"family": f"Example{name}", "given": ["Ann"]}],
    }
    if languages:
        practitioner["communication"] = [concept("urn:ietf:bcp:47", one) for one in languages]
    return location, organization, practitioner


def role(
    name: str,
    *,
    specialties: Sequence[str] = (CARDIOLOGY,),
    locations: Sequence[str] = (),
    networks: Sequence[str] = (),
    accepting: str = "",
    **who: str,
) -> Resource:
    """Return a PractitionerRole; ``who`` has ``practitioner`` and ``organization``."""
    extensions: list[dict[str, Any]] = [
        {"url": f"{PLAN_NET}/network-reference", "valueReference": reference(f"Organization/{one}")}
        for one in networks
    ]
    if accepting:
        said = {"url": "acceptingPatients", "valueCodeableConcept": concept("urn:x", accepting)}
        extensions.append({"url": f"{PLAN_NET}/newpatients", "extension": [said]})
    made: Resource = {
        "resourceType": "PractitionerRole",
        "id": name,
        "active": True,
        "specialty": [concept(NUCC, one) for one in specialties],
    }
    if extensions:
        made["extension"] = extensions
    if locations:
        made["location"] = [reference(f"Location/{one}") for one in locations]
    for key, kind in (("practitioner", "Practitioner"), ("organization", "Organization")):
        if who.get(key):
            made[key] = reference(f"{kind}/{who[key]}")
    return made
