"""The value sets and code systems that an organization keeps, ready to be asked.

For ``:in``, ``:not-in``, ``:above`` and ``:below`` of searches, and for ``$expand`` and its like:

* ``expansion(value_set, by=principal) -> frozenset[(system, code)]``
* ``descendants(system, code, by=principal) -> frozenset[(system, code)]``, with the code itself
* ``ancestors(system, code, by=principal) -> frozenset[(system, code)]``, with the code itself

What is kept is definitions, nobody's data; it is taken apart once for each version.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Final, LiteralString, TypeVar, cast

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.fhir import text
from handrail.fhir.searching.hashing import URI, token
from handrail.fhir.terminology import CodeSystem, TooCostlyError, UnknownTermsError, expand
from handrail.record.statements import rows

MOST: Final = 5_000
"""How many codes a search may stand for."""

_HELD: Final = 64 * 1024 * 1024
"""Bytes of text whose value sets and code systems stay taken apart in memory."""

Codes = frozenset[tuple[str, str]]
Part = Mapping[str, Any]
_One = TypeVar("_One")


def expansion(value_set: str, *, by: Principal) -> Codes:
    """Return (system, code) of everything in a value set: its url, ``url|version`` or id.

    Raises:
        UnknownTermsError: the value set, or something it names, is not kept here (404).
        TooCostlyError: it has more than 5,000 codes (422).
    """
    kept = Kept(by)
    return frozenset(expand(kept.required_value_set(value_set), kept, most=MOST))


def descendants(system: str, code: str, *, by: Principal) -> Codes:
    """Return ``code`` and everything below it in the code system with this url.

    Raises:
        UnknownTermsError: the code system is not kept here, or has no such code (404).
        TooCostlyError: there are more than 5,000 codes (422).
    """
    kept = Kept(by).required_concept(system, code)
    return _bounded(kept.url, {code, *kept.below(code)})


def ancestors(system: str, code: str, *, by: Principal) -> Codes:
    """Return ``code`` and everything above it; raises as :func:`descendants` does."""
    kept = Kept(by).required_concept(system, code)
    return _bounded(kept.url, {code, *kept.above(code)})


def _bounded(system: str, codes: set[str]) -> Codes:
    if len(codes) > MOST:
        raise TooCostlyError(
            f"There are {len(codes)} such codes; a search may stand for {MOST}. Ask nearer to the"
            " codes you mean."
        )
    return frozenset((system, code) for code in codes)


def _code_system(body: bytes) -> CodeSystem:
    return CodeSystem(text.parse(body))


class Kept:
    """What one principal's organization keeps; a :class:`handrail.fhir.terminology.Library`."""

    def __init__(self, by: Principal) -> None:
        """Look up for ``by``."""
        self.by = by
        self._found: dict[tuple[str, str], object] = {}

    def value_set(self, canonical: str) -> Part | None:
        """Return the ValueSet with this url, ``url|version`` or id; None: there is none."""
        return self._newest("ValueSet", canonical, text.parse)

    def code_system(self, canonical: str) -> CodeSystem | None:
        """Return the CodeSystem with this url, ``url|version`` or id; None: there is none."""
        return self._newest("CodeSystem", canonical, _code_system)

    def required_value_set(self, canonical: str) -> Part:
        """Return the ValueSet.

        Raises:
            UnknownTermsError: it is not kept here.
        """
        found = self.value_set(canonical)
        if found is None:
            raise UnknownTermsError(
                f"There is no value set {canonical[:200]} here. Store the ValueSet first."
            )
        return found

    def required_concept(self, system: str, code: str) -> CodeSystem:
        """Return the CodeSystem that has this code.

        Raises:
            UnknownTermsError: the system is not kept here, or has no such code.
        """
        found = self.code_system(system)
        if found is None:
            raise UnknownTermsError(
                f"The code system {system[:200]} is not kept here. Store the CodeSystem first."
            )
        if found.find(code) is None:
            raise UnknownTermsError(f"The code system {system[:200]} has no code {code[:100]}.")
        return found

    def _newest(
        self, kind: str, canonical: str, taken_apart: Callable[[bytes], _One]
    ) -> _One | None:
        if (kind, canonical) not in self._found:
            self._found[kind, canonical] = self._look(kind, canonical, taken_apart)
        return cast("_One | None", self._found[kind, canonical])

    def _look(self, kind: str, canonical: str, taken_apart: Callable[[bytes], object]) -> object:
        url, _, version = canonical.partition("|")
        for identity, number, content in self._candidates(kind, url):
            place = (kind, identity, bytes(content))
            one = _shelf.find(place)
            if one is None:
                body = self._text(kind, identity, number)
                one = taken_apart(body)
                _shelf.put(place, one, len(body))
            if not version or _version(one) == version:
                return one
        return None

    def _candidates(self, kind: str, url: str) -> list[tuple[Any, ...]]:
        if ":" not in url:
            return self._rows(
                "SELECT id, version, content FROM record_current WHERE org = %s"
                " AND resource_type = %s AND id = %s AND NOT deleted",
                kind,
                url.rpartition("/")[2],
            )
        return self._rows(
            "SELECT id, version, content FROM record_current WHERE org = %s"
            " AND resource_type = %s AND tokens @> (SELECT %s::bigint[]) AND NOT deleted"
            " ORDER BY updated_at DESC, id",
            kind,
            [token(kind, "url", URI, url)],
        )

    def _text(self, kind: str, identity: str, number: int) -> bytes:
        found = self._rows(
            "SELECT body FROM record_version WHERE org = %s AND resource_type = %s AND id = %s"
            " AND version = %s",
            kind,
            identity,
            number,
        )
        return str(found[0][0]).encode()

    def _rows(self, sql: LiteralString, *wanted: object) -> list[tuple[Any, ...]]:
        with acting(self.by):
            return rows(sql, (self.by.org, *wanted))


def _version(one: object) -> str:
    return one.version if isinstance(one, CodeSystem) else str(cast("Part", one).get("version", ""))


_Place = tuple[str, str, bytes]


class Shelf:
    """What was taken apart before, by type, id and the hash of the content: never stale.

    Not more than came from ``most`` bytes of text; what was asked for longest ago goes first.
    """

    def __init__(self, most: int) -> None:
        """Begin empty."""
        self._most = most
        self._held = 0
        self._kept: OrderedDict[_Place, tuple[object, int]] = OrderedDict()
        self._lock = Lock()

    def find(self, place: _Place) -> object | None:
        """Return what is kept there, or None."""
        with self._lock:
            if place not in self._kept:
                return None
            self._kept.move_to_end(place)
            return self._kept[place][0]

    def put(self, place: _Place, one: object, size: int) -> None:
        """Keep ``one``, made of ``size`` bytes; what is larger than the whole shelf is not kept."""
        if size > self._most:
            return
        with self._lock:
            self._held += size - self._kept.pop(place, (None, 0))[1]
            self._kept[place] = (one, size)
            while self._held > self._most:
                self._held -= self._kept.popitem(last=False)[1][1]


_shelf = Shelf(_HELD)
