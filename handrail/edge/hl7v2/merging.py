"""How what a feed says becomes part of a resource that others write too. Pure.

The feed owns what it said last, field by field: a newer message replaces that, an older one only
fills gaps. What anybody else wrote stays: a list keeps their entries, a correction made here stays
until the feed says something new. So messages may come in any order and end in the same state.

A field is a path of one or two names ("birthDate", "period.end"); ``deceased[x]`` stands for the
choice. A value of None takes back what the feed had said, ``""`` removes whoever said it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handrail.fhir.resource import Resource

REMOVE = ""
CHOICES = {"deceased[x]": ("deceasedBoolean", "deceasedDateTime")}
UNION = frozenset({"identifier", "link"})


@dataclass(frozen=True, slots=True)
class Said:
    """What the feed said last about one resource, and when, by field."""

    values: dict[str, Any] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)


def advanced(said: Said, fields: Mapping[str, Any], stamp: str) -> Said:
    """Return ``said`` with ``fields`` as of ``stamp``: the newest word on each field wins."""
    values, at = dict(said.values), dict(said.at)
    for name, value in fields.items():
        if name in UNION:
            values[name] = _union(name, values.get(name) or [], value)
            at[name] = max(stamp, at.get(name, ""))
        elif stamp >= at.get(name, ""):
            values[name], at[name] = value, stamp
    return Said(values, at)


def _union(name: str, old: list[Any], new: list[Any]) -> list[Any]:
    every = {sameness(name, entry): entry for entry in [*new, *old]}
    return [every[key] for key in sorted(every)]


def merged(stored: Resource, before: Mapping[str, Any], after: Mapping[str, Any]) -> Resource:
    """Return ``stored`` with what changed between ``before`` and ``after``; the rest is kept."""
    result = dict(stored)  # parts that change are replaced, never changed in place
    for name, value in after.items():
        old = before.get(name)
        if value == old and (value is None or name in before):
            continue
        if name in CHOICES:
            _set_choice(result, CHOICES[name], value)
        elif isinstance(value or old, list):
            _set_list(result, name, old or [], value or [])
        else:
            _set(result, name, value)
    return result


def _set_choice(result: Resource, names: tuple[str, ...], value: Mapping[str, Any] | None) -> None:
    for name in names:
        result.pop(name, None)
        result.pop(f"_{name}", None)
    result.update(value or {})


def _set_list(result: Resource, name: str, old: list[Any], new: list[Any]) -> None:
    kept = [entry for entry in result.get(name, []) if entry not in old]
    known = {sameness(name, entry) for entry in kept}
    every = [*[entry for entry in new if sameness(name, entry) not in known], *kept]
    if every:
        result[name] = every
    else:
        result.pop(name, None)


def sameness(name: str, entry: Mapping[str, Any]) -> str:
    """Return what two entries of a list share when they say the same thing."""
    return _SAMENESS.get(name, repr)(entry)


def _same_telecom(entry: Mapping[str, Any]) -> str:
    value = str(entry.get("value", ""))
    digits = "".join(letter for letter in value if letter.isdigit())[-10:]
    return f"{entry.get('system', '')}|{value.lower() if '@' in value else digits}"


def _same_identifier(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('system', '')}|{entry.get('value', '')}"


def _same_name(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('family', '')}|{' '.join(entry.get('given', []))}".lower()


def _same_address(entry: Mapping[str, Any]) -> str:
    parts = [*entry.get("line", []), entry.get("city", ""), entry.get("postalCode", "")[:5]]
    return "|".join(parts).lower()


def _same_language(entry: Mapping[str, Any]) -> str:
    coding = (entry.get("language") or {}).get("coding") or [{}]
    return str(coding[0].get("code", "")).partition("-")[0] or repr(entry)


_SAMENESS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "telecom": _same_telecom,
    "identifier": _same_identifier,
    "name": _same_name,
    "address": _same_address,
    "communication": _same_language,
}


def _set(result: Resource, name: str, value: Any) -> None:
    outer, _, inner = name.partition(".")
    if not inner:
        _put(result, outer, value)
        return
    part = dict(result.get(outer) or {})
    _put(part, inner, value)
    _put(result, outer, part or None)


def _put(part: Resource, name: str, value: Any) -> None:
    part.pop(f"_{name}", None)
    if value is None or value == REMOVE:
        part.pop(name, None)
    else:
        part[name] = value
