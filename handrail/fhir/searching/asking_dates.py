"""From what is asked of a date to clauses: prefixes and precision.

Source: http://hl7.org/fhir/R4/search.html#date and http://hl7.org/fhir/R4/search.html#prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

from handrail.fhir.searching import hashing, times
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
    DateRecheck,
    Line,
    RangeClause,
    TokenClause,
)
from handrail.fhir.searching.parameters import compiled

INSTANTS: Final[dict[str, Literal["updated", "due"]]] = {"_lastUpdated": "updated", "due": "due"}
"""Parameters whose column holds one instant, and that column."""

_PREFIXED = re.compile(r"(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.+)")


def _date(asked: Asked, text: str) -> tuple[str, str, times.Interval]:
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


def dates(asked: Asked) -> Iterator[Clause]:
    """Yield what is asked of a date: comparisons where it is a column, else its day tokens."""
    refuse_modifier(asked)
    main = compiled(asked.resource_type).MAIN_DATE
    column = INSTANTS.get(asked.name)
    if column is None and asked.stored not in main[:1]:
        yield from _by_day(asked)
        return
    if len(main) > 1 and column is None:  # the column may hold another parameter's date
        yield TokenClause(asked.label, (asked.token(hashing.PRESENT),))
    lines = [
        line
        for text in alternatives(asked)
        for prefix, _, span in [_date(asked, text)]
        for line in compared(prefix, span, column)
    ]
    yield RangeClause(asked.label, tuple(lines))


def _by_day(asked: Asked) -> Iterator[Clause]:
    read = [_date(asked, text) for text in alternatives(asked)]
    days = all(prefix == "eq" and len(written) <= _DAY for prefix, written, _ in read)
    if days:
        found = tuple(asked.token(hashing.DAY, written) for _, written, _ in read)
        yield TokenClause(asked.label, found)
        return
    lines = tuple(line for prefix, _, span in read for line in compared(prefix, span))
    present = () if asked.parameter.always else (asked.token(hashing.PRESENT),)
    recheck = DateRecheck(asked.parameter, lines)
    yield TokenClause(asked.label, present, negated=not present, recheck=recheck)


_DAY = len("2026-11-21")


def too_wide(resource_type: str, name: str) -> str:
    """Return why a range on a date that is no column needs a patient or ids beside it."""
    main = compiled(resource_type).MAIN_DATE[:1]
    return (
        f"{name} alone can be asked for a day, a month or a year. Times and ranges can be asked of "
        f"{' and '.join((*main, '_lastUpdated'))}, or of {name} together with one patient or _id."
    )


def compared(
    prefix: str, span: times.Interval, column: Literal["updated", "due"] | None = None
) -> list[Line]:
    """Return the lines, one of which has to hold, for a prefix and the interval asked for.

    ``ap`` means: overlaps the interval, widened by its own length on both sides.
    """
    low, high = span
    if prefix == "ap":
        wider = min(high - low, low - times.FIRST, times.LAST - high)
        low, high = low - wider, high + wider
    return _of_instant(prefix, low, high, column) if column else _of_interval(prefix, low, high)


def _of_interval(prefix: str, low: datetime, high: datetime) -> list[Line]:
    from_low = Comparison("starts", ">=", low)
    before_low = Comparison("starts", "<", low)
    to_high = Comparison("ends", "<=", high)
    past_high = Comparison("ends", ">", high)
    lines: dict[str, list[Line]] = {
        "eq": [(from_low, to_high)],
        "ne": [(before_low,), (past_high,)],
        "gt": [(past_high,)],
        "ge": [(from_low,), (past_high,)],
        "lt": [(before_low,)],
        "le": [(before_low,), (to_high,)],
        "sa": [(Comparison("starts", ">=", high),)],
        "eb": [(Comparison("ends", "<=", low),)],
        "ap": [(Comparison("starts", "<", high), Comparison("ends", ">", low))],
    }
    return lines[prefix]


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
