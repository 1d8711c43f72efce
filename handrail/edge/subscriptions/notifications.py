"""What is sent: history Bundles that begin with the status of the subscription, as Parameters.

Source: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from handrail.edge.subscriptions.models import Followed, Happened
from handrail.edge.subscriptions.plan import BACKPORT, XML, Plan
from handrail.fhir import text
from handrail.fhir.xml_writing import to_xml

_ERRORS: Final = "http://terminology.hl7.org/CodeSystem/subscription-error"
_REQUESTS: Final = {
    "create": ("POST", "201"),
    "update": ("PUT", "200"),
    "delete": ("DELETE", "204"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event with the text of the version it is about; empty: it was deleted."""

    event: Happened
    body: bytes


def status_of(
    followed: Followed, kind: str, base: str, topic: str = "", told: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return the status of a subscription as R4 says it: Parameters.

    Args:
        followed: the subscription.
        kind: handshake, heartbeat, event-notification, query-status or query-event.
        base: the address of our API.
        topic: the canonical of its topic, where it may be said.
        told: the parameters of events.
    """
    subscription = {"reference": f"{base}/Subscription/{followed.id}"}
    parameters: list[dict[str, Any]] = [{"name": "subscription", "valueReference": subscription}]
    if topic:
        parameters.append({"name": "topic", "valueCanonical": topic})
    parameters += [
        {"name": "status", "valueCode": followed.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(followed.events)},
        *told,
    ]
    if followed.error:
        coding = {"system": _ERRORS, "code": "no-response"}
        said = {"coding": [coding], "text": followed.error}
        parameters.append({"name": "error", "valueCodeableConcept": said})
    return {
        "resourceType": "Parameters",
        "id": uuid4().hex,
        "meta": {"profile": [f"{BACKPORT}/backport-subscription-status-r4"]},
        "parameter": parameters,
    }


def notification(
    followed: Followed, plan: Plan, kind: str, base: str, told: Sequence[Told] = ()
) -> bytes:
    """Return the Bundle to send, as JSON text; a full resource goes out as it is stored.

    What is said of an event depends on the content that was asked for: ``empty`` gives its number
    and time alone, ``id-only`` what it is about as well, ``full-resource`` the resource too.
    """
    open_ = plan.content != "empty"
    parts = [_event(one.event, base, with_focus=open_) for one in told]
    status = status_of(followed, kind, base, plan.topic if open_ else "", parts)
    head = {
        "fullUrl": f"urn:uuid:{uuid4()}",
        "resource": status,
        "request": {"method": "GET", "url": f"{base}/Subscription/{followed.id}/$status"},
        "response": {"status": "200"},
    }
    entries = [text.write(head)]
    if open_:
        entries += [_entry(one, base, full=plan.content == "full-resource") for one in told]
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return (
        b'{"resourceType":"Bundle","id":"%b","meta":{"profile":["%b"]},"type":"history",'
        b'"timestamp":"%b","entry":[%b]}'
        % (
            uuid4().hex.encode(),
            f"{BACKPORT}/backport-subscription-notification-r4".encode(),
            at.encode(),
            b",".join(entries),
        )
    )


def in_format(json: bytes, mime: str) -> bytes:
    """Return the text in the format that was asked for."""
    return to_xml(json) if mime == XML else json


def _event(event: Happened, base: str, *, with_focus: bool) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": event.at.isoformat(timespec="milliseconds")},
    ]
    if with_focus:
        parts.append(
            {"name": "focus", "valueReference": {"reference": f"{base}/{event.reference}"}}
        )
    return {"name": "notification-event", "part": parts}


def _entry(told: Told, base: str, *, full: bool) -> bytes:
    event = told.event
    method, status = _REQUESTS[event.interaction]
    url = event.resource_type if method == "POST" else event.reference
    entry = {
        "fullUrl": f"{base}/{event.reference}",
        "request": {"method": method, "url": url},
        "response": {"status": status},
    }
    written = text.write(entry)
    if full and told.body:
        return b'%b,"resource":%b}' % (written[:-1], told.body)
    return written
