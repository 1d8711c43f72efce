"""What the record knows beyond search rows: lists, value sets, hierarchies.

For :mod:`handrail.fhir.searching.resolving`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from handrail.access.decide import require
from handrail.access.narrowing import is_narrow
from handrail.access.principal import Principal
from handrail.fhir.errors import NotFoundError
from handrail.fhir.searching.clauses import Query, Row
from handrail.fhir.searching.hashing import reference
from handrail.fhir.searching.parameters import parameters
from handrail.fhir.searching.walk import values
from handrail.record import terminology
from handrail.record.prepare import reference_of
from handrail.record.search.bounds import SORTED, too_costly
from handrail.record.search.conditions import Asker, leading
from handrail.record.statements import rows

MOST_BELOW = 5_000
"""Places, organizations or parts that a search may stand for."""
_LEVELS = 20


class Known:
    """What the record knows, for one principal."""

    def __init__(self, by: Principal, asker: Asker) -> None:
        """Look up for ``by``."""
        self.by = by
        self.asker = asker

    def entries(self, identity: str) -> Collection[str]:
        """Return the references in the List with this id.

        Raises:
            NotFoundError: there is none that the principal may see.
        """
        require(self.by, "read", "List")
        identity = identity.removeprefix("List/")
        hidden = is_narrow(self.by, "List") and not self.by.confined  # else the database decides
        found = [] if hidden else self._bodies("List", [identity])
        if not found:
            raise NotFoundError(f"There is no List/{identity[:64]} that you may see.")
        items = (entry for entry in found[0].get("entry", ()) if not entry.get("deleted"))
        return {(item.get("item") or {}).get("reference", "") for item in items} - {""}

    def expansion(self, value_set: str) -> terminology.Codes:
        """Return (system, code) of everything in a ValueSet."""
        return terminology.expansion(value_set, by=self.by)

    def descendants(self, system: str, code: str) -> terminology.Codes:
        """Return (system, code) of a code and everything below it."""
        return terminology.descendants(system, code, by=self.by)

    def ancestors(self, system: str, code: str) -> terminology.Codes:
        """Return (system, code) of a code and everything above it."""
        return terminology.ancestors(system, code, by=self.by)

    def below(self, reference: str, parameter: str) -> Collection[str]:
        """Return ``reference`` and every resource of its type that leads to it."""
        kind, _ = reference_of(reference)
        require(self.by, "search", kind)
        found, level = {reference}, {reference}
        for _ in range(_LEVELS):
            level = self._parts(kind, parameter, level) - found
            found |= level
            if not level:
                break
            if len(found) > MOST_BELOW:
                raise too_costly(f"More than {MOST_BELOW} {kind} stand below {reference}.")
        return found

    def _parts(self, kind: str, parameter: str, wholes: Collection[str]) -> set[str]:
        stored = parameters(kind)[parameter].stored or parameter
        found = rows(
            "SELECT c.id FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version)"
            " WHERE c.tokens && (SELECT %s::bigint[]) AND c.org + 0 = %s AND NOT c.deleted"
            " LIMIT %s",
            ([reference(kind, stored, one) for one in wholes], self.asker.org, MOST_BELOW + 1),
        )
        return {f"{kind}/{identity}" for (identity,) in found}

    def above(self, reference: str, parameter: str) -> Collection[str]:
        """Return ``reference`` and every resource of its type that it leads to."""
        kind, identity = reference_of(reference)
        require(self.by, "search", kind)
        found, level = {reference}, [identity]
        for _ in range(_LEVELS):
            wholes = {
                literal
                for body in self._bodies(kind, level)
                for _, value in values(body, parameters(kind)[parameter])
                for literal in [str(value.get("reference", "")).partition("/_history/")[0]]
                if literal.startswith(f"{kind}/")
            } - found
            found |= wholes
            level = [one.partition("/")[2] for one in wholes]
            if not level:
                break
        return found

    def ids(self, query: Query) -> Collection[str]:
        """Return the ids of what ``query`` finds, each confirmed by the resource itself.

        Raises:
            TooCostlyError: there are too many to look at.
        """
        require(self.by, "search", query.resource_type)
        where = leading(query, self.asker, "c")
        found = rows(
            "SELECT c.id, c.updated_at, v.body FROM record_current c JOIN record_version v"  # noqa: S608 - constants
            f" USING (org, resource_type, id, version) WHERE {where.text} LIMIT {SORTED + 1:d}",
            where.parameters,
        )
        if len(found) > SORTED:
            raise too_costly(
                f"More than {SORTED} {query.resource_type} would have to be read on the way."
            )
        return [
            identity
            for identity, at, body in found
            if query.confirms(Row(identity, at, orjson.loads(body)))
        ]

    def _bodies(self, kind: str, ids: Collection[str]) -> list[dict[str, Any]]:
        found = rows(
            "SELECT v.body FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version) WHERE c.org = %s AND c.resource_type = %s"
            " AND c.id = ANY((SELECT %s::text[])::text[]) AND NOT c.deleted",
            (self.asker.org, kind, list(ids)),
        )
        return [orjson.loads(body) for (body,) in found]
