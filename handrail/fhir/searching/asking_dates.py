"""From what is asked of a date to clauses: prefixes and precision.

Source: http://hl7.org/fhir/R4/search.html#date and http://hl7.org/fhir/R4/search.html#prefix.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from handrail.fhir.searching import covering, hashing, times
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    unescape,
)
from handrail.fhir.searching.clauses import (
    Clause,
    Comparison,
    EitherClause,
    Line,
    RangeClause,
    TokenClause,
)
from handrail.fhir.searching.parameters import compiled
from handrail.fhir.searching.rechecks import ValuesRecheck
from handrail.fhir.searching.wanted import Dates

INSTANTS: Final[dict[str, Literal["updated", "due"]]] = {"_lastUpdated": "updated", "due": "due"}
"""Parameters whose column holds one instant, and that column."""
MOST_TOKENS: Final = 3000
"""Calendar units that one parameter may ask for."""

_PREFIXED = re.compile(r"(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.+)", re.DOTALL)
_A_DAY = timedelta(days=1)


def read(asked: Asked, text: str) -> tuple[str, str, times.Interval]:
    """Return the prefix, the date as it is written, and what it stands for.

    Raises:
        InvalidSearchError: it is no date.
    """
    match = _PREFIXED.fullmatch(unescape(text))
    written = match[2] if match else text
    span = times.interval(written)
    if match is None or span is None:
        plus = " A + in an address is written %2B." if " " in text else ""
        raise InvalidSearchError(
            f"{asked.label}: “{text[:60]}” is not a date. Write 2026, 2026-11, 2026-11-21 or "
            f"2026-11-21T09:30:00-05:00, with eq, ne, gt, ge, lt, le, sa, eb or ap before it.{plus}"
        )
    return match[1] or "eq", written, span


def wanted(asked: Asked, text: str) -> Dates:
    """Return what one alternative wants of a value."""
    prefix, _, span = read(asked, text)
    return Dates(tuple(compared(prefix, span)))


def dates(asked: Asked) -> Iterator[Clause]:
    """Yield what is asked of a date: comparisons where it is a column, else its calendar units."""
    refuse_modifier(asked)
    main = compiled(asked.resource_type).MAIN_DATE
    column = INSTANTS.get(asked.name)
    if column is None and asked.stored not in main[:1]:
        yield _by_units(asked)
        return
    if len(main) > 1 and column is None:  # the column may hold another parameter's date
        yield TokenClause(asked.label, (asked.token(hashing.PRESENT),))
    lines = [
        line
        for text in alternatives(asked)
        for prefix, _, span in [read(asked, text)]
        for line in compared(prefix, span, column)
    ]
    yield RangeClause(asked.label, tuple(lines))


@dataclass
class _Group:
    """Sets of units; a row needs one of each. Not ``exact``: the resource has to confirm."""

    sets: list[list[tuple[str, str]]]
    exact: bool


def _by_units(asked: Asked) -> Clause:
    texts = alternatives(asked)
    groups = [_units(*read(asked, text)) for text in texts]
    if sum(len(one) for group in groups for one in group.sets) > MOST_TOKENS:
        raise InvalidSearchError(f"{asked.label}: too many ranges. Ask for fewer at a time.")
    exact = all(group.exact for group in groups)
    recheck = None if exact else _recheck(asked, texts)
    if any(not one for group in groups for one in group.sets):  # too far away for units
        if asked.parameter.always:
            return TokenClause(asked.label, (), negated=True, recheck=recheck)
        return TokenClause(asked.label, (asked.token(hashing.PRESENT),), recheck=recheck)
    if all(len(group.sets) == 1 for group in groups):
        found = dict.fromkeys(
            asked.token(*mark) for group in groups for one in group.sets for mark in one
        )
        return TokenClause(asked.label, tuple(found), recheck=recheck)
    return EitherClause(asked.label, tuple(_clauses(asked, group, recheck) for group in groups))


def _recheck(asked: Asked, texts: list[str]) -> ValuesRecheck:
    return ValuesRecheck(asked.parameter, tuple(wanted(asked, text) for text in texts))


def _clauses(asked: Asked, group: _Group, recheck: ValuesRecheck | None) -> tuple[TokenClause, ...]:
    return tuple(
        TokenClause(asked.label, tuple(asked.token(*mark) for mark in one), recheck=recheck)
        for one in group.sets
    )


def _units(prefix: str, written: str, span: times.Interval) -> _Group:
    if prefix == "eq":
        is_unit = len(written) <= _DAY
        unit = written if is_unit else covering.levels(span[0])[-1]
        return _Group([[(hashing.DAY, unit)]], exact=is_unit)
    low, high = span
    if prefix == "ap":
        low, high = _wider(low, high)
        begun, _ = _one(Comparison("starts", "<", high))
        going_on, _ = _one(Comparison("ends", ">", low))
        return _Group([begun, going_on], exact=False)
    found: list[tuple[str, str]] = []
    exact = True
    for line in _OPEN[prefix](low, high):
        marks, is_exact = _one(line)
        if not marks:
            return _Group([[]], exact=False)
        found += marks
        exact = exact and is_exact
    return _Group([list(dict.fromkeys(found))], exact=exact)


_DAY = len("2026-11-21")


def _one(one: Comparison) -> tuple[list[tuple[str, str]], bool]:
    """Return the units that cover a comparison, and whether they cover nothing else."""
    at: datetime = one.at
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    aligned = at == midnight
    forms = (hashing.DAY, hashing.BEGINS if one.column == "starts" else hashing.STOPS)
    if one.operator in {"<", "<="}:
        units = covering.before(
            midnight if aligned or midnight >= times.LAST else midnight + _A_DAY
        )
    else:
        units = covering.after(midnight)
    return [(form, unit) for unit in units or () for form in forms], aligned and bool(units)


def _wider(low: datetime, high: datetime) -> times.Interval:
    """Return the interval widened by its own length on both sides."""
    wider = min(high - low, low - times.FIRST, times.LAST - high)
    return low - wider, high + wider


def compared(
    prefix: str, span: times.Interval, column: Literal["updated", "due"] | None = None
) -> list[Line]:
    """Return the lines, one of which has to hold, for a prefix and the interval asked for.

    ``ap`` means: overlaps the interval, widened by its own length on both sides.
    """
    low, high = span
    if prefix == "ap":
        low, high = _wider(low, high)
    return _of_instant(prefix, low, high, column) if column else _of_interval(prefix, low, high)


def _ne(low: datetime, high: datetime) -> list[Comparison]:
    return [Comparison("starts", "<", low), Comparison("ends", ">", high)]


def _ge(low: datetime, high: datetime) -> list[Comparison]:
    return [Comparison("starts", ">=", low), Comparison("ends", ">", high)]


def _le(low: datetime, high: datetime) -> list[Comparison]:
    return [Comparison("starts", "<", low), Comparison("ends", "<=", high)]


_OPEN: Final[dict[str, Callable[[datetime, datetime], list[Comparison]]]] = {
    "ne": _ne,
    "gt": lambda _, high: [Comparison("ends", ">", high)],
    "ge": _ge,
    "lt": lambda low, _: [Comparison("starts", "<", low)],
    "le": _le,
    "sa": lambda _, high: [Comparison("starts", ">=", high)],
    "eb": lambda low, _: [Comparison("ends", "<=", low)],
}


def _of_interval(prefix: str, low: datetime, high: datetime) -> list[Line]:
    if prefix == "eq":
        return [(Comparison("starts", ">=", low), Comparison("ends", "<=", high))]
    if prefix == "ap":
        return [(Comparison("starts", "<", high), Comparison("ends", ">", low))]
    return [(one,) for one in _OPEN[prefix](low, high)]


def _of_instant(
    prefix: str, low: datetime, high: datetime, column: Literal["updated", "due"]
) -> list[Line]:
    from_low = Comparison(column, ">=", low)
    before_low = Comparison(column, "<", low)
    to_high = Comparison(column, "<", high)
    past_high = Comparison(column, ">=", high)
    lines: dict[str, list[Line]] = {
        "eq": [(from_low, to_high)],
        "ne": [(before_low,), (past_high,)],
        "gt": [(past_high,)],
        "ge": [(from_low,)],
        "lt": [(before_low,)],
        "le": [(to_high,)],
        "sa": [(past_high,)],
        "eb": [(before_low,)],
        "ap": [(from_low, to_high)],
    }
    return lines[prefix]
