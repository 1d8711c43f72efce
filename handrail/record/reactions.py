"""Runs the rooms' reactions on what a commit changes; what they propose joins the commit.

Ids of proposals are deterministic, so a message received twice proposes once. A proposal that is
open or was done is not repeated; one that was cancelled may be made again under the next id.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from handrail.fhir import text
from handrail.fhir.change import Change
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource, reference_to
from handrail.record.known import RecordKnown
from handrail.record.prepare import Prepared
from handrail.record.registry import Reaction, registry

MAX_DERIVED = 50
_GIVEN_UP = frozenset({"cancelled", "entered-in-error", "rejected"})


class RunawayReactionError(HandrailError):
    """Reactions kept producing changes; nothing was written."""

    status = 500
    code = "exception"


def cause_of(room: str, reaction: Reaction, reference: str) -> str:
    """Return what is written down as the cause of a proposal."""
    return f"{room}.{reaction.decide.__name__}|{reference}"


def proposals(prepared: Prepared, known: RecordKnown) -> Iterator[tuple[str, str, Resource]]:
    """Yield (room, cause, resource) for all that follows from one new version."""
    if prepared.deleted:
        return
    quick = None
    for room, reaction in registry.reactions.get(prepared.resource_type, ()):
        if quick is None:
            before = text.parse(prepared.before) if prepared.before else None
            quick = Change(before, prepared.quick)
        if not reaction.when.matches(quick):
            continue
        change = Change(quick.before, prepared.resource)
        cause = cause_of(room, reaction, prepared.reference)
        for position, derived in enumerate(reaction.decide(change, known)):
            identified = identify(derived, f"{cause}|{position}", known)
            if identified is not None:
                yield room, cause, identified


def identify(derived: Resource, seed: str, known: RecordKnown) -> Resource | None:
    """Return the proposal with its id, or None when it is already open or done."""
    if "id" in derived:
        return derived
    for generation in range(MAX_DERIVED):
        identity = uuid5(NAMESPACE_URL, f"urn:handrail:{known.org}|{seed}|{generation}").hex
        candidate = {
            "resourceType": derived["resourceType"],
            "id": identity,
            **{name: value for name, value in derived.items() if name != "resourceType"},
        }
        existing = known.read(reference_to(candidate))
        if existing is None:
            return candidate
        if existing.get("status") not in _GIVEN_UP:
            return None
    raise RunawayReactionError(f"The same proposal was cancelled {MAX_DERIVED} times: {seed}.")
