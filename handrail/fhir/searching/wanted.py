"""What one alternative of a search wants of one value, asked of the value itself.

This is the slow and complete way. It decides where columns only lead to candidates: long or inner
parts of texts, times of day, amounts that are no column, parts of a composite on one element.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from handrail.fhir.searching import amounts, times, ucum
from handrail.fhir.searching.clauses import Line
from handrail.fhir.searching.forms import contact_forms
from handrail.fhir.searching.texts import is_start, normalize, texts_of


class Wanted(Protocol):
    """One alternative of what was asked."""

    def fits(self, kind: str, value: Any) -> bool:
        """Return whether ``value``, of the FHIR type ``kind``, is wanted."""
        ...


def pairs(kind: str, value: Any) -> Iterator[tuple[str | None, str]]:
    """Yield (system, code) of everything a token finds in a value; None: it has no systems."""
    if kind in {"CodeableConcept", "Coding"}:
        for coding in value.get("coding", ()) if kind == "CodeableConcept" else (value,):
            yield coding.get("system") or "", coding.get("code") or ""
    elif kind == "Identifier":
        yield value.get("system") or "", value.get("value") or ""
    elif kind == "ContactPoint":
        for form in contact_forms(value.get("value") or ""):
            yield None, form
    elif isinstance(value, str | bool):
        yield None, value if isinstance(value, str) else str(value).lower()


@dataclass(frozen=True, slots=True)
class Token:
    """A code. ``system`` None: of any system; empty: without a system. No ``code``: any code."""

    system: str | None
    code: str

    def fits(self, kind: str, value: Any) -> bool:
        """Return whether the value has the code."""
        return any(self._is(system, code) for system, code in pairs(kind, value))

    def _is(self, system: str | None, code: str) -> bool:
        if system is None:
            return bool(self.code) and code == self.code
        same = self.system is None or system == self.system
        return same and bool(code or not self.code) and (not self.code or code == self.code)


@dataclass(frozen=True, slots=True)
class Typed:
    """An identifier of a type (``:of-type``)."""

    system: str
    code: str
    value: str

    def fits(self, kind: str, value: Any) -> bool:
        """Return whether the identifier has this value and this type."""
        if kind != "Identifier" or value.get("value") != self.value:
            return False
        return Token(self.system or None, self.code).fits(
            "CodeableConcept", value.get("type") or {}
        )


@dataclass(frozen=True, slots=True)
class Words:
    """The words beside a code or reference begin with a text (``:text``); it is normalized."""

    text: str

    def fits(self, kind: str, value: Any) -> bool:
        """Return whether a display or text in the value begins so."""
        return any(is_start(self.text, found) for found in beside(kind, value))


def beside(kind: str, value: Any) -> Iterator[str]:
    """Yield the words that say what a code, an identifier or a reference is."""
    if isinstance(value, str):
        yield value
        return
    if not isinstance(value, Mapping):
        return
    if kind == "Identifier":
        yield from beside("CodeableConcept", value.get("type") or {})
        return
    for part in ("text", "display"):
        if value.get(part):
            yield value[part]
    for coding in value.get("coding", ()):
        if coding.get("display"):
            yield coding["display"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A text or one of its words begins so; ``text`` is normalized."""

    text: str

    def fits(self, _: str, value: Any) -> bool:
        """Return whether one of the texts begins so."""
        return any(is_start(self.text, found) for found in texts_of(value))


@dataclass(frozen=True, slots=True)
class Exact:
    """A text is written exactly so."""

    text: str

    def fits(self, _: str, value: Any) -> bool:
        """Return whether one of the texts is the same."""
        return self.text in texts_of(value)


@dataclass(frozen=True, slots=True)
class Inside:
    """A text has this somewhere, without regard to case and accents; ``text`` is normalized."""

    text: str
    place: str = ""

    def fits(self, _: str, value: Any) -> bool:
        """Return whether it is in one of the texts; ``place``: start, end, or the whole of it."""
        return any(self._is_in(normalize(found)) for found in texts_of(value))

    def _is_in(self, text: str) -> bool:
        if self.place == "whole":
            return text == self.text
        if self.place == "end":
            return text.endswith(self.text)
        return text.startswith(self.text) if self.place else self.text in text


