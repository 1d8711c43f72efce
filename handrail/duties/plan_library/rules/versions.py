"""Whose a plan is, and what its next version is called."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from handrail.fhir.plans.compiling import PUBLISHER
from handrail.fhir.plans.words import parts, text
from handrail.fhir.resource import Resource

_ITS_OWN: Final = frozenset(
    {"id", "meta", "version", "date", "publisher", "status", "relatedArtifact", "text"}
)
_OWN: Final = ".own."


def is_shipped(definition: Mapping[str, Any]) -> bool:
    """Tell whether a plan is as it comes with Handrail."""
    return definition.get("publisher") == PUBLISHER


def says_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two plans have the same content, whoever publishes them."""
    mine = {name: value for name, value in one.items() if name not in _ITS_OWN}
    theirs = {name: value for name, value in other.items() if name not in _ITS_OWN}
    return mine == theirs


def next_version(version: str) -> str:
    """Return the next version of one's own: ``2026.11.1`` gives ``2026.11.1.own.1``."""
    base, own, number = version.rpartition(_OWN)
    if own and number.isascii() and number.isdigit():
        return f"{base}{_OWN}{int(number[:6]) + 1}"
    return f"{version or '1'}{_OWN}1"


def derived_from(definition: Mapping[str, Any]) -> str:
    """Return the canonical (``url|version``) that a plan was made from; empty: it does not say."""
    for artifact in parts(definition.get("relatedArtifact")):
        if artifact.get("type") == "derived-from":
            return text(artifact.get("resource"))
    return ""


def made_own(definition: Resource, before: Resource, organization: str, today: str) -> Resource:
    """Return a plan as the organization's own: its name, today's date, the next version.

    Args:
        definition: the plan as it is to be.
        before: the plan that is there now.
        organization: what the organization is called.
        today: ISO 8601 date.
    """
    made = deepcopy(definition)
    version = text(before.get("version"))
    made["version"] = next_version(version)
    made["date"] = today
    made["publisher"] = organization or "This organization"
    if made["publisher"] == PUBLISHER:
        made["publisher"] = f"{PUBLISHER} (own)"
    if is_shipped(before) and before.get("url"):
        source = {"type": "derived-from", "resource": f"{before['url']}|{version}"}
        made["relatedArtifact"] = [*made.get("relatedArtifact", []), source]
    return made
