"""A slow second opinion on searches: it walks plain dictionaries and shares no code with ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Resource = dict[str, Any]
Span = tuple[datetime, datetime]
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_STEP = re.compile(r"\w+(?:\[x\])?(?:\.where\(url='[^']+'\))?")


def at(resource: Resource, path: str) -> Iterator[Any]:
    """Yield what lies at a path; the name of a choice element stands for all its types."""
    found: list[Any] = [resource]
    for step in _STEP.findall(path):
        name, _, url = step.partition(".where(url='")
        found = [
            inner
            for value in found
            if isinstance(value, dict)
            for inner in _named(value, name.removesuffix("[x]"))
            if not url or inner.get("url") == url.removesuffix("')")
        ]
    yield from found


def _named(value: dict[str, Any], name: str) -> Iterator[Any]:
    choice = re.compile(rf"{name}[A-Z]\w*")
    keys = [name] if name in value else [key for key in value if choice.fullmatch(key)]
    for key in keys:
        inner = value[key]
        yield from inner if isinstance(inner, list) else [inner]


def values(resource: Resource, paths: list[str]) -> list[Any]:
    """Return what lies at any of the paths."""
    return [value for path in paths for value in at(resource, path) if value is not None]


def asked_for(value: Any) -> list[str]:
    """Return ways to ask for a value: with and without its system, a whole name or a part."""
    if isinstance(value, str):
        return [value.replace(",", "\\,")]
    for key, ways in _WAYS.items():
        if key in value:
            return ways(value)
    return []


def _referred(value: Resource) -> list[str]:
    return [] if value["reference"].startswith(("#", "urn:")) else [value["reference"]]


def _concept(value: Resource) -> list[str]:
    return [way for coding in value["coding"] for way in _coded(coding, "code")]


def _named_parts(value: Resource) -> list[str]:
    return [
        part for key in ("family", "given", "city", "postalCode") for part in _parts(value, key)
    ]


def _parts(value: Resource, key: str) -> list[str]:
    inner = value.get(key, [])
    return [part for part in (inner if isinstance(inner, list) else [inner]) if part]


def _coded(value: Resource, key: str) -> list[str]:
    code, system = value.get(key), value.get("system")
    if not isinstance(code, str):
        return []
    code = code.replace("|", "\\|").replace(",", "\\,").replace("$", "\\$")
    is_contact = system in {"phone", "fax", "email", "url", "sms", "other"}
    return [code, f"{system}|{code}"] if system and not is_contact else [code]


_WAYS = {
    "reference": _referred,
    "coding": _concept,
    "value": lambda value: _coded(value, "value"),
    "code": lambda value: _coded(value, "code"),
    "start": lambda value: [f"ge{value['start']}"],
    "family": _named_parts,
    "given": _named_parts,
    "line": _named_parts,
    "city": _named_parts,
}


def fits(kind: str, value: Any, asked: str) -> bool:
    """Tell whether one value is what was asked for; ``kind`` is a FHIR type."""
    if kind in {"date", "dateTime", "instant", "Period"}:
        return _in_time(value, asked)
    if kind == "Reference":
        return isinstance(value, dict) and value.get("reference", "").split("/_history")[0] == asked
    if kind in {"HumanName", "Address"} or (kind == "string" and "|" not in asked):
        return any(_begins(text, asked) for text in _texts(value))
    if kind == "canonical":
        return value == asked or value.partition("|")[0] == asked
    plain = asked.replace("\\|", "\x00").replace("\\,", ",").replace("\\$", "$")
    system, bar, code = plain.rpartition("|")
    return any(
        code.replace("\x00", "|") == known and (not bar or system == of)
        for of, known in _codes(value)
    )


def _codes(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield "", value
    elif "coding" in value:
        for coding in value["coding"]:
            yield from _codes(coding)
    else:
        yield value.get("system", ""), value.get("code") or value.get("value") or ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for key in ("text", "family", "given", "prefix", "suffix", "line", "city", "district",
                    "state", "postalCode", "country"):  # fmt: skip
            yield from _texts(value.get(key))


def _begins(text: str, asked: str) -> bool:
    here, wanted = _folded(text), _folded(asked)
    return here.startswith(wanted) or f" {wanted}" in here


def _folded(text: str) -> str:
    marks = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(mark for mark in marks if not unicodedata.combining(mark))
    return re.sub(r"[\W_]+", " ", bare).strip()


def span(value: Any) -> Span | None:
    """Return the interval of a date, a dateTime, an instant or a Period, up to its end."""
    if not value:
        return None
    if isinstance(value, dict):
        starts, ends = span(value.get("start")), span(value.get("end"))
        known = starts or ends
        return known and ((starts or (FIRST, FIRST))[0], (ends or (LAST, LAST))[1])
    text = value.replace("Z", "+00:00")
    return _moment(text) if len(text) > len("2026-11-22") else _calendar(text)


def _moment(text: str) -> Span:
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if "." not in text:
        return moment, moment + timedelta(seconds=1)
    digits = len(re.sub(r"[+-].*", "", text.partition(".")[2]))
    return moment, moment + timedelta(microseconds=10 ** max(0, 6 - digits))


def _calendar(text: str) -> Span:
    year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
    begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        return begin, begin + timedelta(days=1)
    if not month:
        return begin, begin.replace(year=year + 1)
    return begin, (begin + timedelta(days=31)).replace(day=1)


def _in_time(value: Any, asked: str) -> bool:
    prefix, written = (asked[:2], asked[2:]) if asked[:1].isalpha() else ("eq", asked)
    here, wanted = span(value), span(written)
    if here is None or wanted is None:
        return False
    (starts, ends), (low, high) = here, wanted
    return {
        "eq": low <= starts and ends <= high,
        "gt": ends > high,
        "ge": starts >= low or ends > high,
        "lt": starts < low,
        "le": ends <= high or starts < low,
    }[prefix]
