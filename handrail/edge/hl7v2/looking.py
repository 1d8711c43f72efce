"""What planning asks, answered from the record and from what the feed said before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from handrail.access.principal import Principal
from handrail.edge.hl7v2 import matching
from handrail.edge.hl7v2.merging import Said
from handrail.edge.hl7v2.planning import Plan
from handrail.fhir.errors import GoneError, NotFoundError
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.statements import rows
from handrail.record.store import Draft, Stored


def key_of(system: str, value: str) -> str:
    """Return the key under which an identifier is known."""
    return hashlib.sha256(f"{system}|{value}".encode()).hexdigest()


@dataclass
class RecordLook:
    """:class:`handrail.edge.hl7v2.planning.Look` inside the running transaction."""

    by: Principal
    stored: dict[str, Stored | None] = field(default_factory=dict)
    told: dict[str, Said] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)

    def find(self, resource_type: str, keys: Sequence[tuple[str, str]]) -> str:
        """Return the id of the resource with one of these identifiers, or an empty string."""
        hashed = [key_of(*key) for key in keys]
        found: dict[str, str] = dict(
            rows(
                "select key, identity from hl7v2_known where org = %s and resource_type = %s"
                " and key = any(%s)",
                (self.by.org, resource_type, hashed),
            )
        )
        self.unknown.update((resource_type, one) for one in hashed if one not in found)
        identity = next((found[one] for one in hashed if one in found), "")
        return identity or matching.by_identifier(resource_type, keys, by=self.by)

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
        if reference not in self.told:
            found = rows(
                'select "values", at from hl7v2_said where org = %s and reference = %s',
                (self.by.org, reference),
            )
            self.told[reference] = Said(*found[0]) if found else Said()
        return self.told[reference]

    def history(self, visit: str) -> list[dict[str, Any]]:
        """Return the facts of every message about the visit."""
        found = rows(
            "select facts from hl7v2_visit where org = %s and visit = %s", (self.by.org, visit)
        )
        return [facts for (facts,) in found]

    def open_visit(self, patient: str) -> str:
        """Return the id of the visit of this patient that began last and has not ended."""
        found = rows(
            "select reference from hl7v2_said where org = %s and patient = %s"
            " and reference like 'Encounter/%%'"
            " and \"values\"->>'status' in ('in-progress', 'planned')"
            " order by \"values\"->>'period.start' desc nulls last limit 1",
            (self.by.org, patient),
        )
        return str(found[0][0]).removeprefix("Encounter/") if found else ""

    def draft(self, resource: Resource) -> Draft:
        """Return the wanted change, on the version that was read."""
        stored = self.stored.get(f"{resource['resourceType']}/{resource['id']}")
        return Draft(resource, if_match=stored.version if stored else None)

    def fresh_identifiers(self, plan: Plan) -> list[tuple[str, str, str]]:
        """Return (type, key, id) of the identifiers that the feed used for the first time."""
        return [
            (kind, key, identity)
            for name, said in plan.said.items()
            for kind, identity in [name.split("/")]
            if kind != "RelatedPerson"
            for one in said.values.get("identifier") or []
            if matching.names_one(kind, one)
            for key in [key_of(one["system"], one["value"])]
            if (kind, key) in self.unknown
        ]
