"""Resource in, rows out: what the API of HSDS lists and searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from handrail.edge.hsds.models import Entry, Filed
from handrail.fhir.directory import shape
from handrail.fhir.directory.hsds.naming import TYPES, as_uuid
from handrail.fhir.directory.hsds.writing import at_place, identity
from handrail.fhir.directory.places import point_at
from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, id_of
from handrail.record.registry import Projection

_TABLES: Final = {resource_type: table for table, resource_type in TYPES.items()}
_LONGEST: Final = 8000  # characters that are searched
_MILLION: Final = 1_000_000


def project_entry(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for an entry, and one for each place of a service."""
    base = _row(resource)
    yield base
    if resource["resourceType"] != "HealthcareService":
        return
    for number, one in enumerate(resource.get("location", ()), 1):
        place = id_of(one, "Location")
        if place:
            at = at_place(one, shape.directory_of(resource))
            words = {"kind": "service_at_location", "part": number, "place": place}
            yield {**base, **words, "identity": str(at["id"])}


def project_terms(service: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each term of a taxonomy that a service is filed under."""
    directory = shape.directory_of(service)
    codings = [c for one in service.get("type", ()) for c in one.get("coding", ())]
    ours = [c for c in codings if str(c.get("system", "")).startswith(shape.TAXONOMY)]
    for number, one in enumerate(ours):
        taxonomy = str(one["system"]).removeprefix(f"{shape.TAXONOMY}:")
        yield {
            "part": number,
            "term": as_uuid(directory, "taxonomy_terms", str(one.get("code", ""))),
            "taxonomy": as_uuid(directory, "taxonomies", taxonomy),
        }


def _row(resource: Resource) -> dict[str, Any]:
    told = (shape.name_of(resource), *shape.other_names(resource), shape.words_about(resource))
    terms = (one.name for one in shape.terms(resource))
    point = point_at(*(shape.point_of(resource) or (None, None)))
    above = resource.get("providedBy") or resource.get("managingOrganization")
    return {
        "part": 0,
        "kind": _TABLES[str(resource["resourceType"])],
        "identity": identity(resource),
        "name": shape.name_of(resource),
        "words": " ".join((*told, *terms)).casefold().replace("\x00", "")[:_LONGEST],
        "owner": id_of(above, "Organization"),
        "place": "",
        "directory": shape.directory_of(resource),
        "active": bool(resource.get("active", resource.get("status", "active") == "active")),
        "changed_at": _changed(resource),
        "latitude": round(point.latitude * _MILLION) if point else None,
        "longitude": round(point.longitude * _MILLION) if point else None,
    }


def _changed(resource: Resource) -> datetime | None:
    said = shape.facts_of(resource).get("last_modified") or resource.get("meta", {}).get(
        "lastUpdated"
    )
    try:
        found = datetime.fromisoformat(str(said or ""))
        kept = believable(found)
        return (kept.astimezone(UTC) if kept.tzinfo else kept.replace(tzinfo=UTC)) if kept else None
    except (ValueError, OverflowError):
        return None


PROJECTIONS = (
    Projection(of="Organization", into=Entry, rows=project_entry),
    Projection(of="Location", into=Entry, rows=project_entry),
    Projection(of="HealthcareService", into=Entry, rows=project_entry),
    Projection(of="HealthcareService", into=Filed, rows=project_terms),
)
