"""Is a row what the specification asks for? What is wrong is said, and as little as can be refused.

A row that nobody could use (a service without a name) is refused and kept beside. A field that is
not of its kind goes on as text under ``<field>_as_given``, so that nothing is lost and nothing is
taken for a number or a day that it is not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from handrail.fhir.directory.hsds.tables import CODES, KINDS, TABLES, Field

_INDISPENSABLE: Final = {
    "organizations": ("name",),
    "services": ("name",),
    "service_at_location": ("service_id", "location_id"),
    "phones": ("number",),
    "taxonomy_terms": ("name",),
    "attributes": ("link_id",),
}
_TIME: Final = re.compile(
    r"\A(?:[01]?\d|2[0-4]):[0-5]\d(?::(?:[0-5]\d|60))?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?\Z"
)
_MOMENT: Final = re.compile(
    r"\A\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d+)?)?"
    r"(?:Z|[+-]\d\d:?\d\d)?\Z"
)
_URI: Final = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*:\S+\Z")
_EMAIL: Final = re.compile(r"\A[^@\s]+@[^@\s]+\Z")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LONGEST: Final = 1_000_000  # characters of one field
AS_GIVEN: Final = "_as_given"


@dataclass(frozen=True, slots=True)
class Note:
    """Something about one field: what is wrong, and what was done about it."""

    field: str
    wrong: str
    done: str


@dataclass(slots=True)
class Checked:
    """A row as it goes on. ``refused``: it is kept beside, for the reason in its last note."""

    row: dict[str, Any]
    notes: list[Note] = field(default_factory=list)
    refused: bool = False


def check(table: str, row: Mapping[str, Any]) -> Checked:
    """Return a row with its values in their kinds, and what is to be said of it."""
    checked = Checked(dict(row))
    kinds = KINDS[table]
    for name, value in row.items():
        _clean(checked, name, value, kinds.get(name, "text"))
    if not str(checked.row.get("id") or "").strip():
        _refuse(checked, "id")
        return checked
    for one in TABLES[table]:
        missing = checked.row.get(one.name) in (None, "")
        if missing and one.name in _INDISPENSABLE.get(table, ()):
            _refuse(checked, one.name)
        elif missing and one.required:
            checked.notes.append(_left_out(one))
    return checked


def _refuse(checked: Checked, name: str) -> None:
    checked.refused = True
    note = Note(name, "The field is empty, and nobody could use the row without it.", "kept beside")
    checked.notes.append(note)


def _left_out(one: Field) -> Note:
    done = {"status": "taken as active", "location_type": "taken as physical"}
    said = "The specification requires the field, and it is empty."
    return Note(one.name, said, done.get(one.name, "taken without it"))


def _clean(checked: Checked, name: str, value: Any, kind: str) -> None:
    if isinstance(value, str):
        cleaned = _CONTROLS.sub("", value)[:_LONGEST]
        if cleaned != value:
            wrong = "There are characters in it that no text has."
            checked.notes.append(Note(name, wrong, "taken without them"))
        if not cleaned.strip():
            del checked.row[name]
            return
        checked.row[name] = value = cleaned
    if value is None:
        del checked.row[name]
        return
    if name == "id" or name.endswith("_id"):
        checked.row[name] = str(value).strip()
    elif kind != "text":
        _typed(checked, name, value, kind)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and _is_text(name):
        checked.row[name] = str(value)


def _is_text(name: str) -> bool:
    return not name.endswith(AS_GIVEN)


def _typed(checked: Checked, name: str, value: Any, kind: str) -> None:
    found = _of_kind(value, kind)
    if found is not None:
        checked.row[name] = found
        return
    del checked.row[name]
    checked.row[f"{name}{AS_GIVEN}"] = str(value)
    words = {
        "number": "It is not a number.",
        "date": "It is not a day, such as 2026-11-22.",
        "time": "It is not a time, such as 09:00.",
        "moment": "It is not a moment, such as 2026-11-22T09:00:00Z.",
        "uri": "It is not an address on the web.",
        "email": "It is not an e-mail address.",
    }
    allowed = ", ".join(CODES.get(kind, ()))
    wrong = words.get(kind) or f"It is none of: {allowed}."
    active = {"status": "kept as words; the service is taken as active"}
    checked.notes.append(Note(name, wrong, active.get(name, "kept as words")))


def _of_kind(value: Any, kind: str) -> Any:
    """Return a value in its kind; None: it is not of that kind."""
    if kind == "number":
        return _number(value)
    text = str(value).strip()
    if kind in CODES:
        same = (one for one in CODES[kind] if one.lower() == text.lower().replace("_", " "))
        return next(same, None)
    if kind == "date":
        return _day(text)
    if kind == "uri":
        return _address(text)
    pattern = {"time": _TIME, "moment": _MOMENT, "email": _EMAIL}[kind]
    return text if pattern.match(text) else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found.adjusted()) > len("1000000000000"):
        return None
    if found == found.to_integral_value():
        return int(found)
    near = float(found)
    return near if math.isfinite(near) else None


def _day(text: str) -> str | None:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return None
    return text if text == text[:10] or _MOMENT.match(text) else None


def _address(text: str) -> str | None:
    if _URI.match(text):
        return text
    bare = text.lower().startswith("www.") and " " not in text
    return f"http://{text}" if bare else None
