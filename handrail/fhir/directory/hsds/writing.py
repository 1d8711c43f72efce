"""Organizations, places and services as records of the Human Services Data Specification.

The elements of FHIR say what holds now; the facts add what FHIR has no element for. Ids are UUIDs,
as the specification asks for: the directory's own where they are some.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from handrail.fhir.directory import shape
from handrail.fhir.directory.hsds import telecom, week
from handrail.fhir.directory.hsds.naming import TYPES, Names, as_uuid, is_uuid
from handrail.fhir.directory.hsds.tables import INSIDE, POINTS, TABLES, lists_of
from handrail.fhir.directory.kept import Record, facts_of, plain
from handrail.fhir.resource import Resource, id_of

_TABLES: Final = {resource_type: table for table, resource_type in TYPES.items()}
_POINTING: Final = frozenset({*POINTS, "id", "link_id", "link_entity", "resource_id"})
_ADDRESS: Final = (
    ("city", "city"),
    ("state", "state_province"),
    ("postalCode", "postal_code"),
    ("country", "country"),
    ("type", "address_type"),
)


def written(resource: Resource) -> tuple[str, Record]:
    """Return (table, record with its lists inside) of an Organization, Location or service."""
    table = _TABLES[str(resource["resourceType"])]
    made = {"organizations": _organization, "locations": _place, "services": _service}[table]
    directory = shape.directory_of(resource)
    record = {"id": shape.hsds_id(resource) or str(resource["id"]), **made(resource, directory)}
    return table, with_uuids(table, _said(record), directory)


def identity(resource: Resource) -> str:
    """Return the id under which a resource is written."""
    table = _TABLES[str(resource["resourceType"])]
    own = shape.hsds_id(resource)
    return as_uuid(shape.directory_of(resource), table, own) if own else str(resource["id"])


def at_place(reference: Mapping[str, Any], directory: str) -> Record:
    """Return what is said of a service at the place that a reference names."""
    facts = facts_of(reference)
    located = _resolved(id_of(reference, "Location"), facts, "location_id", directory)
    told = {**facts, "location_id": located}
    told.setdefault("id", Names(directory).id_of("service_at_location", located))
    return with_uuids("service_at_location", told, directory)


def with_uuids(table: str, record: Mapping[str, Any], directory: str) -> Record:
    """Return a record as it is written: its ids, and those it points at, are all UUIDs."""
    made: Record = {}
    children = {one.field: one.table for one in lists_of(table)}
    inside = {one.field: one.table for one in INSIDE.get(table, ())}
    for name, value in record.items():
        points = table if name == "id" else POINTS.get(name, "")
        if name in children and isinstance(value, list):
            made[name] = [with_uuids(children[name], one, directory) for one in value]
        elif name in inside and isinstance(value, dict):
            made[name] = with_uuids(inside[name], value, directory)
        elif points and isinstance(value, (str, int)) and not is_uuid(str(value)):
            made[name] = as_uuid(directory, points, str(value))
        else:
            made[name] = value
    for one in TABLES[table]:  # words that are required are there, if only empty
        if one.required and one.kind in {"text", "date"} and one.name not in _POINTING:
            made.setdefault(one.name, "")
    return made


def _organization(resource: Resource, directory: str) -> Record:
    facts = facts_of(resource)
    above = id_of(resource.get("partOf"), "Organization")
    return {
        "name": resource.get("name", ""),
        "alternate_name": _first(resource.get("alias")),
        **facts,
        "description": str(facts.get("description", "")),
        **telecom.said_by(resource.get("telecom", ()), "website"),
        "parent_organization_id": _resolved(above, facts, "parent_organization_id", directory),
    }


def _place(resource: Resource, directory: str) -> Record:
    facts = facts_of(resource)
    position = resource.get("position") or {}
    held = {key: plain(position[key]) for key in ("latitude", "longitude") if key in position}
    own = facts | telecom.said_by(resource.get("telecom", ()), "url") | held
    schedules = week.joined(resource.get("hoursOfOperation", ()), ())
    owner = id_of(resource.get("managingOrganization"), "Organization")
    main = resource.get("address")
    return {
        "name": resource.get("name", ""),
        "alternate_name": _first(resource.get("alias")),
        "description": resource.get("description", ""),
        "location_type": "physical",
        **own,
        "organization_id": _resolved(owner, facts, "organization_id", directory),
        "addresses": [*([_address(main)] if main else []), *facts.get("addresses", ())],
        "schedules": [*schedules, *facts.get("schedules", ())],
    }


def _service(resource: Resource, directory: str) -> Record:
    facts = facts_of(resource)
    telling = telecom.said_by(resource.get("telecom", ()), "url")
    times = week.joined(resource.get("availableTime", ()), resource.get("notAvailable", ()))
    owner = id_of(resource.get("providedBy"), "Organization")
    told = [one["comment"] for one in resource.get("eligibility", ()) if one.get("comment")]
    at = [at_place(one, directory) for one in resource.get("location", ())]
    return {
        "name": resource.get("name", ""),
        "description": resource.get("comment", ""),
        **facts,
        **telling,
        "status": shape.status_of(resource),
        "organization_id": _resolved(owner, facts, "organization_id", directory),
        "eligibility_description": "\n".join(told),
        "languages": telecom.spoken(resource.get("communication", ())),
        "schedules": [*times, *facts.get("schedules", ())],
        "service_at_locations": [*at, *facts.get("service_at_locations", ())],
    }


def _resolved(target: str, facts: Record, name: str, directory: str) -> str:
    """Return the id to write for a reference: the directory's, if it still means the same."""
    given = str(facts.get(name) or "")
    table = POINTS[name]
    if not target or Names(directory).id_of(table, given) == target:
        return given
    return target


def _address(address: Mapping[str, Any]) -> Record:
    lines = [str(one) for one in address.get("line", ())]
    record = dict(facts_of(address))
    if lines:
        record["address_1"] = lines[0]
        record |= {"address_2": ", ".join(lines[1:])} if lines[1:] else {}
    record |= {hsds: address[fhir] for fhir, hsds in _ADDRESS if address.get(fhir)}
    if record.get("address_type") not in {"physical", "postal", "virtual"}:
        record["address_type"] = "physical"
    return record


def _first(names: Any) -> str:
    return str(next(iter(names or ()), ""))


def _said(record: Mapping[str, Any]) -> Record:
    """Return a record without what says nothing; required words stay, empty."""
    return {
        key: value
        for key, value in record.items()
        if value not in (None, "", [], {}) or key == "description"
    }
