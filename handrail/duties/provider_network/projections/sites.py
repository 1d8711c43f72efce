"""Resource in, rows out: where providers are seen, by Plan-Net's resources.

Source: https://hl7.org/fhir/us/davinci-pdex-plan-net/STU1.1/ (extensions ``network-reference`` and
``newpatients``). What another directory leaves out is left out here; nothing is guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from handrail.duties.provider_network.models.sites import (
    LONGEST,
    Membership,
    Person,
    Place,
    Plan,
    Site,
    Specialty,
)
from handrail.fhir.directory.networks import number_of
from handrail.fhir.directory.places import NOWHERE, cell_of, point_at, point_of, zip_of
from handrail.fhir.directory.telling import plan_key
from handrail.fhir.resource import Resource, codings, words_of
from handrail.fhir.resource import id_of as whole_id_of
from handrail.record.registry import Projection

NUCC: Final = "http://nucc.org/provider-taxonomy"
NPI: Final = "http://hl7.org/fhir/sid/us-npi"
AS_OF: Final = "urn:handrail:directory-as-of"
"""Extension: the day the source says an entry is of."""
_PLAN_NET: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition"
_NETWORK: Final = f"{_PLAN_NET}/network-reference"
_NEW_PATIENTS: Final = f"{_PLAN_NET}/newpatients"
_LONGEST: Final = 200  # characters of a name that are kept to look it up
_LONGEST_LANGUAGE: Final = 12  # characters
_LANGUAGES: Final = 30


def id_of(reference: Mapping[str, Any] | None, resource_type: str) -> str:
    """Return the id a reference points at, no longer than ids are."""
    return whole_id_of(reference, resource_type)[:LONGEST]


def name_key(name: str) -> str:
    """Return a name as names are looked up: no accents, one case, single spaces."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    kept = (letter if letter.isalnum() else " " for letter in plain if letter.isprintable())
    return " ".join("".join(kept).split())[:_LONGEST]


