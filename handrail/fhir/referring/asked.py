"""How a referral is asked, and how it was closed: one extension on its ServiceRequest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from handrail.fhir.referring.names import ABOUT
from handrail.fhir.resource import Resource

_LONG: Final = {
    "closed_at": "valueDateTime",
    "several": "valueBoolean",
    "closed_note": "valueString",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """How it is asked and closed.

    ``kind``: service or specialist. ``mode``: direct, light, indirect, assessment, self.
    ``several``: more than one receiver may say yes. ``specialty``: a NUCC taxonomy code.
    ``closed`` is the closing reason, ``closed_at`` when, ``closed_by`` and ``closed_note`` who said
    so and what; ``evidence`` what shows it ("Procedure/...").
    """

    kind: str = ""
    mode: str = ""
    several: bool = False
    specialty: str = ""
    closed: str = ""
    closed_at: str = ""
    closed_by: str = ""
    closed_note: str = ""
    evidence: str = ""


def about_in(request: Mapping[str, Any]) -> About:
    """Return what the extension of a ServiceRequest says."""
    found: dict[str, Any] = {}
    known = {field.name for field in fields(About)}
    for part in _parts(request):
        name = str(part.get("url", "")).replace("-", "_")
        if name in known:
            value = part.get(_type(name))
            if isinstance(value, Mapping):
                value = value.get("reference", "")
            found[name] = value is True if name == "several" else str(value or "")
    return About(**found)


def with_about(request: Resource, about: About) -> Resource:
    """Return the ServiceRequest with ``about`` in place of what it said."""
    parts = []
    for field in fields(About):
        value: Any = getattr(about, field.name)
        if value:
            held = {"reference": value} if field.name in _REFERENCES else value
            parts.append({"url": field.name.replace("_", "-"), _type(field.name): held})
    others = [one for one in request.get("extension", ()) if one.get("url") != ABOUT]
    return {**request, "extension": [*others, {"url": ABOUT, "extension": parts}]}


_REFERENCES: Final = frozenset({"closed_by", "evidence"})


def _type(name: str) -> str:
    return "valueReference" if name in _REFERENCES else _LONG.get(name, "valueCode")


def _parts(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    for one in request.get("extension", ()):
        if one.get("url") == ABOUT:
            return list(one.get("extension", ()))
    return []
