"""JSON Merge Patch (RFC 7396): a part of a resource that replaces what it names; null removes.

FHIR does not ask for it, but clients in the field send it.
Source: https://www.rfc-editor.org/rfc/rfc7396.
"""

from __future__ import annotations

from typing import Any


def apply(resource: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return ``resource`` with the members of ``patch``; neither is changed."""
    merged = dict(resource)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            inner = merged.get(name)
            merged[name] = apply(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[name] = value
    return merged
