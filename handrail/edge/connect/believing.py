"""What of another system's answer is believed: that it is what was asked for, and about whom.

A partner that errs or means harm says nothing about other people than those a referral is for, ends
no referral that only we may end, and is not led to third servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.peer import Peer
from handrail.fhir.moments import instant_of
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import target_of
from handrail.fhir.task import TaskStatus

STANDING: Final = ("status", "businessStatus", "statusReason")
"""What says how a referral stands."""
_ENDS: Final = frozenset({"completed", "failed", "rejected"})
_SAYS: Final = _ENDS | {"requested", "accepted", "in-progress", "on-hold"}
"""What a receiver may say; that it is cancelled only when they were asked to."""
_ABOUT: Final = ("subject", "patient", "beneficiary")
_MOST_ORDERS: Final = 5


def of_kind(said: Any, kind: str, identity: str) -> dict[str, Any]:
    """Return what was read, if it is what was asked for.

    Raises:
        PeerError: it is something else.
    """
    fits = isinstance(said, dict) and said.get("resourceType") == kind
    if not fits or said.get("id") != identity:
        raise PeerError(f"The server answered something else than the {kind} it was asked for.")
    found: dict[str, Any] = said
    return found


def standing(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a partner says of a referral of ours, as far as a receiver may say it.

    What they said before they heard of our last word (that it is not needed any more) is not news.

    Raises:
        PeerError: they say no status that there is.
    """
    status = theirs.get("status")
    if not isinstance(status, str) or status not in set(TaskStatus):
        raise PeerError("A referral has a status there that there is not.")
    asked_to_stop = stage_of(mine) is Stage.CANCEL_ASKED
    may = _ENDS | {"cancelled"} if asked_to_stop else _SAYS
    behind = status == "requested" != mine.get("status")
    if status not in may or behind:
        return {}
    said = {name: theirs[name] for name in STANDING if name in theirs}
    if not all(isinstance(said.get(name, {}), dict) for name in STANDING[1:]):
        raise PeerError("What a referral there says of itself cannot be read.")
    return said


def seen_at(theirs: Mapping[str, Any]) -> str:
    """Return when they opened the referral (an instant), empty if they do not say."""
    said = state_in(theirs).seen
    return said if instant_of(said, UTC) else ""


def require_theirs(resource: Mapping[str, Any], name: str) -> None:
    """See that a resource with our ids is about a patient of the connection ``name``.

    Raises:
        PeerError: it is about somebody else: one of ours, or of a third server.
    """
    for about in _ABOUT:
        if about in resource and not target_of(resource[about]).startswith(f"Patient/{name}."):
            raise PeerError("Something that was read there is about nobody who is there.")


def require_of(procedure: Mapping[str, Any], theirs: Mapping[str, Any], peer: Peer) -> None:
    """See that a result belongs to the referral: its person, or an order that is based on ours.

    A partner may know the person under another id than the one we gave.

    Raises:
        PeerError: it does not say so.
    """
    person, request = _there(theirs.get("for"), peer), _there(theirs.get("focus"), peer)
    if person and _there(procedure.get("subject"), peer) == person:
        return
    orders = [_there(one, peer) for one in _listed(procedure, "basedOn")][:_MOST_ORDERS]
    if request and request in orders:
        return
    for one in orders:
        kind, _slash, identity = one.partition("/")
        if request and kind == "ServiceRequest":
            order = of_kind(peer.resource(one), kind, identity)
            if request in {_there(above, peer) for above in _listed(order, "basedOn")}:
                return
    raise PeerError("A result there is not about the person and the request of the referral.")


def _listed(resource: Mapping[str, Any], name: str) -> list[Any]:
    found = resource.get(name)
    return found if isinstance(found, list) else []


def _there(reference: Any, peer: Peer) -> str:
    return target_of(reference).removeprefix(f"{peer.base}/")
