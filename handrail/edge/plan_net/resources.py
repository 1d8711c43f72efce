"""Entries of NPPES as Plan-Net's resources.

A person is a Practitioner, an organization an Organization; each has a PractitionerRole with its
specialties, at the Location it gave. All four have the id ``npi-`` and the number, so that reading
a newer file changes them and makes no second ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from handrail.edge.plan_net.nppes import PERSON, Entry
from handrail.fhir.resource import Resource, concept, reference

NPI: Final = "http://hl7.org/fhir/sid/us-npi"
NUCC: Final = "http://nucc.org/provider-taxonomy"
AS_OF: Final = "urn:handrail:directory-as-of"
SOURCE: Final = "urn:handrail:directory"
"""The system of the tag that says which file or server an entry is from."""
_PLAN_NET: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/plannet-"
_GENDERS: Final = {"M": "male", "F": "female", "X": "other"}


def id_of_entry(npi: str) -> str:
    """Return the id of every resource an NPI is kept as."""
    return f"npi-{npi}"


def resources_of(entry: Entry) -> Iterator[Resource]:
    """Yield the resources of an active entry."""
    identity = id_of_entry(entry.npi)
    who: dict[str, Any]
    if entry.kind == PERSON:
        yield _practitioner(entry, identity)
        who = {"practitioner": reference(f"Practitioner/{identity}")}
    else:
        yield _organization(entry, identity)
        who = {"organization": reference(f"Organization/{identity}")}
    placed = bool(entry.zip or entry.city)
    if placed:
        yield _location(entry, identity, who.get("organization"))
    role = _begin("PractitionerRole", identity, "PractitionerRole") | {"active": True, **who}
    if entry.updated_on:
        role["extension"] = [{"url": AS_OF, "valueDate": entry.updated_on}]
    if entry.specialties:
        role["specialty"] = [concept(NUCC, code) for code in entry.specialties]
    if placed:
        role["location"] = [reference(f"Location/{identity}")]
    if telecom := _telecom(entry):
        role["telecom"] = telecom
    yield role


def _begin(resource_type: str, identity: str, profile: str) -> Resource:
    return {
        "resourceType": resource_type,
        "id": identity,
        "meta": {
            "profile": [f"{_PLAN_NET}{profile}"],
            "tag": [{"system": SOURCE, "code": "nppes"}],
        },
    }


def _practitioner(entry: Entry, identity: str) -> Resource:
    name: dict[str, Any] = {"family": entry.family}
    if entry.given:
        name["given"] = list(entry.given)
    if entry.credential:
        name["suffix"] = [entry.credential]
    made = _begin("Practitioner", identity, "Practitioner") | {
        "identifier": [{"system": NPI, "value": entry.npi}],
        "active": True,
        "name": [name],
    }
    if entry.gender in _GENDERS:
        made["gender"] = _GENDERS[entry.gender]
    return made


def _organization(entry: Entry, identity: str) -> Resource:
    made = _begin("Organization", identity, "Organization") | {
        "identifier": [{"system": NPI, "value": entry.npi}],
        "active": True,
        "type": [concept(f"{_CODES}/OrgTypeCS", "prvgrp", "Provider Group")],
        "name": entry.office,
    }
    if address := _address(entry):
        made["address"] = [address]
    if telecom := _telecom(entry):
        made["telecom"] = telecom
    return made


_CODES: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem"


def _location(entry: Entry, identity: str, organization: object) -> Resource:
    made = _begin("Location", identity, "Location") | {
        "status": "active",
        "name": ", ".join(filter(None, (*entry.lines[:1], entry.city))) or entry.zip,
        "address": _address(entry),
    }
    if telecom := _telecom(entry):
        made["telecom"] = telecom
    if organization:
        made["managingOrganization"] = organization
    return made


def _address(entry: Entry) -> dict[str, Any]:
    parts = {
        "line": list(entry.lines),
        "city": entry.city,
        "state": entry.state,
        "postalCode": entry.zip,
        "country": entry.country,
    }
    return {name: value for name, value in parts.items() if value}


def _telecom(entry: Entry) -> list[dict[str, str]]:
    ways = (("phone", entry.phone), ("fax", entry.fax))
    return [{"system": system, "value": value, "use": "work"} for system, value in ways if value]
