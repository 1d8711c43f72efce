"""Records of the Human Services Data Specification as FHIR: Organization, Location and service.

A record comes with its lists inside (``handrail.fhir.directory.hsds.flat`` is the other way round).
Each field is in one place: in an element of FHIR where there is one, else in the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from handrail.fhir.directory import shape
from handrail.fhir.directory.hsds import telecom, week
from handrail.fhir.directory.hsds.domains import domains_of
from handrail.fhir.directory.hsds.naming import TYPES, Names
from handrail.fhir.directory.kept import Record, with_facts
from handrail.fhir.resource import Resource

_IN_TELECOM: Final = frozenset({"id", "name", "email", "phones"})
_POLE, _DATE_LINE = 90, 180  # degrees
UNKNOWN_CAPACITY: Final = "Not known"


def read(table: str, record: Mapping[str, Any], names: Names) -> Resource:
    """Return the resource that a row of organizations, locations or services is."""
    made = {"organizations": organization, "locations": place, "services": service}[table]
    return made(record, names)


def organization(record: Mapping[str, Any], names: Names) -> Resource:
    """Return an organization."""
    made = _begun("organizations", record, names)
    made["active"] = True
    _put(made, "name", record.get("name"))
    _put(made, "alias", _alias(record))
    _put(made, "telecom", telecom.points_of(record, "website"))
    above = names.reference("organizations", str(record.get("parent_organization_id") or ""))
    _put(made, "partOf", {"reference": above} if above else None)
    return with_facts(made, _rest(record, _IN_TELECOM | {"website", "alternate_name"}))


def place(record: Mapping[str, Any], names: Names) -> Resource:
    """Return a location."""
    made = _begun("locations", record, names)
    made["status"] = "active"
    _put(made, "name", record.get("name"))
    _put(made, "alias", _alias(record))
    _put(made, "description", record.get("description"))
    _put(made, "telecom", telecom.points_of({**record, "email": ""}, "url"))
    main, others = _addresses(record)
    _put(made, "address", main)
    _put(made, "position", _position(record))
    owner = names.reference("organizations", str(record.get("organization_id") or ""))
    _put(made, "managingOrganization", {"reference": owner} if owner else None)
    hours = week.split(record.get("schedules", ()), opening=True)
    _put(made, "hoursOfOperation", hours["week"])
    if made.get("name") and made.get("address"):
        made["meta"]["profile"] = [shape.PLACE_PROFILE]
    taken = _IN_TELECOM - {"email"} | {"url", "alternate_name", "description"}
    taken |= {"latitude", "longitude"} if "position" in made else frozenset()
    return with_facts(
        made,
        _rest(record, taken) | {"addresses": others, "schedules": hours["rest"]},
    )


def service(record: Mapping[str, Any], names: Names) -> Resource:
    """Return a service. Its places are references with what is said of it there on them."""
    made = _begun("services", record, names)
    status = str(record.get("status") or "")
    made["active"] = status not in {"inactive", "defunct", "temporarily closed"}
    given_by = names.reference("organizations", str(record.get("organization_id") or ""))
    _put(made, "providedBy", {"reference": given_by} if given_by else None)
    _file(made, record, names)
    at, elsewhere = _places(record, names)
    _put(made, "location", at)
    _put(made, "name", record.get("name"))
    _put(made, "comment", record.get("description"))
    _put(made, "telecom", telecom.points_of(record, "url"))
    words = record.get("eligibility_description")
    _put(made, "eligibility", [{"comment": words}] if words else None)
    _put(made, "communication", telecom.communication(record.get("languages", ())))
    hours = week.split(record.get("schedules", ()), opening=False)
    _put(made, "availableTime", hours["week"])
    _put(made, "notAvailable", hours["closed"])
    taken = _IN_TELECOM | {"url", "description", "eligibility_description", "languages"}
    taken |= {"status"} if status == "active" else frozenset()
    kept = {"schedules": hours["rest"], "service_at_locations": elsewhere}
    return with_facts(made, _rest(record, taken) | kept)


def _begun(table: str, record: Mapping[str, Any], names: Names) -> Resource:
    identity = str(record["id"])
    return {
        "resourceType": TYPES[table],
        "id": names.id_of(table, identity),
        "meta": {"tag": [{"system": shape.DIRECTORY, "code": names.directory}]},
        "identifier": [{"system": shape.HSDS, "value": identity}],
    }


def _put(made: Resource, name: str, value: Any) -> None:
    if value not in (None, "", [], {}):
        made[name] = value


def _rest(record: Mapping[str, Any], taken: frozenset[str]) -> Record:
    return {key: value for key, value in record.items() if key not in taken}


def _alias(record: Mapping[str, Any]) -> list[str]:
    return [str(record["alternate_name"])] if record.get("alternate_name") else []


def _addresses(record: Mapping[str, Any]) -> tuple[Record, list[Record]]:
    """Return the address one goes to (the first that is not only for letters), and the others."""
    given = [dict(one) for one in record.get("addresses", ())]
    if not given:
        return {}, []
    postal = [one.get("address_type") == "postal" for one in given]
    main = given.pop(postal.index(False) if False in postal else 0)
    lines = [str(main[key]) for key in ("address_1", "address_2") if main.get(key)]
    made: Record = {"line": lines} if lines else {}
    taken = {"address_1", "address_2"} if main.get("address_1") else set()
    names = (
        ("city", "city"),
        ("state", "state_province"),
        ("postalCode", "postal_code"),
        ("country", "country"),
    )
    for fhir, hsds in names:
        _put(made, fhir, main.get(hsds) and str(main[hsds]))
        taken.add(hsds)
    kind = {"physical": "physical", "postal": "postal"}.get(str(main.get("address_type")))
    _put(made, "type", kind)
    taken |= {"address_type"} if kind else set()
    return with_facts(made, _rest(main, frozenset(taken))), given


def _position(record: Mapping[str, Any]) -> Record:
    """Return where it is; nothing if the numbers are none of a point on Earth."""
    try:
        latitude, longitude = (Decimal(str(record[key])) for key in ("latitude", "longitude"))
    except (KeyError, InvalidOperation):
        return {}
    if not (abs(latitude) <= _POLE and abs(longitude) <= _DATE_LINE):
        return {}
    numbers = (record["latitude"], record["longitude"])
    if not all(isinstance(one, (int, float, Decimal)) for one in numbers):
        return {}
    return {"longitude": record["longitude"], "latitude": record["latitude"]}


def _places(record: Mapping[str, Any], names: Names) -> tuple[list[Record], list[Record]]:
    """Return references to the places there are, and what is said of those that are missing."""
    found, missing = [], []
    for one in record.get("service_at_locations", ()):
        where = names.reference("locations", str(one.get("location_id") or ""))
        if where:
            found.append(with_facts({"reference": where}, one))
        else:
            missing.append(dict(one))
    return found, missing


def _file(made: Resource, record: Mapping[str, Any], names: Names) -> None:
    """File a service under what SDOH Clinical Care asks for, and under its own taxonomies."""
    attributes = [one.get("taxonomy_term") or {} for one in record.get("attributes", ())]
    terms = [one for one in attributes if one.get("id")]
    above = [name for one in terms for name in names.above(str(one["id"]))]
    domains = domains_of([*(str(one.get("name", "")) for one in attributes), *above])
    social = {"system": shape.CATEGORY, "code": "sdoh", "display": "SDOH"}
    found = domains or ("sdoh-category-unspecified",)
    made["category"] = [
        {"coding": [social, *({"system": shape.SDOHCC, "code": one} for one in found)]}
    ]
    codings = [
        {
            "system": f"{shape.TAXONOMY}:{one.get('taxonomy_id') or 'none'}",
            "code": str(one["id"]),
            "display": str(one.get("name") or one["id"]),
        }
        for one in terms
        if not set(str(one["id"])) & set(" \t\r\n")
    ]
    words = ", ".join(dict.fromkeys(str(one["name"]) for one in terms if one.get("name")))
    kind: Record = {"coding": codings} if codings else {}
    made["type"] = [{**kind, "text": words or str(record.get("name") or "Service")}]
    capacity = {"url": "capacityStatus", "valueCodeableConcept": {"text": UNKNOWN_CAPACITY}}
    made["extension"] = [{"url": shape.CAPACITY, "extension": [capacity]}]
    if made["active"] and record.get("name"):
        made["meta"]["profile"] = [shape.SERVICE_PROFILE]
