"""Entries of a directory into the record, in batches; what a rule refuses stays out and is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hsds.models import Taken
from handrail.edge.hsds.report import Report
from handrail.fhir.directory.hsds.checking import Note
from handrail.fhir.directory.hsds.flat import Row
from handrail.fhir.directory.hsds.naming import TYPES, Names
from handrail.fhir.directory.hsds.reading import read
from handrail.fhir.directory.kept import FACTS
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource
from handrail.record import store

_BATCH: Final = 200
_OURS: Final = frozenset(
    {
        "active",
        "address",
        "alias",
        "availableTime",
        "category",
        "comment",
        "communication",
        "description",
        "eligibility",
        "hoursOfOperation",
        "identifier",
        "location",
        "managingOrganization",
        "meta",
        "name",
        "notAvailable",
        "partOf",
        "position",
        "providedBy",
        "resourceType",
        "status",
        "telecom",
        "type",
    }
)
"""The elements a directory speaks of; others, and extensions that are not its own, stay."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of organizations, locations or services, and its file and line."""

    table: str
    record: Row
    where: tuple[str, int]

    @property
    def identity(self) -> str:
        """Return its id in the directory."""
        return str(self.record["id"])

    @property
    def digest(self) -> str:
        """Return what tells two tellings of it apart."""
        said = json.dumps(self.record, sort_keys=True, ensure_ascii=False, default=str)
        return sha256(said.encode("utf-8", "replace")).hexdigest()


class Writer:
    """Writes entries that say something new, and remembers what they said."""

    def __init__(self, by: Principal, names: Names, report: Report) -> None:
        """Say who writes, how entries are named, and where to count."""
        self._by, self._names, self._report = by, names, report
        self._waiting: list[Entry] = []

    def add(self, entry: Entry) -> bool:
        """Take an entry; tell whether a batch was written."""
        self._waiting.append(entry)
        if len(self._waiting) < _BATCH:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Write what waits."""
        with acting(self._by, durable=True):
            self._write(self._new(self._waiting))
            self._report.flush()
        self._waiting = []

    def end(self, table: str, identities: Sequence[str]) -> None:
        """Make entries inactive that left their directory."""
        for start in range(0, len(identities), _BATCH):
            part = identities[start : start + _BATCH]
            with acting(self._by, durable=True):
                wanted = [f"{TYPES[table]}/{self._names.id_of(table, one)}" for one in part]
                found = store.several(wanted, by=self._by)
                drafts = [ended(one.resource) for one in found.values()]
                store.commit(drafts, by=self._by, reason="It left the directory", origin="hsds")
                self._mine(table, part).update(gone=True)
            self._report.counts["ended"] += len(drafts)

    def _new(self, entries: Sequence[Entry]) -> list[Entry]:
        if not entries:
            return []
        known = {
            one.identity: one
            for one in self._mine(entries[0].table, [entry.identity for entry in entries])
        }
        new = []
        for entry in entries:
            before = known.get(entry.identity)
            if before is not None and before.digest == entry.digest and not before.gone:
                self._report.counts["unchanged"] += 1
            else:
                new.append(entry)
        return new

    def _mine(self, table: str, identities: Sequence[str]):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Django's manager names no type at run time
        return Taken.objects.filter(
            org=self._by.org,
            directory=self._names.directory,
            table=table,
            identity__in=list(identities),
        )

    def _write(self, entries: Sequence[Entry]) -> None:
        """Write entries; if one is refused, halve until only the culprit stays out."""
        if not entries:
            return
        try:
            with acting(self._by, durable=True):
                self._commit(entries)
        except HandrailError as error:
            if len(entries) == 1:
                self._refused(entries[0], error)
                return
            half = len(entries) // 2
            self._write(entries[:half])
            self._write(entries[half:])

    def _commit(self, entries: Sequence[Entry]) -> None:
        made = [read(one.table, one.record, self._names) for one in entries]
        there = store.several([f"{one['resourceType']}/{one['id']}" for one in made], by=self._by)
        drafts = []
        for one in made:
            before = there.get(f"{one['resourceType']}/{one['id']}")
            drafts.append(over(before.resource, one) if before else one)
        done = store.commit(drafts, by=self._by, reason="A directory was loaded", origin="hsds")
        Taken.objects.bulk_create(
            [
                Taken(
                    org=self._by.org,
                    directory=self._names.directory,
                    table=one.table,
                    identity=one.identity,
                    digest=one.digest,
                )
                for one in entries
            ],
            update_conflicts=True,
            update_fields=["digest", "gone"],
            unique_fields=["org", "directory", "table", "identity"],
        )
        self._report.counts["new"] += sum(one.version == 1 for one in done.stored)
        self._report.counts["changed"] += sum(one.version > 1 for one in done.stored)

    def _refused(self, entry: Entry, error: HandrailError) -> None:
        said = "; ".join(f"{fault.path}: {fault.text}" for fault in error.faults) or error.message
        note = Note("", f"The record refuses it: {said}", "kept beside")
        self._report.tell(entry.where, entry.table, [note], entry.record)
        self._report.counts["refused"] += 1


def over(before: Resource, now: Resource) -> Resource:
    """Return a resource as its directory says it now, with what others have added to it."""
    kept = {name: value for name, value in before.items() if name not in _OURS | {"extension"}}
    added = [one for one in before.get("extension", ()) if one.get("url") != FACTS]
    ours = {one.get("url") for one in added}
    new = [one for one in now.get("extension", ()) if one.get("url") not in ours]
    made = {**kept, **now, "extension": [*added, *new]}
    meta = before.get("meta", {})
    tags = [one for one in meta.get("tag", ()) if one not in now["meta"]["tag"]]
    made["meta"] = {**now["meta"], "tag": [*now["meta"]["tag"], *tags]}
    known = [one.get("system") for one in now["identifier"]]
    more = [one for one in before.get("identifier", ()) if one.get("system") not in known]
    made["identifier"] = [*now["identifier"], *more]
    return made


def ended(resource: Resource) -> Resource:
    """Return an entry that left its directory."""
    made = dict(resource)
    if resource["resourceType"] == "Location":
        made["status"] = "inactive"
    else:
        made["active"] = False
    meta = {key: value for key, value in resource.get("meta", {}).items() if key != "profile"}
    return {**made, "meta": meta}
