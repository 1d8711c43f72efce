"""SMART v2 scopes: ``system/Task.rs``, ``user/*.cruds``, ``patient/Observation.rs?category=…``.

Source: http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html (SMART App Launch 2).
The older ``.read``, ``.write`` and ``.*`` are understood. A scope with search parameters opens
those resources that a search with them would find; :mod:`handrail.access.narrowing` enforces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from typing_extensions import override

from handrail.access.rights import DEFINITIONS, DIRECTORY
from handrail.fhir.errors import BusinessRuleError, HandrailError
from handrail.fhir.searching.clauses import (
    Clause,
    EitherClause,
    IdClause,
    RangeClause,
    TokenClause,
)

_SCOPE = re.compile(
    r"(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?|read|write|\*)(?:\?(.+))?"
)
_OLDER = {"read": "rs", "write": "cud", "*": "cruds"}
_LETTER = {"create": "c", "read": "r", "update": "u", "delete": "d", "search": "s"}
LONGEST: Final = 500  # characters of one scope
WITHOUT_PATIENT: Final = DIRECTORY | DEFINITIONS


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope for resources. ``letters`` are of ``cruds``; ``asked`` the search behind the "?"."""

    context: str
    resource_type: str
    letters: str
    asked: str = ""

    @override
    def __str__(self) -> str:
        """Return the scope as SMART v2 writes it."""
        query = f"?{self.asked}" if self.asked else ""
        return f"{self.context}/{self.resource_type}.{self.letters}{query}"


@dataclass(frozen=True, slots=True)
class Window:
    """One way to the resources of a type: of the one patient only, and what ``asked`` finds."""

    of_patient: bool
    asked: str


def parsed(scope: str) -> Scope | None:
    """Return a scope for resources, or None if it is none (``openid``, or not understood)."""
    match = _SCOPE.fullmatch(scope) if len(scope) <= LONGEST else None
    if match is None or not match[3]:
        return None
    return Scope(match[1], match[2], _OLDER.get(match[3], match[3]), match[4] or "")


def understand(scopes: Iterable[str]) -> frozenset[str]:
    """Return ``scopes`` in the SMART v2 spelling.

    Raises:
        BusinessRuleError: a scope is not understood or cannot be enforced, or there is none.
    """
    found = set()
    for scope in scopes:
        one = parsed(scope)
        if one is None:
            message = (
                f"The scope {scope[:80]!r} is not understood. Write system/Task.rs: the letters "
                "are c (create), r (read), u (update), d (delete), s (search), in this order."
            )
            raise BusinessRuleError(message)
        if one.asked:
            clauses(one.resource_type, one.asked)
        found.add(str(one))
    if not found:
        raise BusinessRuleError("A key without scopes can do nothing. Give at least one scope.")
    _refuse_unlike(found)
    return frozenset(found)


def enforceable(scopes: Iterable[str]) -> bool:
    """Tell whether those of ``scopes`` that are for resources can be enforced, together."""
    wanted = [scope for scope in scopes if parsed(scope) is not None]
    try:
        return not wanted or bool(understand(wanted))
    except BusinessRuleError:
        return False


def common(one: Scope, other: Scope) -> Scope | None:
    """Return what both scopes open; None: nothing."""
    letters = "".join(letter for letter in one.letters if letter in other.letters)
    kinds = {one.resource_type, other.resource_type} - {"*"}
    if one.context != other.context or not letters or len(kinds) > 1:
        return None
    asked = "&".join(dict.fromkeys(part for part in (one.asked, other.asked) if part))
    if asked and not kinds:
        return None
    return Scope(one.context, next(iter(kinds), "*"), letters, asked)


def of_resources(scopes: Iterable[str]) -> frozenset[str]:
    """Return those of ``scopes`` that are for resources, in the SMART v2 spelling."""
    return frozenset(str(one) for one in map(parsed, scopes) if one is not None)


@lru_cache(maxsize=1024)
def covers(scopes: frozenset[str], verb: str, resource_type: str) -> bool:
    """Tell whether any of ``scopes`` allows ``verb`` on (some) resources of this type."""
    return windows(scopes, verb, resource_type) != ()


@lru_cache(maxsize=1024)
def windows(scopes: frozenset[str], verb: str, resource_type: str) -> tuple[Window, ...] | None:
    """Return the ways in which ``scopes`` allow ``verb`` on this type.

    None: on all that the principal reaches. Empty: on nothing.
    """
    letter, found = _LETTER.get(verb), set()
    for one in map(parsed, scopes):
        if one is None or letter is None or letter not in one.letters:
            continue
        if one.resource_type in {"*", resource_type}:
            of_patient = one.context == "patient" and resource_type not in WITHOUT_PATIENT
            found.add(Window(of_patient, one.asked))
    if Window(False, "") in found:
        return None
    if Window(True, "") in found:
        found = {window for window in found if not window.of_patient} | {Window(True, "")}
    return tuple(sorted(found, key=lambda window: (window.of_patient, window.asked)))


@lru_cache(maxsize=1024)
def clauses(resource_type: str, asked: str) -> tuple[Clause, ...]:
    """Return what the search of a scope comes to: clauses that a resource answers by itself.

    Raises:
        BusinessRuleError: it cannot be read, or not be enforced for every read and write.
    """
    from handrail.fhir.searching.query import Query, parse

    if resource_type == "*":
        raise BusinessRuleError("A scope with search parameters names one resource type, not *.")
    try:
        pairs = parse_qsl(asked, keep_blank_values=True, strict_parsing=True)
        query = parse(resource_type, pairs, strict=True)
    except (HandrailError, ValueError) as error:
        said = error.message if isinstance(error, HandrailError) else "It is not written as a=b."
        raise BusinessRuleError(f"The search of the scope cannot be read. {said}") from error
    plain = Query(resource_type=resource_type, clauses=query.clauses, patient=query.patient)
    if query != plain or not query.clauses or not all(map(_alone, query.clauses)):
        raise BusinessRuleError(
            "A scope asks with plain search parameters of its own type, as in"
            " patient/Observation.rs?category=survey; not with chains, lists or results."
        )
    return tuple(query.clauses)


def _alone(clause: Clause) -> bool:
    """Tell whether a resource answers this by itself."""
    if isinstance(clause, EitherClause):
        return all(_alone(one) for group in clause.any_of for one in group)
    return isinstance(clause, TokenClause | RangeClause | IdClause)


def _refuse_unlike(scopes: Iterable[str]) -> None:
    """Refuse a part of one patient's resources beside a part of everybody's, for one type.

    Raises:
        BusinessRuleError: they are given.
    """
    narrow = frozenset(scopes)
    for one in filter(None, map(parsed, narrow)):
        for verb in _LETTER if one.asked else ():
            ways = windows(narrow, verb, one.resource_type) or ()
            if len({way.of_patient for way in ways}) > 1:
                raise BusinessRuleError(
                    f"Scopes for {one.resource_type} are either patient/ or user/ where one of"
                    " them has search parameters. Ask for one of the two."
                )


def every_patient(scopes: Iterable[str]) -> bool:
    """Tell whether ``scopes`` are not bound to single patients."""
    return any(not scope.startswith("patient/") for scope in scopes)


def is_confined(scopes: Iterable[str]) -> bool:
    """Tell whether ``scopes`` open one patient's data and besides that the directory alone."""
    found = [one for one in map(parsed, scopes) if one is not None]
    others = [one for one in found if one.context != "patient"]
    return len(found) > len(others) and all(o.resource_type in WITHOUT_PATIENT for o in others)
