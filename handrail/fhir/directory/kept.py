"""Facts of a directory that FHIR R4 has no element for, kept whole in one extension.

``urn:handrail:directory-facts`` stands on a resource, or on the part of one that the facts are
about (a ContactPoint, an Address, a row of hours, a language, a place of a service). Its parts are
named as the fields of the Human Services Data Specification 3.0, so that nothing is lost on the way
in and out. A part that is itself a record (a contact, a cost) has parts of its own; a list repeats
its part. A field the specification does not know keeps its value as JSON text, in ``other``.

Source: https://docs.openreferral.org/en/v3.0.0/hsds/schema_reference.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

FACTS: Final = "urn:handrail:directory-facts"
LISTS: Final = frozenset(
    {
        "accessibility",
        "addresses",
        "attributes",
        "contacts",
        "cost_options",
        "funding",
        "languages",
        "locations",
        "metadata",
        "organization_identifiers",
        "phones",
        "programs",
        "required_documents",
        "schedules",
        "service_areas",
        "service_at_locations",
        "services",
    }
)
"""The fields of the specification that hold several records."""

_OTHER: Final = "other"
_NAME: Final = re.compile(r"\A[A-Za-z][A-Za-z0-9_]*\Z")
_INTEGERS: Final = range(-(2**31), 2**31)
Record = dict[str, Any]


def with_facts(element: Mapping[str, Any], record: Mapping[str, Any]) -> Record:
    """Return a FHIR element with the facts of ``record`` on it; as it is when there are none."""
    parts = packed(record)
    if not parts:
        return dict(element)
    others = [one for one in element.get("extension", ()) if one.get("url") != FACTS]
    return {**element, "extension": [*others, {"url": FACTS, "extension": parts}]}


def facts_of(element: Mapping[str, Any] | None) -> Record:
    """Return the facts that stand on a resource or an element; an empty record: none."""
    for one in (element or {}).get("extension", ()):
        if one.get("url") == FACTS:
            return unpacked(one.get("extension", ()))
    return {}


def packed(record: Mapping[str, Any]) -> list[Record]:
    """Return a record as the parts of an extension. What says nothing (null, "", []) is no part."""
    return [part for name, value in record.items() for part in _parts(name, value)]


def unpacked(parts: Iterable[Mapping[str, Any]]) -> Record:
    """Return the record that parts of an extension say."""
    record: Record = {}
    for part in parts:
        name = str(part.get("url", ""))
        if "extension" not in part:
            record[name] = plain(next((part[key] for key in part if key.startswith("value")), ""))
            continue
        value = unpacked(part["extension"])
        if name == _OTHER:
            record[str(value.get("field", _OTHER))] = _parsed(str(value.get("json", "null")))
        elif name in LISTS:
            record.setdefault(name, []).append(value)
        else:
            record[name] = value
    return record


def _parts(name: str, value: Any) -> list[Record]:
    if value is None or value in ("", [], {}):
        return []
    known = bool(_NAME.match(name)) and name != _OTHER
    if known and not isinstance(value, (list, dict)):
        return [{"url": name, **_value(value)}]
    if known and name in LISTS and isinstance(value, list) and _all_records(value):
        return [{"url": name, "extension": inner} for one in value if (inner := packed(one))]
    if known and name not in LISTS and isinstance(value, dict):
        inner = packed(value)
        return [{"url": name, "extension": inner}] if inner else []
    return [_other(name, value)]


def _all_records(value: list[Any]) -> bool:
    return all(isinstance(one, dict) for one in value)


def _value(value: Any) -> Record:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int) and value in _INTEGERS:
        return {"valueInteger": value}
    if isinstance(value, (int, float, Decimal)):
        return {"valueDecimal": value}
    return {"valueString": str(value)}


def plain(value: Any) -> Any:
    """Return a number as JSON has it: whole where it is whole. Other values stay."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _other(name: str, value: Any) -> Record:
    said = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return {
        "url": _OTHER,
        "extension": [{"url": "field", "valueString": name}, {"url": "json", "valueString": said}],
    }


def _parsed(said: str) -> Any:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said
