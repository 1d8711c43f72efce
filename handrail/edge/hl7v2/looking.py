"""What planning asks, answered from the record and from what the feed said before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from handrail.access.principal import Principal
from handrail.edge.hl7v2 import matching
from handrail.edge.hl7v2.merging import Said
from handrail.edge.hl7v2.models import Known, VisitFacts
from handrail.edge.hl7v2.models import Said as SaidRow
from handrail.edge.hl7v2.planning import Plan
from handrail.fhir.errors import GoneError, NotFoundError
from handrail.fhir.resource import Resource, id_of
from handrail.record import store
from handrail.record.store import Draft, Stored

_OPEN = ("in-progress", "planned")


def key_of(system: str, value: str) -> str:
    """Return the key under which an identifier is known."""
    return hashlib.sha256(f"{system}|{value}".encode()).hexdigest()


@dataclass
class RecordLook:
    """:class:`handrail.edge.hl7v2.planning.Look` inside the running transaction."""

    by: Principal
    stored: dict[str, Stored | None] = field(default_factory=dict)
    found: dict[tuple[str, str], str] = field(default_factory=dict)

    def find(self, resource_type: str, keys: Sequence[tuple[str, str]]) -> str:
        """Return the id of the resource with one of these identifiers, or an empty string."""
        hashed = [key_of(*key) for key in keys]
        known = dict(
            Known.objects.filter(
                org=self.by.org, resource_type=resource_type, key__in=hashed
            ).values_list("key", "identity")
        )
        identity = next((known[one] for one in hashed if one in known), "")
        if not identity:
            identity = matching.by_identifier(resource_type, keys, by=self.by)
        self.found.update({(resource_type, one): identity for one in hashed if one not in known})
        return identity

    def read(self, reference: str) -> Resource | None:
        """Return the current resource."""
        if reference not in self.stored:
            try:
                self.stored[reference] = store.read(reference, by=self.by)
            except (NotFoundError, GoneError):
                self.stored[reference] = None
        stored = self.stored[reference]
        return stored.resource if stored else None

    def said(self, reference: str) -> Said:
        """Return what the feed said last about the resource."""
        row = SaidRow.objects.filter(org=self.by.org, reference=reference).first()
        return Said(row.values, row.at) if row else Said()

    def history(self, visit: str) -> list[dict[str, Any]]:
        """Return the facts of every message about the visit."""
        return list(
            VisitFacts.objects.filter(org=self.by.org, visit=visit).values_list("facts", flat=True)
        )

    def open_visit(self, patient: str) -> str:
        """Return the id of the visit of this patient that began last and has not ended."""
        rows = SaidRow.objects.filter(
            org=self.by.org, patient=patient, reference__startswith="Encounter/"
        )
        still = [row for row in rows if row.values.get("status") in _OPEN]
        still.sort(key=lambda row: row.values.get("period.start") or "")
        return id_of(still[-1].reference) if still else ""

    def draft(self, resource: Resource) -> Draft:
        """Return the wanted change, on the version that was read."""
        stored = self.stored.get(f"{resource['resourceType']}/{resource['id']}")
        return Draft(resource, if_match=stored.version if stored else None)

    def remember(self, plan: Plan, digest: str) -> None:
        """Keep what the feed said, for the next message."""
        org = self.by.org
        SaidRow.objects.bulk_create(
            [
                SaidRow(org=org, reference=name, patient=plan.patient, values=s.values, at=s.at)
                for name, s in plan.said.items()
            ],
            update_conflicts=True,
            unique_fields=["org", "reference"],
            update_fields=["values", "at", "patient"],
        )
        if plan.facts:
            kept = VisitFacts(
                org=org, visit=plan.visit, digest=digest, patient=plan.patient, facts=plan.facts
            )
            VisitFacts.objects.bulk_create([kept], ignore_conflicts=True)
        self._remember_identifiers(plan)

    def _remember_identifiers(self, plan: Plan) -> None:
        rows = {
            (kind, key_of(one["system"], one["value"])): identity
            for name, said in plan.said.items()
            for kind, identity in [name.split("/")]
            if kind != "RelatedPerson"
            for one in said.values.get("identifier") or []
            if matching.names_one(kind, one)
        }
        fresh = {key: identity for key, identity in rows.items() if key in self.found}
        Known.objects.bulk_create(
            [
                Known(org=self.by.org, resource_type=kind, key=key, identity=identity)
                for (kind, key), identity in fresh.items()
            ],
            ignore_conflicts=True,
        )
