"""$status, $events and the list of topics, over the FHIR API."""

from __future__ import annotations

import pytest

from handrail.access import keys
from handrail.edge.subscriptions.plan import BACKPORT
from handrail.fhir import validation
from tests.fhir_client import Client
from tests.subscriptions.parties import (
    REQUESTS,
    TASKS,
    partner_of,
    settle,
    subscribed,
    subscription,
    task,
    written,
)
from tests.subscriptions.receiver import value_of

pytestmark = pytest.mark.django_db


def said(entry):
    return {p["name"]: value_of(p) for p in entry["resource"]["parameter"]}


def test_status_of_one_and_of_all(partner, ehr, receiver):
    one = subscribed(partner, subscription(receiver.url))
    wrong = subscribed(partner, subscription(receiver.url, criteria="http://example.org/none"))
    written(ehr, task())
    settle()
    answer = partner.get(f"/Subscription/{one}/$status")
    assert answer.status == 200
    validation.validate(answer.body)
    assert answer.json["type"] == "searchset"
    (entry,) = answer.json["entry"]
    found = said(entry)
    assert found["subscription"] == f"http://localhost/fhir/Subscription/{one}"
    assert (found["status"], found["type"], found["topic"]) == ("active", "query-status", TASKS)
    assert found["events-since-subscription-start"] == "1"

    everything = partner.get("/Subscription/$status").json["entry"]
    assert {said(entry)["status"] for entry in everything} == {"active", "error"}
    (entry,) = partner.get(f"/Subscription/$status?id={wrong}").json["entry"]
    assert "There is no topic" in said(entry)["error"]["text"]
    assert partner.get(f"/Subscription/$status?id={one},{wrong}&status=error").json["total"] == 1
    assert partner.get("/Subscription/$status?id=nobody").json["total"] == 0
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "id", "valueId": one}]}
    assert partner.post("/Subscription/$status", parameters).json["total"] == 1


def test_status_just_after_it_was_written(partner, receiver):
    identity = partner.post("/Subscription", subscription(receiver.url)).json["id"]
    (entry,) = partner.get(f"/Subscription/{identity}/$status").json["entry"]
    assert said(entry)["status"] == "requested"


def test_status_of_what_is_not_there_or_not_asked_well(partner, by):
    assert partner.get("/Subscription/nobody/$status").status == 404
    assert partner.get("/Subscription/$status?status=weird").status == 422
    assert partner_of(by, "system/Task.rs").get("/Subscription/$status").status == 403


def test_status_says_what_went_wrong_while_it_is_tried_again(partner, ehr, receiver):
    identity = subscribed(partner, subscription(receiver.url))
    receiver.answers += [503]
    written(ehr, task())
    settle()
    (entry,) = partner.get(f"/Subscription/{identity}/$status").json["entry"]
    assert said(entry)["status"] == "active"
    assert said(entry)["error"]["text"] == "The endpoint answered 503."


def test_events_can_be_asked_for_again(partner, ehr, receiver):
    identity = subscribed(partner, subscription(receiver.url))
    made = [written(ehr, task()) for _ in range(3)]
    settle()
    address = f"/Subscription/{identity}/$events?eventsSinceNumber=2&content=full-resource"
    answer = partner.get(address)
    validation.validate(answer.body)
    first, *others = answer.json["entry"]
    assert said(first)["type"] == "query-event"
    assert [entry["resource"] for entry in others] == made[1:]
    only = partner.get(f"/Subscription/{identity}/$events?eventsUntilNumber=1").json["entry"]
    assert len(only) == 2
    assert "resource" not in only[1]
    for wrong in ("eventsSinceNumber=x", "content=everything", "eventsUntilNumber=-1"):
        assert partner.get(f"/Subscription/{identity}/$events?{wrong}").status == 422


def test_events_hold_only_what_the_asker_may_read(partner, ehr, receiver, by):
    identity = subscribed(partner, subscription(receiver.url))
    written(ehr, task())
    settle()
    other = Client(keys.add(by, "Other", ["system/Subscription.r"]).secret)
    entries = other.get(f"/Subscription/{identity}/$events?content=full-resource").json["entry"]
    assert len(entries) == 1


def test_the_topics_are_listed(partner):
    answer = partner.get("/Subscription/$topic-list")
    validation.validate(answer.body)
    urls = [entry["resource"]["extension"][0]["valueUri"] for entry in answer.json["entry"]]
    assert urls == [TASKS, REQUESTS]


def test_the_operations_are_in_the_capability_statement(partner):
    found = partner.get("/metadata").json["rest"][0]["resource"]
    (one,) = [resource for resource in found if resource["type"] == "Subscription"]
    names = {operation["name"] for operation in one.get("operation", ())}
    assert {"status", "events", "topic-list"} <= names
    assert [extension["valueCanonical"] for extension in one["extension"]] == [TASKS, REQUESTS]
    assert one["supportedProfile"] == [f"{BACKPORT}/backport-subscription"]
