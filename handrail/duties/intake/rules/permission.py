"""May this organization use this form? The answer, who gave it and when, kept on the form itself.

Most instruments belong to somebody. What Handrail ships is free; of everything else an
administrator says whether the organization may use it, and how they know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from handrail.fhir.resource import Resource

URL: Final = "urn:handrail:permission"
SHIPPED: Final = "Handrail"
"""The publisher of what comes with Handrail."""


class May(StrEnum):
    """What the administrator answered."""

    FREE = "free"
    LICENSED = "licensed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """An answer to the question; ``by`` is a reference, ``at`` an instant."""

    answer: May
    by: str
    name: str
    at: str
    note: str = ""


def permission_of(questionnaire: Mapping[str, Any]) -> Permission | None:
    """Return the answer that is kept on a form; None: nobody has answered."""
    for extension in questionnaire.get("extension", ()):
        if extension.get("url") == URL:
            parts = {part.get("url"): part for part in extension.get("extension", ())}
            return _read(parts)
    return None


def _read(parts: Mapping[Any, Mapping[str, Any]]) -> Permission | None:
    answer = parts.get("answer", {}).get("valueCode", "")
    if answer not in set(May):
        return None
    who = parts.get("by", {}).get("valueReference", {})
    return Permission(
        answer=May(answer),
        by=str(who.get("reference", "")),
        name=str(who.get("display", "")),
        at=str(parts.get("at", {}).get("valueDateTime", "")),
        note=str(parts.get("note", {}).get("valueString", "")),
    )


def permitted(questionnaire: Resource, given: Permission) -> Resource:
    """Return the form with this answer in place of an earlier one."""
    parts: list[dict[str, Any]] = [
        {"url": "answer", "valueCode": given.answer.value},
        {"url": "by", "valueReference": {"reference": given.by, "display": given.name}},
        {"url": "at", "valueDateTime": given.at},
    ]
    if given.note:
        parts.append({"url": "note", "valueString": given.note})
    others = [e for e in questionnaire.get("extension", ()) if e.get("url") != URL]
    return {**questionnaire, "extension": [*others, {"url": URL, "extension": parts}]}


def is_shipped(questionnaire: Mapping[str, Any]) -> bool:
    """Tell whether the form came with Handrail and was left as it is."""
    return questionnaire.get("publisher") == SHIPPED and str(
        questionnaire.get("id", "")
    ).startswith("handrail-")


def is_open(questionnaire: Mapping[str, Any]) -> bool:
    """Tell whether it has yet to be answered whether the organization may use the form."""
    given = permission_of(questionnaire)
    return not is_shipped(questionnaire) and (given is None or given.answer is May.UNCLEAR)
