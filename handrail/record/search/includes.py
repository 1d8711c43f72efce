"""What a search brings along: ``_include`` follows references, ``_revinclude`` asks who refers.

Source: http://hl7.org/fhir/R4/search.html#include. Provenance is made from the transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.fhir import text
from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.hashing import reference
from handrail.fhir.searching.parameters import parameters
from handrail.fhir.searching.query import Include, Query
from handrail.fhir.searching.walk import values
from handrail.record.provenance import provenance
from handrail.record.statements import rows
from handrail.record.stored import Stored

MOST = 1000
_COLUMNS = (
    "v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted, v.transaction,"
    " v.cause"
)


def included(query: Query, entries: Sequence[Stored], by: Principal) -> list[Stored]:
    """Return what ``query`` wants besides its entries, each resource once."""
    found: dict[str, Stored] = {}
    for one in query.include:
        for stored in _referred(one, entries, by):
            found.setdefault(stored.reference, stored)
    for one in query.revinclude:
        for stored in _referring(one, entries, by):
            found.setdefault(stored.reference, stored)
    own = {entry.reference for entry in entries}
    return [stored for reference, stored in found.items() if reference not in own]


def _referred(one: Include, entries: Sequence[Stored], by: Principal) -> list[Stored]:
    parameter = parameters(one.resource_type).get(one.parameter)
    if parameter is None:
        raise UnsupportedError(f"_include={one.resource_type}:{one.parameter} is not known.")
    wanted: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.resource_type != one.resource_type:
            continue
        for _, value in values(entry.resource, parameter):
            literal = value.get("reference", "") if isinstance(value, dict) else ""
            kind, _, identity = literal.partition("/_history/")[0].rpartition("/")
            if kind and allows(by, "read", kind) and one.target in ("", kind):
                wanted.add((kind, identity))
    return _current(sorted(wanted), by)


def _current(wanted: Sequence[tuple[str, str]], by: Principal) -> list[Stored]:
    if not wanted:
        return []
    found = rows(
        f"SELECT {_COLUMNS} FROM record_current c JOIN record_version v"  # noqa: S608 - constants
        " USING (org, resource_type, id, version) WHERE c.org = %s AND NOT c.deleted"
        " AND (c.resource_type, c.id) IN (SELECT * FROM unnest(%s::text[], %s::text[])) LIMIT %s",
        (by.org, [kind for kind, _ in wanted], [identity for _, identity in wanted], MOST),
    )
    return [_stored(row) for row in found]


def _referring(one: Include, entries: Sequence[Stored], by: Principal) -> Iterable[Stored]:
    if (one.resource_type, one.parameter) == ("Provenance", "target"):
        yield from _provenances(entries, by)
    if not entries or not allows(by, "search", one.resource_type):
        return
    tokens = [reference(one.resource_type, one.parameter, e.reference) for e in entries]
    for row in rows(
        f"SELECT {_COLUMNS} FROM record_current c JOIN record_version v"  # noqa: S608 - constants
        " USING (org, resource_type, id, version) WHERE c.org = %s AND c.resource_type = %s"
        " AND NOT c.deleted AND c.tokens && %s::bigint[] LIMIT %s",
        (by.org, one.resource_type, tokens, MOST),
    ):
        yield _stored(row)


def _provenances(entries: Sequence[Stored], by: Principal) -> Iterable[Stored]:
    for number in sorted({entry.transaction for entry in entries}):
        about = [entry for entry in entries if entry.transaction == number]
        made = provenance(number, by=by, only={entry.reference for entry in about})
        yield Stored(
            "Provenance",
            f"tx-{number}",
            1,
            text.write(made),
            about[0].updated_at,
            transaction=number,
        )


def _stored(row: Sequence[object]) -> Stored:
    kind, identity, version, body, *rest = row
    return Stored(kind, identity, version, str(body).encode(), *rest)  # type: ignore[arg-type] # the columns above