@dataclass(frozen=True, slots=True)
class Dates:
    """A date: one of the lines holds."""

    lines: tuple[Line, ...]
    instant: bool = False

    def fits(self, _: str, value: Any) -> bool:
        """Return whether the date is within what was asked."""
        span = times.of(value)
        if span is None:
            return False
        return any(
            all(one.holds(span[1] if one.column == "ends" else span[0]) for one in line)
            for line in self.lines
        )


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or quantity.

    ``low`` and ``high`` are what the asked number stands for, ``at`` the number itself. ``code``
    and ``system`` are the unit as asked; where it is known, ``in_base`` are the same three in base
    units.
    """

    prefix: str
    low: float
    high: float
    at: float
    system: str = ""
    code: str = ""
    unit: ucum.Unit | None = None
    in_base: tuple[float, float, float] | None = None

    def fits(self, kind: str, value: Any) -> bool:
        """Return whether the amount compares as asked."""
        said = amounts.parts(kind, value)[2]
        if self.in_base is not None and self.unit is not None:
            known = amounts.unit_of(said)
            if known is None or known.base != self.unit.base:
                return False
            span = amounts.span(kind, value, in_base_units=True)
            return span is not None and compares(self.prefix, span, *self.in_base)
        if self.code and not self._has_unit(said):
            return False
        span = amounts.span(kind, value, in_base_units=False)
        return span is not None and compares(self.prefix, span, self.low, self.high, self.at)

    def _has_unit(self, said: Mapping[str, Any]) -> bool:
        return any(
            code == self.code and self.system in ("", system)
            for system, code in amounts.units(said)
        )


def compares(prefix: str, span: amounts.Span, low: float, high: float, at: float) -> bool:
    """Return whether a value compares as asked; ``high`` itself is not in what was asked."""
    first, last = span
    within = low <= first and last < high
    answers = {
        "eq": within,
        "ne": not within,
        "gt": last > at,
        "ge": last >= at,
        "lt": first < at,
        "le": first <= at,
        "sa": first > at,
        "eb": last < at,
        "ap": last >= low and first <= high,
    }
    return answers[prefix]


@dataclass(frozen=True, slots=True)
class Refers:
    """A reference: to one of ``literals``, or to any type with one of these ``ids``."""

    literals: tuple[str, ...]
    ids: tuple[str, ...] = ()

    def fits(self, kind: str, value: Any) -> bool:
        """Return whether the value refers there."""
        if kind not in {"Reference", "Resource"}:
            return isinstance(value, str) and bool(
                {value, value.partition("|")[0]} & {*self.literals}
            )
        literal = value.get("reference") or ""
        if kind == "Resource":
            literal = f"{value.get('resourceType')}/{value.get('id')}"
        literal = literal.partition("/_history/")[0]
        return literal in self.literals or literal.rpartition("/")[2] in self.ids


@dataclass(frozen=True, slots=True)
class Named:
    """A reference that names its target by an identifier (``:identifier``)."""

    token: Token

    def fits(self, _: str, value: Any) -> bool:
        """Return whether the reference has the identifier."""
        named = value.get("identifier") if isinstance(value, Mapping) else None
        return bool(named) and self.token.fits("Identifier", named)


@dataclass(frozen=True, slots=True)
class Address:
    """A uri or canonical; ``how``: empty, ``above`` or ``below``."""

    uri: str
    how: str = ""

    def fits(self, _: str, value: Any) -> bool:
        """Return whether the address is wanted."""
        if not isinstance(value, str):
            return False
        if not self.how:
            return self.uri in {value, value.partition("|")[0]}
        upper, lower = (value, self.uri) if self.how == "above" else (self.uri, value)
        return upper in set(uppers(lower))


_JOINTS = "/|.#?"


def uppers(uri: str) -> Iterator[str]:
    """Yield what a uri or canonical stands below: itself, and its beginnings up to each joint."""
    yield uri
    for place, character in enumerate(uri):
        if place and character in _JOINTS:
            yield uri[:place]
            yield uri[: place + 1]


@dataclass(frozen=True, slots=True)
class Near:
    """A place on earth within a distance, in kilometres."""

    latitude: float
    longitude: float
    within: float

    def fits(self, _: str, value: Any) -> bool:
        """Return whether the position is near."""
        latitude, longitude = (amounts.plain(value.get(part)) for part in ("latitude", "longitude"))
        if latitude is None or longitude is None:
            return False
        return _kilometres((self.latitude, self.longitude), (latitude, longitude)) <= self.within


_EARTH = 6371.0088  # kilometres, mean radius


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    if not all(map(math.isfinite, (*one, *other))):
        return math.inf
    up, along, up2, along2 = map(math.radians, (*one, *other))
    part = (
        math.sin((up2 - up) / 2) ** 2
        + math.cos(up) * math.cos(up2) * math.sin((along2 - along) / 2) ** 2
    )
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(max(0.0, part))))
