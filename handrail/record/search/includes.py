"""What a search brings along: ``_include`` follows references, ``_revinclude`` asks who refers.

One statement for each level; what iterates is asked again of what came. Versions that a reference
names come as that version. Provenance is made from the transactions.

Source: http://hl7.org/fhir/R4/search.html#include.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from handrail.access.decide import allows
from handrail.access.narrowing import lets
from handrail.access.principal import Principal
from handrail.fhir.searching.hashing import URI, reference, token
from handrail.fhir.searching.parameters import Parameter, parameters
from handrail.fhir.searching.query import Include, Query
from handrail.fhir.searching.walk import values
from handrail.record.provenance import provenances
from handrail.record.search.bounds import MOST
from handrail.record.search.conditions import Where
from handrail.record.statements import rows
from handrail.record.stored import Stored

_COLUMNS: Final = (
    "v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted, v.transaction,"
    " v.cause"
)
_TEXT: Final = (
    " CROSS JOIN LATERAL (SELECT * FROM record_version v WHERE v.org = c.org"
    " AND v.resource_type = c.resource_type AND v.id = c.id AND v.version = c.version OFFSET 0) v"
)
_EVERY: Final = "*"
_LEVELS: Final = 8


@dataclass(slots=True)
class _Next:
    """What one level leads to."""

    current: set[tuple[str, str]] = field(default_factory=set)
    versions: set[tuple[str, str, int]] = field(default_factory=set)
    tokens: dict[str, set[int]] = field(default_factory=dict)

    def refer(self, literal: str, target: str) -> None:
        """Follow a literal reference, if it is one to a resource here."""
        literal, _, version = literal.partition("/_history/")
        kind, _, identity = literal.partition("/")
        if not identity or "/" in identity or target not in {"", kind}:
            return
        if version.isdigit():
            self.versions.add((kind, identity, int(version[:9])))
        else:
            self.current.add((kind, identity))


def included(query: Query, entries: Sequence[Stored], by: Principal) -> tuple[list[Stored], bool]:
    """Return what ``query`` wants besides its entries, each once, and whether that is not all."""
    if not entries or not (query.include or query.revinclude):
        return [], False
    seen = {_key(entry) for entry in entries}
    found: list[Stored] = []
    level, include, revinclude = list(entries), query.include, query.revinclude
    cut = False
    for _ in range(_LEVELS):
        wanted = _wanted(level, include, revinclude, by, seen)
        level = []
        for stored in _read(wanted, by, MOST - len(found) + len(entries)):
            if _key(stored) not in seen and lets(by, "read", stored):
                seen.add(_key(stored))
                level.append(stored)
        cut = cut or len(found) + len(level) > MOST
        level = level[: MOST - len(found)]
        found += level
        include = [one for one in include if one.iterate]
        revinclude = [one for one in revinclude if one.iterate]
        if cut or not level or not (include or revinclude):
            break
    return found + _proof(query, [*entries, *found], by, len(entries)), cut


def _key(stored: Stored) -> tuple[str, str, int]:
    return (stored.resource_type, stored.id, stored.version)


def _wanted(
    level: Sequence[Stored],
    include: Iterable[Include],
    revinclude: Iterable[Include],
    by: Principal,
    seen: set[tuple[str, str, int]],
) -> _Next:
    wanted = _Next()
    include = list(include)
    for stored in level if include else ():
        resource: Mapping[str, Any] | None = None
        for one in include:
            if one.resource_type in {"", _EVERY, stored.resource_type}:
                resource = resource if resource is not None else orjson.loads(stored.body)
                _follow(one, stored, resource, wanted)
    for one in revinclude:
        if allows(by, "search", one.resource_type):
            wanted.tokens.setdefault(one.resource_type, set()).update(_referring(one, level))
    known = {(kind, identity) for kind, identity, _ in seen}
    wanted.current = {one for one in wanted.current - known if allows(by, "read", one[0])}
    wanted.versions = {one for one in wanted.versions - seen if allows(by, "read", one[0])}
    return wanted


def _named(resource_type: str, code: str) -> Iterator[tuple[str, Parameter]]:
    known = parameters(resource_type)
    if code not in {"", _EVERY}:
        yield code, known[code]
        return
    for name, one in known.items():
        if one.kind == "reference" and not one.stored:
            yield name, one


def _follow(one: Include, stored: Stored, resource: Mapping[str, Any], wanted: _Next) -> None:
    for _, parameter in _named(stored.resource_type, one.parameter):
        for _, value in values(resource, parameter):
            if isinstance(value, str):
                _canonical(value, parameter, one.target, wanted)
            elif isinstance(value, dict):
                target = one.target or parameter.only
                wanted.refer(str(value.get("reference") or ""), target)


def _canonical(value: str, parameter: Parameter, target: str, wanted: _Next) -> None:
    for kind in [target] if target else parameter.targets:
        if "url" in parameters(kind):
            wanted.tokens.setdefault(kind, set()).add(token(kind, "url", URI, value))


def _referring(one: Include, level: Iterable[Stored]) -> Iterator[int]:
    for name, parameter in _named(one.resource_type, one.parameter):
        for stored in level:
            kind = stored.resource_type
            possible = (parameter.only,) if parameter.only else parameter.targets
            if one.target in {"", kind} and (not possible or kind in possible):
                yield reference(one.resource_type, parameter.stored or name, stored.reference)


def _read(wanted: _Next, by: Principal, most: int) -> list[Stored]:
    """Return what is wanted in one statement, at most ``most`` and one more."""
    arms = [*_by_name(wanted, by), *_by_token(wanted, by)]
    if not arms:
        return []
    text = " UNION ALL ".join(f"({arm.text} LIMIT {most + 1:d})" for arm in arms)
    found = rows(
        f"SELECT * FROM ({text}) v LIMIT {most + 1:d}",  # noqa: S608 - constants
        [value for arm in arms for value in arm.parameters],
    )
    return [
        Stored(kind, identity, version, body.encode(), *rest)
        for kind, identity, version, body, *rest in found
    ]


def _by_name(wanted: _Next, by: Principal) -> Iterator[Where]:
    if wanted.current:
        kinds, ids = zip(*sorted(wanted.current), strict=True)
        yield Where(
            f"SELECT {_COLUMNS} FROM record_current c{_TEXT} WHERE c.org = %s AND NOT c.deleted"  # noqa: S608 - constants
            " AND (c.resource_type, c.id) IN"
            " (SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])))",
            [by.org, list(kinds), list(ids)],
        )
    if wanted.versions:
        kinds, ids, numbers = zip(*sorted(wanted.versions), strict=True)
        yield Where(
            f"SELECT {_COLUMNS} FROM record_version v WHERE v.org = %s AND NOT v.deleted"  # noqa: S608 - constants
            " AND (v.resource_type, v.id, v.version) IN (SELECT * FROM"
            " unnest((SELECT %s::text[]), (SELECT %s::text[]), (SELECT %s::int[])))",
            [by.org, list(kinds), list(ids), list(numbers)],
        )


def _by_token(wanted: _Next, by: Principal) -> Iterator[Where]:
    for kind, tokens in sorted(wanted.tokens.items()):
        if tokens and allows(by, "read", kind):
            yield Where(
                f"SELECT {_COLUMNS} FROM record_current c{_TEXT}"  # noqa: S608 - constants
                " WHERE c.tokens && (SELECT %s::bigint[]) AND c.org + 0 = %s"
                " AND c.resource_type || '' = %s AND NOT c.deleted",
                [sorted(tokens), by.org, kind],
            )


def _proof(query: Query, entries: Sequence[Stored], by: Principal, matches: int) -> list[Stored]:
    """Return the Provenance of what was found, if that is asked for."""
    asked = [
        one
        for one in query.revinclude
        if one.resource_type == "Provenance" and one.parameter in {"target", _EVERY}
    ]
    if not asked or not allows(by, "read", "Provenance"):
        return []
    iterates = any(one.iterate for one in asked)
    made = provenances(entries if iterates else entries[:matches], by=by)
    return [one for one in made if lets(by, "read", one)]
