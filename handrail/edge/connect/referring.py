"""Referrals to a system that we have a connection to: the Task goes there, the rest stays here.

The Task refers to the ServiceRequest, the Patient and what belongs to them at their places on our
server, and the other system reads them there, as far as we let it. Source: FHIR SDOH Clinical Care
3.0.0, direct referral (the referral source posts the Task to the recipient).
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.connect.believing import STANDING
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import Peer
from handrail.edge.connect.pulling import actor
from handrail.fhir import text
from handrail.fhir.errors import VersionConflictError
from handrail.fhir.referring.names import TASK_CODE
from handrail.fhir.resource import Resource, target_of
from handrail.fhir.work import TASK_INPUT
from handrail.record import store
from handrail.record.store import Draft
from handrail.sending import Channel, NotSentError, Parcel, RefusedAddressError

_FULFILL: Final = {"coding": [{"system": TASK_CODE, "code": "fulfill"}]}
_REFUSALS: Final = range(400, 500)
_AGAIN: Final = frozenset({401, 408, 409, 425, 429})
_TRIES: Final = 5


def ours() -> str:
    """Return the base address of our own FHIR API, as others reach it."""
    return f"{settings.HANDRAIL_ADDRESS.rstrip('/')}/fhir"


def theirs_of(task: Resource, base: str) -> str:
    """Return the id a referral's Task has at the server with this base; empty: it is not there."""
    system = f"{base}/Task"
    listed = (one for one in task.get("identifier", ()) if one.get("system") == system)
    return str(next((one.get("value", "") for one in listed), ""))


def addressed(org: int, name: str) -> Connection | None:
    """Return the connection of this name or base address; None: there is none."""
    every = Connection.objects.filter(org=org)
    return every.filter(name=name).first() or every.filter(base=name.rstrip("/")).first()


def send(parcel: Parcel) -> str:
    """Post the Task of a referral to the other system, or tell it that it is cancelled.

    Raises:
        NotSentError: it did not take it now.
        RefusedAddressError: there is no such connection, or it never takes this.
    """
    with acting(system(parcel.org, "connect", "Connections")):
        one = addressed(parcel.org, parcel.to)
    if one is None:
        raise RefusedAddressError("There is no connection of this name. See the settings.")
    by = actor(one)
    with acting(by):
        letter = store.read(parcel.reference, by=by).resource
        about = next(target_of(ref) for ref in letter["about"])
        task = store.read(about, by=by)
    try:
        return _posted(Peer(one), task.resource, one)
    except PeerError as error:
        if error.answered in _REFUSALS and error.answered not in _AGAIN:
            raise RefusedAddressError(error.message) from error
        raise NotSentError(error.message) from error


def _posted(peer: Peer, task: Resource, one: Connection) -> str:
    known = theirs_of(task, peer.base)
    if known:
        _put_status(peer, task, known)
        return known
    key = urlencode({"identifier": f"{ours()}/Task|{task['id']}"})
    told = peer.told("POST", f"{peer.base}/Task", text.write(outgoing(task)), If_None_Exist=key)
    identity = str(told.resource.get("id", "")) or _located(told.location)
    if not identity:
        raise PeerError("The server took the referral and did not say where it is.")
    _remember(task["id"], f"{peer.base}/Task", identity, one)
    return identity


def _located(location: str) -> str:
    parts = location.rstrip("/").partition("/_history")[0].split("/")
    return parts[-1] if len(parts) > 1 else ""


def outgoing(task: Resource) -> Resource:
    """Return the Task as the other system gets it: absolute references, nothing of our desk.

    Notes are among ourselves; what the receiver is to know stands in the ServiceRequest.
    """
    told: Resource = {name: task[name] for name in _TOLD if name in task}
    told["code"] = _FULFILL
    told["identifier"] = [{"system": f"{ours()}/Task", "value": task["id"]}]
    told["for"] = {name: value for name, value in task["for"].items() if name != "display"}
    inputs = [e for e in task.get("input", ()) if not _is_house(e.get("type"))]
    if inputs:
        told["input"] = inputs
    absolute: Resource = _absolute(told)
    return absolute


_TOLD: Final = (
    "resourceType", "status", "businessStatus", "statusReason", "intent", "priority", "focus",
    "authoredOn", "lastModified", "requester",
)  # fmt: skip


def _is_house(codeable: Any) -> bool:
    codings = (codeable or {}).get("coding", ())
    return any(str(one.get("system", "")) == TASK_INPUT for one in codings)


def _absolute(element: Any) -> Any:
    """Return the element with every literal reference as an address on our server."""
    if isinstance(element, list):
        return [_absolute(one) for one in element]
    if not isinstance(element, dict):
        return element
    made = {name: _absolute(value) for name, value in element.items()}
    literal = made.get("reference")
    if isinstance(literal, str) and "://" not in literal and not literal.startswith(("#", "urn:")):
        made["reference"] = f"{ours()}/{literal}"
    return made


def _put_status(peer: Peer, task: Resource, identity: str) -> None:
    """Tell the other system the status that only who asks may set: that it is not wanted."""
    current = peer.resource(f"Task/{identity}")
    standing: dict[str, Any] = {name: task[name] for name in STANDING if name in task}
    changed: Resource = {**current, **standing}
    if changed == current:
        return
    version = str((current.get("meta") or {}).get("versionId", ""))
    headers = {"If_Match": f'W/"{version}"'} if version else {}
    peer.told("PUT", f"{peer.base}/Task/{identity}", text.write(changed), **headers)


def _remember(task: str, system: str, identity: str, one: Connection) -> None:
    """Write down where the Task is on the other server; somebody may change it meanwhile."""
    by = actor(one)
    for attempt in range(_TRIES):
        try:
            with acting(by, durable=True):
                stored = store.read(f"Task/{task}", by=by)
                others = [
                    i for i in stored.resource.get("identifier", []) if i.get("system") != system
                ]
                there = {"system": system, "value": identity}
                changed = {**stored.resource, "identifier": [*others, there]}
                draft = Draft(changed, if_match=stored.version)
                store.commit([draft], by=by, reason="Referral sent", origin=f"connect/{one.name}")
                return
        except VersionConflictError:
            if attempt == _TRIES - 1:
                raise


def _ready() -> bool:
    return bool(settings.HANDRAIL_ADDRESS)


FHIR_CHANNEL: Final = Channel(name="fhir", send=send, ready=_ready)
