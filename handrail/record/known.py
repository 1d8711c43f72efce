"""What pure rules may know, read from the record inside the running transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from handrail.access.models import Closure, Organization
from handrail.fhir import text
from handrail.fhir.calendar import Calendar
from handrail.fhir.resource import Resource
from handrail.fhir.rulebook import Rulebook
from handrail.record.rulebook import rulebook
from handrail.record.statements import rows

_KEPT_SECONDS = 20.0
_facts: dict[int, tuple[float, Calendar, str]] = {}


def forget() -> None:
    """Read the organizations' calendars anew; called when settings were changed."""
    _facts.clear()


def organization_facts(org: int) -> tuple[Calendar, str]:
    """Return the organization's calendar and its intake pool; kept for some seconds."""
    kept = _facts.get(org)
    if kept and kept[0] > time.monotonic():
        return kept[1], kept[2]
    row = Organization.objects.filter(id=org).first()
    if row is None:
        return Calendar(), ""
    closures = frozenset(Closure.objects.filter(org=org).values_list("day", flat=True))
    calendar = Calendar(ZoneInfo(row.time_zone), closures, row.opens_at, row.closes_at)
    _facts[org] = (time.monotonic() + _KEPT_SECONDS, calendar, row.intake_pool)
    return calendar, row.intake_pool


class Pending(Protocol):
    """A resource that the running commit is about to write."""

    @property
    def resource(self) -> Resource:
        """Return it, parsed without loss."""


@dataclass(frozen=True)
class Proposed:
    """A resource that a reaction just proposed."""

    resource: Resource


@dataclass
class RecordKnown:
    """:class:`handrail.fhir.change.Known`, with the running commit's own changes on top."""

    org: int
    as_of: datetime
    calendar: Calendar
    pool: str
    pending: dict[str, Pending | None] = field(default_factory=dict)

    @property
    def rules(self) -> Rulebook:
        """Return the rule book."""
        return rulebook(self.org)

    def read(self, reference: str) -> Resource | None:
        """Return the current version of ``Type/id``, this commit's own changes included."""
        if reference in self.pending:
            pending = self.pending[reference]
            return pending.resource if pending else None
        resource_type, _, identity = reference.partition("/")
        found = rows(
            "SELECT body FROM record_version WHERE org = %s AND resource_type = %s AND id = %s"
            " AND NOT deleted ORDER BY version DESC LIMIT 1",
            (self.org, resource_type, identity),
        )
        return text.parse(found[0][0]) if found else None

    def of_patient(self, patient: str, resource_type: str) -> Sequence[Resource]:
        """Return the current resources of this type in the patient's compartment."""
        stored = {
            f"{resource_type}/{identity}": text.parse(body)
            for identity, body in rows(
                "SELECT c.id, v.body FROM record_current c JOIN record_version v"
                " USING (org, resource_type, id, version)"
                " WHERE c.org = %s AND c.patient = %s AND c.resource_type = %s AND NOT c.deleted"
                " ORDER BY c.starts NULLS FIRST, c.id",
                (self.org, patient, resource_type),
            )
        }
        stored.update(self._pending_of(patient, resource_type))
        return list(stored.values())

    def _pending_of(self, patient: str, resource_type: str) -> Iterable[tuple[str, Resource]]:
        for reference, pending in self.pending.items():
            if (
                pending is not None
                and reference.startswith(f"{resource_type}/")
                and patient in _whose(pending.resource)
            ):
                yield reference, pending.resource


def _whose(resource: Resource) -> set[str]:
    """Return the ids of the patients a resource names as its subject."""
    named = (resource.get(name) or {} for name in ("subject", "patient", "for", "beneficiary"))
    literal = (entry.get("reference", "") for entry in named if isinstance(entry, dict))
    return {ref.rpartition("/")[2] for ref in literal if "Patient/" in ref}


def known(org: int, as_of: datetime | None = None) -> RecordKnown:
    """Return what rules of this organization may know now (or as of another moment)."""
    calendar, pool = organization_facts(org)
    moment = (as_of or datetime.now(UTC)).astimezone(calendar.zone)
    return RecordKnown(org=org, as_of=moment, calendar=calendar, pool=pool)