def project_sites(role: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each Location of a PractitionerRole; one without a Location if it has none."""
    locations = _ids(role.get("location"), "Location") or [""]
    codes = [code for one in _list(role.get("specialty")) for code in _specialty(one)]
    networks = sorted(set(_networks(role)))
    row = {
        "active": role.get("active") is not False,
        "practitioner": id_of(role.get("practitioner"), "Practitioner"),
        "organization": id_of(role.get("organization"), "Organization"),
    }
    rest = {
        "specialties": list(dict.fromkeys(codes)),
        "specialty_words": "; ".join(
            dict.fromkeys(filter(None, map(words_of, _list(role.get("specialty")))))
        ),
        "networks": networks,
        "network_keys": [number_of(one) for one in networks],
        "accepting": _accepting(role),
        **_reached(role.get("telecom")),
        "as_of": _as_of(role),
    }
    for place, location in enumerate(dict.fromkeys(locations)):
        yield {"place": place, **row, "location": location, **rest}


def project_location(location: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the row of a Location."""
    position = location.get("position") or {}
    yield {
        "active": location.get("status", "active") == "active",
        **_place(location, location.get("address"), position),
    }


def project_office(organization: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the row of an Organization."""
    address: dict[str, Any] = next(iter(_list(organization.get("address"))), {})
    yield {"active": organization.get("active") is not False, **_place(organization, address, {})}


def _place(
    resource: Resource, address: Mapping[str, Any] | None, position: Mapping[str, Any]
) -> dict[str, Any]:
    address = address or {}
    code = zip_of(str(address.get("postalCode", "")))
    point = point_at(position.get("latitude"), position.get("longitude")) or point_of(code)
    name = str(resource.get("name", ""))
    return {
        "name": name,
        "key": name_key(name),
        "latitude": point.latitude if point else None,
        "longitude": point.longitude if point else None,
        "cell": cell_of(point) if point else NOWHERE,
        "line": ", ".join(str(one) for one in _list(address.get("line"))),
        "city": str(address.get("city", "")),
        "state": str(address.get("state", "")),
        "zip": code,
        **_reached(resource.get("telecom")),
        "accepting": _accepting(resource),
    }


def project_person(practitioner: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the row of a Practitioner."""
    name: dict[str, Any] = next(iter(_list(practitioner.get("name"))), {})
    given = " ".join(str(one) for one in _list(name.get("given")))
    family = str(name.get("family", ""))
    shown = str(name.get("text") or " ".join(filter(None, (given, family))))
    suffix = ", ".join(str(one) for one in _list(name.get("suffix")))
    spoken = (_language(one) for one in _list(practitioner.get("communication")))
    yield {
        "active": practitioner.get("active") is not False,
        "name": ", ".join(filter(None, (shown, suffix if not name.get("text") else ""))),
        "key": name_key(family or shown),
        "npi": _npi(practitioner),
        "languages": _spaced(spoken),
        "phone": _reached(practitioner.get("telecom"))["phone"],
    }


def project_membership(affiliation: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each network that an organization takes part in."""
    organization = id_of(affiliation.get("participatingOrganization"), "Organization")
    if not organization:
        return
    for place, network in enumerate(sorted(set(_ids(affiliation.get("network"), "Organization")))):
        yield {
            "place": place,
            "organization": organization,
            "network": network,
            "network_key": number_of(network),
            "active": affiliation.get("active") is not False,
        }


def project_plan(plan: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each network of an InsurancePlan; one without if it names none."""
    name = str(plan.get("name", ""))
    parts = [plan, *_list(plan.get("plan"))]
    networks = {one for part in parts for one in _ids(part.get("network"), "Organization")}
    owner = plan.get("ownedBy") or plan.get("administeredBy")
    for place, network in enumerate(sorted(networks) or [""]):
        yield {
            "place": place,
            "name": name,
            "key": plan_key(name)[:_LONGEST],
            "owner": id_of(owner, "Organization"),
            "network": network,
            "network_key": number_of(network) if network else 0,
            "active": plan.get("status", "active") == "active",
        }


def project_specialty(system: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each concept of the NUCC code set, where an operator loaded it."""
    if system.get("url") != NUCC:
        return
    named = {str(one.get("code", "")): one.get("display") for one in _list(system.get("concept"))}
    for code, display in named.items():
        if code and display:
            yield {"code": code, "name": str(display), "key": name_key(str(display))}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _ids(references: object, resource_type: str) -> list[str]:
    found = (id_of(one, resource_type) for one in _list(references))
    return [one for one in found if one]


def _specialty(codeable: Mapping[str, Any]) -> Iterator[str]:
    """Yield the codes of a specialty: NUCC's; another system's if there are none."""
    every = list(codings(codeable))
    ours = [code for system, code in every if system == NUCC]
    yield from (code[:LONGEST] for code in ours or [code for _, code in every if code])


def _extensions(resource: Mapping[str, Any], url: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in _list(resource.get("extension")) if one.get("url") == url)


def _networks(resource: Resource) -> Iterator[str]:
    for one in _extensions(resource, _NETWORK):
        if found := id_of(one.get("valueReference"), "Organization"):
            yield found


def _accepting(resource: Resource) -> bool | None:
    """Tell whether new patients are taken, in any network; None if nobody says."""
    said = [
        part.get("valueCode") or code
        for one in _extensions(resource, _NEW_PATIENTS)
        for part in _list(one.get("extension"))
        if part.get("url") == "acceptingPatients"
        for code in [next((c for _, c in codings(part.get("valueCodeableConcept"))), "")]
    ]
    known = [code for code in said if code]
    return any(code == "newpt" for code in known) if known else None


def _language(codeable: Mapping[str, Any]) -> str:
    return next((code for _, code in codings(codeable)), "")


def _spaced(codes: Iterable[str]) -> str:
    fit = (code.lower() for code in codes if code.isalnum() or "-" in code)
    kept = [code for code in dict.fromkeys(fit) if len(code) <= _LONGEST_LANGUAGE][:_LANGUAGES]
    return f" {' '.join(kept)} " if kept else ""


def _reached(telecom: object) -> dict[str, str]:
    ways: dict[str, str] = {}
    for one in _list(telecom):
        if one.get("use") != "old" and one.get("value"):
            ways.setdefault(str(one.get("system", "")), str(one["value"]))
    return {kind: ways.get(kind, "") for kind in ("phone", "fax", "email")}


def _as_of(resource: Resource) -> str:
    found = next(_extensions(resource, AS_OF), {})
    return str(found.get("valueDate") or found.get("valueDateTime") or "")[:10]


def _npi(resource: Resource) -> str:
    every = (one for one in _list(resource.get("identifier")) if one.get("system") == NPI)
    return next((str(one.get("value", "")) for one in every), "")


SITES = (
    Projection(of="PractitionerRole", into=Site, rows=project_sites),
    Projection(of="Location", into=Place, rows=project_location),
    Projection(of="Organization", into=Place, rows=project_office),
    Projection(of="Practitioner", into=Person, rows=project_person),
    Projection(of="OrganizationAffiliation", into=Membership, rows=project_membership),
    Projection(of="InsurancePlan", into=Plan, rows=project_plan),
    Projection(of="CodeSystem", into=Specialty, rows=project_specialty),
)
