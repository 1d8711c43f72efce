"""From typed text to a value of FHIR.

Numbers may be typed with a comma or a point, and with spaces or commas between thousands where
that cannot be misread; days as 2026-11-22 or 11/22/2026; times as 8:30, 08:30:00 or 8:30 pm.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any, Final

from handrail.fhir.forms.form import Item
from handrail.fhir.moments import believable
from handrail.fhir.primitives import PATTERNS

MOST_CHARACTERS: Final = 20_000
_DIGITS: Final = 15
"""How many digits a number may have; more are not a measurement."""
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_GROUPED: Final = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?P<by>[ ,'])[0-9]{3})(?:(?P=by)[0-9]{3})*(?:\.[0-9]+)?"
)
_CONTINENTAL: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[. ][0-9]{3})+,[0-9]+")
_AMBIGUOUS: Final = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_AMERICAN: Final = re.compile(r"(?a)([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_ISO_MONTH: Final = re.compile(r"(?a)([0-9]{4})-([0-9]{1,2})")
_ISO_DAY: Final = re.compile(r"(?a)([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_CLOCK: Final = re.compile(
    r"(?ai)([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2}))?(\.[0-9]+)?\s*([ap])?\.?(?:m\.?)?"
)
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class UnclearError(ValueError):
    """What was typed is no value of this kind; the message says what is."""


def number(text: str) -> Decimal:
    """Return the number that was typed.

    Raises:
        UnclearError: it is none, or it can be read in two ways.
    """
    bare = re.sub(r"[\s\u00a0\u202f\u2009]+", " ", text.strip()).replace("\u2212", "-")
    if _AMBIGUOUS.fullmatch(bare):
        whole, point = bare.replace(",", ""), bare.replace(",", ".")
        raise UnclearError(f"“{text}” can be read in two ways. Write {whole} or {point}.")
    if _CONTINENTAL.fullmatch(bare):
        bare = bare.replace(".", "").replace(" ", "").replace(",", ".")
    elif _GROUPED.fullmatch(bare):
        bare = re.sub("[ ,']", "", bare)
    elif _PLAIN.fullmatch(bare):
        bare = bare.replace(",", ".")
    else:
        raise UnclearError(f"“{text}” is not a number. Write it with digits, such as 12 or 1.5.")
    if sum(one.isdigit() for one in bare) > _DIGITS:
        raise UnclearError(f"“{text}” has too many digits for a number.")
    return Decimal(bare)


def whole_number(text: str) -> int:
    """Return the whole number that was typed.

    Raises:
        UnclearError: it is none.
    """
    found = number(text)
    if found != found.to_integral_value():
        raise UnclearError(f"“{text}” is not a whole number. Write it without decimal places.")
    if not -(2**31) <= found < 2**31:
        raise UnclearError(f"“{text}” is too large.")
    return int(found)


def day(text: str) -> str:
    """Return the day (or month, or year) that was typed, as FHIR writes it.

    Raises:
        UnclearError: there is no such day.
    """
    bare = text.strip()
    month = _ISO_MONTH.fullmatch(bare)
    if re.fullmatch("(?a)[0-9]{4}", bare):
        return _checked(date(int(bare) or 1, 1, 1), bare, bare)
    try:
        if month:
            year, of_year = int(month[1]), int(month[2])
            return _checked(date(year, of_year, 1), text, f"{year:04}-{of_year:02}")
        found = _day(bare)
    except UnclearError:
        raise
    except ValueError as error:
        raise UnclearError(f"“{text}” is not a day in the calendar.") from error
    return _checked(found, text, found.isoformat())


def _day(bare: str) -> date:
    if iso := _ISO_DAY.fullmatch(bare):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    if american := _AMERICAN.fullmatch(bare):
        return date(int(american[3]), int(american[1]), int(american[2]))
    raise UnclearError(f"“{bare}” is not a day. Write it as 2026-11-22 or 11/22/2026.")


def _checked(found: date, text: str, written: str) -> str:
    if believable(found) is None:
        raise UnclearError(f"The year in “{text}” cannot be right.")
    return written


def clock(text: str) -> str:
    """Return the time of day that was typed, as FHIR writes it.

    Raises:
        UnclearError: there is no such time.
    """
    found = _CLOCK.fullmatch(text.strip())
    unclear = UnclearError(f"“{text}” is not a time. Write it as 08:30 or 8:30 pm.")
    if not found or not (found[2] or found[5]):
        raise unclear
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the hours of a half day
            raise unclear
        hour = hour % 12 + 12 * (found[5].lower() == "p")
    try:
        return time(hour, int(found[2] or 0), int(found[3] or 0)).isoformat()
    except ValueError as error:
        raise unclear from error


def moment(text: str, zone: tzinfo = UTC) -> str:
    """Return the day or the moment that was typed, as FHIR writes it; ``zone`` where none is said.

    Raises:
        UnclearError: it is none.
    """
    bare = text.strip()
    if re.fullmatch(PATTERNS["dateTime"], bare) and "T" in bare:
        return bare
    upon, _, at = bare.replace("T", " ", 1).partition(" ")
    if not at:
        return day(bare)
    written = day(upon)
    if len(written) < len("2026-11-22"):
        raise UnclearError(f"“{text}” has a time, but no day. Write it as 2026-11-22 08:30.")
    local = datetime.combine(date.fromisoformat(written), time.fromisoformat(clock(at)), zone)
    return local.isoformat()


def words(text: str) -> str:
    """Return text without what FHIR cannot carry.

    Raises:
        UnclearError: it is too long.
    """
    kept = _NOT_TEXT.sub("", text.replace("\r\n", "\n")).strip()
    if len(kept) > MOST_CHARACTERS:
        raise UnclearError(f"This is longer than {MOST_CHARACTERS} characters. Shorten it.")
    return kept


def truth(text: str) -> bool:
    """Return yes or no.

    Raises:
        UnclearError: it is neither.
    """
    known = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "0": False,
    }
    if text.strip().lower() not in known:
        raise UnclearError(f"“{text}” is neither yes nor no.")
    return known[text.strip().lower()]


def address(text: str) -> str:
    """Return the address (URL) that was typed.

    Raises:
        UnclearError: it is none.
    """
    bare = words(text)
    if not re.fullmatch(r"(?ai)(?:https?|ftp|mailto|tel|urn):\S+", bare):
        raise UnclearError(f"“{text}” is not an address. Write it as https://example.org.")
    return bare


_READERS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "boolean": ("valueBoolean", truth),
    "decimal": ("valueDecimal", number),
    "integer": ("valueInteger", whole_number),
    "date": ("valueDate", day),
    "time": ("valueTime", clock),
    "string": ("valueString", words),
    "text": ("valueString", words),
    "url": ("valueUri", address),
}


def answer_of(item: Item, text: str, zone: tzinfo = UTC) -> dict[str, Any]:
    """Return the answer element that ``text`` is; of a quantity, the number alone.

    Raises:
        UnclearError: it is no answer to this kind of item.
    """
    if item.kind == "dateTime":
        return {"valueDateTime": moment(text, zone)}
    if item.kind == "quantity":
        return {"valueQuantity": {"value": number(text)}}
    name, reader = _READERS[item.kind]
    return {name: reader(text)}
