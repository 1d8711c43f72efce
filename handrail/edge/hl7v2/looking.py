"""What planning asks, answered from the record and from what the feed said before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from handrail.access.principal import Principal
from handrail.edge.hl7v2 import matching
from handrail.edge.hl7v2.merging import Said
from handrail.edge.hl7v2.planning import Meant, Plan
from handrail.fhir.errors import GoneError, NotFoundError
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.statements import rows
from handrail.record.store import Draft, Stored

_TOLD: LiteralString = """
select a.name, a.identity, s."values", s.at,
  (select coalesce(jsonb_agg(v.facts), '[]') from hl7v2_visit v
    where v.org = %s and v.visit = a.identity)
from unnest((select %s::text[]), (select %s::text[])) as a (name, identity)
  left join hl7v2_said s on s.org = %s and s.reference = a.name
"""


def key_of(system: str, value: str) -> str:
    """Return the key under which an identifier is known."""
    return hashlib.sha256(f"{system}|{value}".encode()).hexdigest()


@dataclass
class RecordLook:
    """:class:`handrail.edge.hl7v2.planning.Look` inside the running transaction."""

    by: Principal
    stored: dict[str, Stored | None] = field(default_factory=dict)
    told: dict[str, Said] = field(default_factory=dict)
    visits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)  # "": the feed never used it
    found: dict[tuple[tuple[str, str], ...], str] = field(default_factory=dict)  # by identifiers

    def expect(self, meant: Sequence[Meant]) -> None:
        """Ask for all of it in a few statements instead of one by one."""
        self._learn([(one.resource_type, key_of(*key)) for one in meant for key in one.keys])
        ids = [
            (one.resource_type, self.find(one.resource_type, one.keys) or one.identity)
            for one in meant
        ]
        names = ["/".join(one) for one in ids]
        stored = store.several(names, by=self.by)
        self.stored.update({name: stored.get(name) for name in names})
        found = rows(_TOLD, (self.by.org, names, [identity for _, identity in ids], self.by.org))
        for name, identity, values, at, facts in found:
            self.told[name] = Said(values, at) if values is not None else Said()
            if name.startswith("Encounter/"):
                self.visits[identity] = facts

    def _learn(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Look up which resources these identifiers mean, where that was not asked yet."""
        asked = [pair for pair in pairs if pair not in self.known]
        if not asked:
            return
        known = {
            (kind, key): identity
            for kind, key, identity in rows(
                "select resource_type, key, identity from hl7v2_known where org = %s"
                " and (resource_type, key) in"
                " (select * from unnest((select %s::text[]), (select %s::text[])))",
                (self.by.org, [kind for kind, _ in asked], [key for _, key in asked]),
            )
        }
        self.known.update({pair: known.get(pair, "") for pair in asked})

    def find(self, resource_type: str, keys: Sequence[tuple[str, str]]) -> str:
        """Return the id of the resource with one of these identifiers, or an empty string."""
        pairs = [(resource_type, key_of(*key)) for key in keys]
        self._learn(pairs)
        identity = next((self.known[pair] for pair in pairs if self.known[pair]), "")
        if identity:
            return identity
        if (*pairs,) not in self.found:
            found = matching.by_identifier(resource_type, keys, by=self.by)
            self.found[*pairs,] = found
        return self.found[*pairs,]

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
        if visit not in self.visits:
            found = rows(
                "select facts from hl7v2_visit where org = %s and visit = %s", (self.by.org, visit)
            )
            self.visits[visit] = [facts for (facts,) in found]
        return self.visits[visit]

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
            if self.known.get((kind, key)) == ""
        ]
