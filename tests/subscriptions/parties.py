"""What the tests of subscriptions have in common: partners, resources, the passing of time."""

from __future__ import annotations

from typing import Any

from django.db import connection

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.subscriptions import notifier
from handrail.edge.subscriptions.plan import BACKPORT
from handrail.edge.subscriptions.topics import TOPICS
from handrail.jobs import run_due
from tests.fhir_client import Client

TASKS, REQUESTS = TOPICS


def partner_of(by, *scopes: str) -> Client:
    wanted = scopes or ("system/Subscription.cruds", "system/Task.rs", "system/ServiceRequest.rs")
    made = keys.add(by, "Partner", wanted)
    client = Client(made.secret)
    client.key = made.key.id
    return client


def subscription(endpoint: str, **more: Any) -> dict[str, Any]:
    filters = [
        {"url": f"{BACKPORT}/backport-filter-criteria", "valueString": text}
        for text in more.get("filters", ())
    ]
    numbers = {"timeout": "valueUnsignedInt", "heartbeat_period": "valueUnsignedInt"}
    numbers["max_count"] = "valuePositiveInt"
    channel: dict[str, Any] = {
        "extension": [
            {"url": f"{BACKPORT}/backport-{name.replace('_', '-')}", kind: more[name]}
            for name, kind in numbers.items()
            if name in more
        ],
        "type": more.get("type", "rest-hook"),
        "endpoint": endpoint,
        "payload": more.get("payload", "application/fhir+json"),
        "header": more.get("header", []),
    }
    if content := more.get("content", "id-only"):
        one = {"url": f"{BACKPORT}/backport-payload-content", "valueCode": content}
        channel["_payload"] = {"extension": [one]}
    found: dict[str, Any] = {
        "resourceType": "Subscription",
        "status": more.get("status", "requested"),
        "reason": "To know what comes of our referrals",
        "criteria": more.get("criteria", TASKS),
        "channel": {key: value for key, value in channel.items() if value},
    }
    if filters:
        found["_criteria"] = {"extension": filters}
    if "end" in more:
        found["end"] = more["end"]
    return found


def task(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "description": "Quillfeather needs a ride",
        "requester": {"reference": "Organization/clinic"},
        "owner": {"reference": "Organization/pantry"},
        **more,
    }


def settle(rounds: int = 4) -> None:
    """Let the notifier look and the jobs be done until nothing is due."""
    for _ in range(rounds):
        notifier.look(1)
        run_due()


def now() -> None:
    """Let what waits after a failure be due."""
    with connection.cursor() as cursor, acting(system(1, "tests", "Tests")):
        cursor.execute("update jobs_job set run_at = now() - interval '1 second'")


def subscribed(client: Client, resource: dict[str, Any]) -> str:
    """Create a subscription and return its id, once it was seen."""
    notifier.look(1)
    answer = client.post("/Subscription", resource)
    assert answer.status == 201, answer.body
    settle()
    return answer.headers["Location"].split("/Subscription/")[1].partition("/")[0]


def written(client: Client, resource: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/{resource['resourceType']}", resource)
    assert answer.status == 201, answer.body
    return client.get(f"/{resource['resourceType']}/{answer.json['id']}").json
