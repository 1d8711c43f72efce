"""The operations: $status and $events of subscriptions, and the list of topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import uuid4

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.narrowing import require_stored
from handrail.access.principal import Principal
from handrail.edge.subscriptions import delivering
from handrail.edge.subscriptions.errors import SubscriptionRefusedError
from handrail.edge.subscriptions.following import current, ourselves
from handrail.edge.subscriptions.models import Followed, Happened, Status
from handrail.edge.subscriptions.notifications import Told, notification, status_of
from handrail.edge.subscriptions.plan import CONTENTS, Plan, plan_of
from handrail.edge.subscriptions.topics import TOPICS as ALL_TOPICS
from handrail.edge.subscriptions.topics import as_basic
from handrail.fhir import text
from handrail.fhir.errors import HandrailError
from handrail.operation import Answer, Asked, Operation
from handrail.record import store

_DEFINITION: Final = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition"
_MOST: Final = 500  # entries of an answer
_DIGITS: Final = 18


def status(asked: Asked) -> Answer:
    """Say where one subscription stands, or several."""
    require(asked.by, "read", "Subscription")
    if asked.id:
        stored = store.read(f"Subscription/{asked.id}", by=asked.by)
        found = [_followed(asked.by.org, stored.id, stored.version)]
    else:
        found = _several(asked.by, asked.values("id"), asked.values("status"))
    entries = []
    for one in found[:_MOST]:
        resource = status_of(one, "query-status", asked.base, _topic(one))
        entry = {"fullUrl": f"urn:uuid:{uuid4()}", "resource": resource}
        entries.append(entry | {"search": {"mode": "match"}})
    return _bundle(entries)


def _several(by: Principal, ids: Sequence[str], statuses: Sequence[str]) -> list[Followed]:
    """Return the subscriptions that ``by`` may read."""
    ids = [one.removeprefix("Subscription/") for value in ids for one in value.split(",")]
    wanted = {one for value in statuses for one in value.split(",")} - {""}
    unknown = wanted - set(Status.values)
    if unknown:
        raise SubscriptionRefusedError(f"A status is one of {', '.join(Status.values)}.")
    with acting(ourselves(by.org)):
        mine = Followed.objects.filter(org=by.org).order_by("id")
        mine = mine.filter(id__in=ids) if ids else mine
        mine = mine.filter(status__in=wanted) if wanted else mine
        found = list(mine[:_MOST])
    allowed = store.several([f"Subscription/{one.id}" for one in found], by=by)
    return [one for one in found if f"Subscription/{one.id}" in allowed]


def _followed(org: int, identity: str, version: int) -> Followed:
    """Return what is known; of one that was written just now, that it was requested."""
    with acting(ourselves(org)):
        found = Followed.objects.filter(org=org, id=identity).first()
    return found or Followed(org=org, id=identity, version=version, status=Status.REQUESTED, by={})


def _topic(followed: Followed) -> str:
    plan = _plan(followed)
    return plan.topic if plan else ""


def _plan(followed: Followed) -> Plan | None:
    with acting(ourselves(followed.org)):
        found = current(followed.org, followed.id)
    try:
        return plan_of(found[1]) if found else None
    except SubscriptionRefusedError:
        return None


def events(asked: Asked) -> Answer:
    """Return events again, those that the asker may read, with the content they choose."""
    stored = store.read(f"Subscription/{asked.id}", by=asked.by)
    followed = _followed(asked.by.org, stored.id, stored.version)
    plan = _plan(followed)
    if plan is None:
        raise SubscriptionRefusedError("This subscription is not served; $status says why.")
    plan = _with_content(plan, asked.value("content"))
    first = _number(asked, "eventsSinceNumber", 1)
    last = _number(asked, "eventsUntilNumber", followed.events)
    with acting(ourselves(asked.by.org)):
        mine = Happened.objects.filter(org=followed.org, subscription=followed.id)
        within = mine.filter(number__gte=first, number__lte=last).order_by("number")
        found = list(within[:_MOST])
    told = list(_readable(asked.by, found))
    return Answer(body=notification(followed, plan, "query-event", asked.base, told))


def _with_content(plan: Plan, content: str) -> Plan:
    from dataclasses import replace

    if content and content not in CONTENTS:
        raise SubscriptionRefusedError(f"The content is one of {', '.join(CONTENTS)}.")
    return replace(plan, content=content) if content else plan


def _readable(by: Principal, found: Iterable[Happened]) -> Iterable[Told]:
    for event in found:
        stored = delivering.versions(event)[0]
        try:
            with acting(by):
                require_stored(by, "read", stored)
                delivering.note(by, stored, event, "asked again")
        except HandrailError:
            continue
        yield Told(event, b"" if event.interaction == "delete" else stored.body)


def _number(asked: Asked, name: str, otherwise: int) -> int:
    given = asked.value(name)
    if not given:
        return otherwise
    if not given.isascii() or not given.isdigit() or len(given) > _DIGITS:
        raise SubscriptionRefusedError(f"{name} is the number of an event: 1, 2, 3 …")
    return int(given)


def topics(asked: Asked) -> Answer:
    """Return the topics, as Basic resources."""
    entries = [
        {
            "fullUrl": f"{asked.base}/Subscription/$topic-list#{topic.id}",
            "resource": as_basic(topic),
            "search": {"mode": "match"},
        }
        for topic in ALL_TOPICS.values()
    ]
    return _bundle(entries)


def _bundle(entries: list[dict[str, Any]]) -> Answer:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    if entries:
        bundle["entry"] = entries
    return Answer(body=text.write(bundle))


STATUS: Final = Operation(
    name="status",
    definition=f"{_DEFINITION}/backport-subscription-status",
    does="Says where subscriptions stand: status, number of events, what went wrong.",
    answer=status,
    types=frozenset({"Subscription"}),
    on_type=True,
    on_instance=True,
)
EVENTS: Final = Operation(
    name="events",
    definition=f"{_DEFINITION}/backport-subscription-events",
    does="Returns events of the last month again, by their numbers.",
    answer=events,
    types=frozenset({"Subscription"}),
    on_instance=True,
)
TOPICS: Final = Operation(
    name="topic-list",
    definition=f"{_DEFINITION}/backport-subscriptiontopic-list",
    does="Lists the topics that can be subscribed to.",
    answer=topics,
    types=frozenset({"Subscription"}),
    on_type=True,
)
