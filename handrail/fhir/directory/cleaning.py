"""Repairs what messy directories write: hours, yes and no, phone numbers, days, states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

_DAY_NAMES: Final = (
    ("MO", ("monday", "mon", "mo", "m")),
    ("TU", ("tuesday", "tues", "tue", "tu", "t")),
    ("WE", ("wednesday", "wed", "we", "w")),
    ("TH", ("thursday", "thurs", "thur", "thu", "th", "r")),
    ("FR", ("friday", "fri", "fr", "f")),
    ("SA", ("saturday", "sat", "sa")),
    ("SU", ("sunday", "sun", "su")),
)
_DAYS: Final = {name: number for number, (_, names) in enumerate(_DAY_NAMES) for name in names}
_CODES: Final = tuple(code for code, _ in _DAY_NAMES)
_GROUPS: Final = {"daily": range(7), "everyday": range(7), "weekdays": range(5), "weekends": (5, 6)}
_NAME: Final = "|".join(sorted({*_DAYS, *_GROUPS}, key=len, reverse=True))
_SPAN: Final = rf"(?:{_NAME})s?\.?(?:\s*[-\u2013\u2014]\s*(?:{_NAME})s?\.?)?"
_LIST: Final = re.compile(rf"{_SPAN}(?:\s*(?:,|&|and|/|\s)\s*{_SPAN})*", re.IGNORECASE)
_CLOCK: Final = r"(?:\d{1,2}(?::?\d{2})?\s*(?:[ap]\.?\s?m\b\.?|[ap]\b)?|noon|midnight)"
_TIMES: Final = re.compile(
    rf"({_CLOCK})\s*(?:[-\u2013\u2014]|until|till)\s*({_CLOCK})", re.IGNORECASE
)
_ONE: Final = re.compile(r"(\d{1,2})(?::?(\d{2}))?\s*([ap])?", re.IGNORECASE)
_ALWAYS: Final = re.compile(r"24\s*(?:/|x)\s*7|24 hours(?: a day)?(?:,? 7 days.*)?", re.IGNORECASE)
_PIECES: Final = re.compile(r"\s*[;\n|]\s*|\s*,\s*(?=(?:[A-Za-z]{1,9}\b))")
_THROUGH: Final = re.compile(r"\s+(?:to|through|thru)\s+", re.IGNORECASE)
_LETTERS: Final = re.compile(r"Tu|Th|Sa|Su|[MTWRF]")
_TOGETHER: Final = re.compile(rf"\b(?:{_LETTERS.pattern}){{2,7}}\b")
_NOON: Final = 12
_LAST_HOUR: Final = 24
_MORNING_ENDS: Final = 7
_DIGITS_US: Final = 10
_YES: Final = frozenset({"yes", "y", "true", "t", "1", "x", "ja", "si", "s\u00ed"})
_NO: Final = frozenset({"no", "n", "false", "f", "0", "-", "none"})
_PHONE: Final = re.compile(r"\+?[\d(][\d\s().\-/]{5,}\d")
_EXTENSION: Final = re.compile(r"(?:ext(?:ension)?|x)\.?\s*#?\s*(\d{1,6})", re.IGNORECASE)
_DATES: Final = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%Y%m%d")
Row = dict[str, Any]


def schedules(text: str) -> list[Row] | None:
    """Return the hours a text says ("M-F 9-5; Sat 10am-noon") as rows; None: it cannot be read.

    A text is read as a whole or not at all: half of it would be wrong hours. Times without am or pm
    are taken as business hours: 9-5 is until the evening, 1-4 is in the afternoon.
    """
    said = " ".join(text.split()).strip(" .")
    if not said:
        return []
    if _ALWAYS.fullmatch(said):
        return [_schedule(range(7), "00:00", "24:00")]
    found: list[Row] = []
    pending = ""  # days that stand before a comma belong to the times after it
    for piece in filter(None, _PIECES.split(_spelled(text.strip().strip(".")))):
        tidy = f"{pending} {' '.join(piece.split())}".strip(" .,")
        pending = tidy if _LIST.fullmatch(tidy) else ""
        rows = [] if pending else _piece(tidy)
        if rows is None:
            return None
        found += rows
    return None if pending else found


def _spelled(text: str) -> str:
    """Return a text with spans as dashes and MWF as M W F."""
    dashed = _THROUGH.sub("-", text)
    return _TOGETHER.sub(lambda found: " ".join(_LETTERS.findall(found[0])), dashed)


def _piece(piece: str) -> list[Row] | None:
    closed = re.fullmatch(
        rf"(?:closed\s+)?({_LIST.pattern})\s*:?\s*(closed)?", piece, re.IGNORECASE
    )
    if closed and (piece.lower().startswith("closed") or closed[2]):
        return []
    days = _LIST.match(piece)
    if days is None:
        return None
    rest = piece[days.end() :].strip(" :,")
    listed = _days(days[0])
    times = _TIMES.findall(rest)
    left = _TIMES.sub("", rest).replace("and", "").replace("&", "").strip(" ,/")
    if not listed or not times or left:
        return None
    rows = []
    for opens, closes in times:
        span = _span(opens, closes)
        if span is None:
            return None
        rows.append(_schedule(listed, *span))
    return rows


def _days(text: str) -> Sequence[int]:
    found: list[int] = []
    for part in re.findall(_SPAN, text, re.IGNORECASE):
        names = re.findall(rf"\b(?:{_NAME})", part.lower())
        known = [name for name in names if name in _DAYS]
        if len(known) == len(("from", "to")):
            first, last = (_DAYS[name] for name in known)
            found += [(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)]
        else:
            found += [_DAYS[name] for name in known]
        found += [day for name in names for day in _GROUPS.get(name, ())]
    return sorted(set(found))


def _span(opens: str, closes: str) -> tuple[str, str] | None:
    first, last = _clock(opens), _clock(closes)
    if first is None or last is None:
        return None
    (start, start_sure), (end, end_sure) = first, last
    half = _NOON * 60
    if not start_sure and start < _MORNING_ENDS * 60:
        start += half
    if not end_sure and end <= start and end < half:
        end += half
    if start_sure and not end_sure and end <= start:
        return None
    if max(start, end) > _LAST_HOUR * 60:
        return None
    return _written(start), _written(end)


def _clock(text: str) -> tuple[int, bool] | None:
    """Return minutes since midnight, and whether morning or afternoon was said."""
    word = text.strip().lower()
    if word in {"noon", "midnight"}:
        return (_NOON if word == "noon" else _LAST_HOUR) * 60, True
    found = _ONE.match(word)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and hour > _NOON or hour > _LAST_HOUR or minute >= 60:  # noqa: PLR2004, RUF021 - minutes
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    sure = bool(half) or hour > _NOON or word.startswith("0")
    return hour * 60 + minute, sure


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _schedule(days: Iterable[int], opens: str, closes: str) -> Row:
    return {
        "freq": "WEEKLY",
        "byday": ",".join(_CODES[day] for day in days),
        "opens_at": opens,
        "closes_at": closes,
    }


def yes_or_no(text: str, words: Mapping[str, bool] | None = None) -> bool | None:
    """Return what a word says; None: neither. ``words`` are more of them, in lower case."""
    said = text.strip().lower()
    if words and said in words:
        return words[said]
    return True if said in _YES else False if said in _NO else None


def phones(text: str) -> list[Row]:
    """Return the numbers in a text, each with its extension; US numbers as 650-555-0100."""
    found: list[Row] = []
    for piece in re.split(r"\s*(?:[;\n|]|\bor\b|,)\s*", text):
        number = _PHONE.search(piece)
        if number is None:
            continue
        row: Row = {"number": _number(number[0])}
        extension = _EXTENSION.search(piece[number.end() :])
        if extension:
            row["extension"] = int(extension[1])
        if re.search(r"\bfax\b", piece, re.IGNORECASE):
            row["type"] = "fax"
        elif re.search(r"\bt(?:ty|dd)\b", piece, re.IGNORECASE):
            row["type"] = "textphone"
        found.append(row)
    return found


def _number(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if len(digits) == _DIGITS_US + 1 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) == _DIGITS_US and not text.startswith("+"):
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return " ".join(text.split())


def day(text: str) -> str:
    """Return a day as 2026-11-22; empty: it is none that can be read."""
    said = text.strip()
    for pattern in _DATES:
        try:
            found: date = datetime.strptime(said, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return found.isoformat()
    return ""


def listed(text: str, at: str) -> list[str]:
    """Return the parts of a text between separators, each once; ``at`` are the characters."""
    parts = re.split("[" + re.escape(at) + "]", text)
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))
