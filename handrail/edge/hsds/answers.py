"""Entries as the specification nests them: simple in lists, whole when one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from handrail.access.principal import Principal
from handrail.edge.hsds.models import Entry, Kept
from handrail.fhir.directory.hsds.tables import KINDS
from handrail.fhir.directory.hsds.writing import with_uuids, written
from handrail.fhir.resource import Resource
from handrail.record import store

Json = dict[str, Any]
_MOST_SERVICES: Final = 1000  # of one organization that are listed with it


def simple(table: str, record: Json) -> Json:
    """Return the fields of a table alone, without the lists and records inside."""
    return {name: value for name, value in record.items() if name in KINDS[table]}


class Answers:
    """Builds answers for one page, reading what they need from the record once."""

    def __init__(self, by: Principal) -> None:
        """Say who asks."""
        self._by = by
        self._read: dict[str, Resource] = {}
        self._made: dict[str, Json] = {}

    def gather(self, references: Iterable[str]) -> None:
        """Read resources, those that were not read yet."""
        wanted = [one for one in dict.fromkeys(references) if one and one not in self._read]
        found = store.several(wanted, by=self._by)
        self._read |= {name: one.resource for name, one in found.items()}

    def page(self, entries: Sequence[Entry], *, full: bool) -> Iterator[Json]:
        """Yield the answers for entries of one kind, in their order."""
        self.gather(f"{one.source_type}/{one.source}" for one in entries)
        services = [self._read.get(f"{one.source_type}/{one.source}", {}) for one in entries]
        self.gather(str((one.get("providedBy") or {}).get("reference", "")) for one in services)
        places = (place for one in services for place in one.get("location", ()))
        self.gather(str(place.get("reference", "")) for place in places)
        for one in entries:
            if f"{one.source_type}/{one.source}" in self._read:
                yield self._one(one, full=full)

    def _one(self, entry: Entry, *, full: bool) -> Json:
        reference = f"{entry.source_type}/{entry.source}"
        if entry.kind == "service_at_location":
            return self._at(entry, full=full)
        if entry.kind == "services":
            return self._service(reference, full=full)
        record = self._record(reference)
        return record if full else simple(entry.kind, record)

    def _record(self, reference: str) -> Json:
        if reference not in self._made:
            self._made[reference] = written(self._read[reference])[1]
        return dict(self._made[reference])

    def _service(self, reference: str, *, full: bool) -> Json:
        record = self._record(reference)
        owner = str((self._read[reference].get("providedBy") or {}).get("reference", ""))
        above = self._record(owner) if owner in self._read else None
        made = record if full else simple("services", record)
        if above is not None:
            made["organization"] = above if full else simple("organizations", above)
            programs = above.get("programs", ())
            mine = [one for one in programs if one.get("id") == record.get("program_id")]
            made |= {"program": simple("programs", mine[0])} if mine else {}
        if full:
            made["service_at_locations"] = [
                self._with_place(one, full=True) for one in record.get("service_at_locations", ())
            ]
        return made

    def _at(self, entry: Entry, *, full: bool) -> Json:
        reference = f"{entry.source_type}/{entry.source}"
        every = self._record(reference).get("service_at_locations", ())
        mine: Json = next((one for one in every if one.get("id") == entry.identity), {})
        made = self._with_place(mine if full else simple("service_at_location", mine), full=full)
        service = self._service(reference, full=False)
        if full:
            whole = self._service(reference, full=True)
            service = {k: v for k, v in whole.items() if k != "service_at_locations"}
        return {**made, "service": service}

    def _with_place(self, at: Json, *, full: bool) -> Json:
        for reference, resource in self._read.items():
            if resource["resourceType"] == "Location":
                record = self._record(reference)
                if record["id"] == at.get("location_id"):
                    return {**at, "location": record if full else simple("locations", record)}
        return dict(at)

    def with_services(self, entry: Entry, record: Json, *, full: bool) -> Json:
        """Return an organization with its services: whole, or what they are called."""
        mine = Entry.objects.filter(org=self._by.org, kind="services", owner=entry.source)
        listed = list(mine.order_by("source")[:_MOST_SERVICES])
        if full:
            return {**record, "services": list(self.page(listed, full=True))}
        names = [
            {
                "id": one.identity,
                "name": one.name,
                "status": "active" if one.active else "inactive",
            }
            for one in listed
        ]
        return {**record, "services": names}


def kept(by: Principal, table: str) -> list[Json]:
    """Return the rows of a table that is kept beside the record, such as terms of taxonomies."""
    rows = Kept.objects.filter(org=by.org, table=table).order_by("directory", "identity")
    return [with_uuids(table, one.row, one.directory) for one in rows]
