"""From what is asked of a number or quantity to clauses.

Source: http://hl7.org/fhir/R4/search.html#number and http://hl7.org/fhir/R4/search.html#quantity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

from handrail.fhir.searching import amounts, hashing, ucum
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    split,
    unescape,
)
from handrail.fhir.searching.candidates import confirmed
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
from handrail.fhir.searching.wanted import Amount

_NUMBER = re.compile(
    r"(eq|ne|gt|ge|lt|le|sa|eb|ap)?([+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?)"
)
_EXACT = Context(prec=90, traps=[])
_RANGES = frozenset({"Range", "SampledData"})
_TENTH = Decimal("0.1")


def precision(written: str) -> Decimal:
    """Return half of what the last digit of a number, as it is written, stands for.

    ``100`` stands for 99.5 to 100.5, ``1.00`` for 0.995 to 1.005; the standard lets ``1e2`` stand
    for 95 to 105: one digit before a power of ten counts as two.
    """
    exponent = Decimal(written).as_tuple().exponent
    digits = re.split("[eE]", written)[0].lstrip("+-")
    places = int(exponent)
    if places > 0 and len(digits) == 1:
        places -= 1
    return Decimal(5).scaleb(places - 1, _EXACT)


def wanted(asked: Asked, text: str) -> Amount:
    """Return what one alternative wants of a value.

    Raises:
        InvalidSearchError: it is no number, or its unit is not written as it should be.
    """
    parts = [unescape(part) for part in split(text, "|")]
    match = _NUMBER.fullmatch(parts[0])
    if match is None or len(parts) == 2 or len(parts) > 3:  # noqa: PLR2004 - number, system, code
        unit = " or 5.4|http://unitsofmeasure.org|mg or 5.4||mg"
        raise InvalidSearchError(
            f"{asked.label}: “{text[:60]}” cannot be read. Write a number, as in 5.4"
            f"{unit if asked.parameter.kind == 'quantity' else ''}, with eq, ne, gt, ge, lt, le, "
            "sa, eb or ap before it."
        )
    if len(parts) > 1 and asked.parameter.kind == "number":
        raise InvalidSearchError(f"{asked.label} is a number without a unit.")
    system, code = parts[1:] or ("", "")
    if system and not code:
        raise InvalidSearchError(f"{asked.label}: write the code of the unit after its system.")
    return _amount(match[1] or "eq", match[2], system, code)


def _amount(prefix: str, written: str, system: str, code: str) -> Amount:
    at = Decimal(written)
    half = _EXACT.multiply(abs(at), _TENTH) if prefix == "ap" else precision(written)
    ends = (_EXACT.subtract(at, half), _EXACT.add(at, half), at)
    unit = ucum.unit(code) if system == ucum.SYSTEM else None
    written_ends = _plain(*ends)
    if unit is None:
        return Amount(prefix, *written_ends, system, code)
    in_base = _plain(*(unit.canonical(one) for one in ends))
    return Amount(prefix, *written_ends, system, code, unit, in_base)


def _plain(*ends: Decimal) -> tuple[float, float, float]:
    """Return lowest, highest and asked number; the highest is always above the asked one."""
    low, high, at = (amounts.plain(one) or 0.0 for one in ends)
    return low, max(high, math.nextafter(at, math.inf)), at


def numbers(asked: Asked) -> list[Clause]:
    """Return what is asked of a number or quantity: comparisons where it is a column."""
    refuse_modifier(asked)
    asks = [wanted(asked, text) for text in alternatives(asked)]
    if asked.stored != compiled(asked.resource_type).MAIN_AMOUNT:
        return [confirmed(asked, asks)]
    groups = [_clauses(asked, unit, some) for unit, some in _by_unit(asks).items()]
    if _RANGES & asked.reads:
        recheck = ValuesRecheck(asked.parameter, tuple(asks))
        ranged = TokenClause(asked.label, (asked.token(hashing.RANGED),), recheck=recheck)
        groups.append([ranged])
    if len(groups) == 1:
        return groups[0]
    return [EitherClause(asked.label, tuple(tuple(group) for group in groups))]


@dataclass(frozen=True, slots=True)
class _Unit:
    column: Literal["number", "amount"]
    form: tuple[str, ...] = ()


def _unit(one: Amount) -> _Unit:
    if one.unit is not None:
        return _Unit("amount", (hashing.UNIT, one.unit.base))
    if not one.code:
        return _Unit("number")
    if one.system:
        return _Unit("number", (hashing.SYSTEM_AND_CODE, one.system, one.code))
    return _Unit("number", (hashing.ANY_SYSTEM, one.code))


def _by_unit(asks: Iterable[Amount]) -> dict[_Unit, list[Amount]]:
    found: dict[_Unit, list[Amount]] = {}
    for one in asks:
        found.setdefault(_unit(one), []).append(one)
    return found


def _clauses(asked: Asked, unit: _Unit, asks: Iterable[Amount]) -> list[Clause]:
    lines = tuple(line for one in asks for line in _lines(one, unit.column))
    clauses: list[Clause] = []
    if unit.form:
        clauses.append(TokenClause(asked.label, (asked.token(*unit.form),)))
    return [*clauses, RangeClause(asked.label, lines)]


def _lines(one: Amount, column: Literal["number", "amount"]) -> list[Line]:
    ends = (one.low, one.high, one.at)
    low, high, at = (one.in_base or ends) if column == "amount" else ends
    from_low, to_high = Comparison(column, ">=", low), Comparison(column, "<", high)
    lines: dict[str, list[Line]] = {
        "eq": [(from_low, to_high)],
        "ne": [(Comparison(column, "<", low),), (Comparison(column, ">=", high),)],
        "ap": [(from_low, Comparison(column, "<=", high))],
        "ge": [(Comparison(column, ">=", at),)],
        "le": [(Comparison(column, "<=", at),)],
    }
    lines["gt"] = lines["sa"] = [(Comparison(column, ">", at),)]
    lines["lt"] = lines["eb"] = [(Comparison(column, "<", at),)]
    return lines[one.prefix]
