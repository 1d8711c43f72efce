"""A partner subscribes to Tasks, and is told of each one that concerns it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from handrail.access import keys, tokens
from handrail.access.database import acting
from handrail.access.models import App, AuditEntry
from handrail.edge.subscriptions import notifier
from handrail.edge.subscriptions.models import Followed, Happened
from handrail.fhir import validation
from handrail.jobs import overview, run_due
from tests.fhir_client import Client
from tests.subscriptions.parties import (
    REQUESTS,
    TASKS,
    now,
    partner_of,
    settle,
    subscribed,
    subscription,
    task,
    written,
)
from tests.subscriptions.receiver import hugely, nonsense, slowly

pytestmark = pytest.mark.django_db
BASE = "https://care.example.org/fhir"


def test_a_partner_is_told_of_its_tasks_alone(partner, ehr, receiver):
    identity = subscribed(
        partner, subscription(receiver.url, filters=["Task?owner=Organization/pantry"])
    )
    (handshake,) = receiver.heard
    assert handshake.kind == "handshake"
    assert handshake.status["status"] == "requested"
    assert partner.get(f"/Subscription/{identity}").json["status"] == "active"

    mine = written(ehr, task())
    written(ehr, task(owner={"reference": "Organization/else"}))
    settle()
    (told,) = receiver.of("event-notification")
    assert told.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert told.json["type"] == "history"
    assert told.status["subscription"] == f"{BASE}/Subscription/{identity}"
    assert told.status["topic"] == TASKS
    assert told.status["events-since-subscription-start"] == "1"
    (event,) = told.status["events"]
    assert (event["event-number"], event["focus"]) == ("1", f"{BASE}/Task/{mine['id']}")
    assert [entry["fullUrl"] for entry in told.json["entry"][1:]] == [event["focus"]]
    assert b"Quillfeather" not in told.body
    validation.validate(told.body)

    ehr.put(f"/Task/{mine['id']}", mine | {"status": "accepted"})
    settle()
    assert receiver.events == [1, 2]


def test_a_full_resource_goes_out_as_it_is_stored_and_the_look_is_written_down(
    partner, ehr, receiver, by
):
    subscribed(partner, subscription(receiver.url, content="full-resource"))
    mine = written(ehr, task())
    settle()
    (told,) = receiver.of("event-notification")
    entry = told.json["entry"][1]
    assert entry["resource"] == mine
    assert entry["request"] == {"method": "POST", "url": "Task"}
    validation.validate(told.body)
    with acting(by):
        looks = AuditEntry.objects.filter(org=1, what="notification")
        assert [look.resource_id for look in looks] == [mine["id"]]


def test_an_empty_notification_says_only_that_there_is_something(partner, ehr, receiver):
    subscribed(partner, subscription(receiver.url, content="empty"))
    mine = written(ehr, task())
    settle()
    (told,) = receiver.of("event-notification")
    assert told.numbers == [1]
    assert "topic" not in told.status
    assert mine["id"].encode() not in told.body
    assert b"Task" not in told.body


def test_xml_for_who_wants_it(partner, ehr, receiver):
    subscribed(partner, subscription(receiver.url, payload="application/fhir+xml"))
    assert receiver.heard[0].body.startswith(b'<?xml version="1.0" encoding="UTF-8"?><Bundle')
    mine = written(ehr, task())
    settle()
    told = receiver.heard[1]
    assert told.headers["Content-Type"] == "application/fhir+xml; charset=utf-8"
    assert f'value="{BASE}/Task/{mine["id"]}"'.encode() in told.body


def test_headers_of_the_channel_are_sent(partner, receiver):
    subscribed(partner, subscription(receiver.url, header=["Authorization: Bearer abc", "X-A: 1"]))
    assert receiver.heard[0].headers["Authorization"] == "Bearer abc"
    assert receiver.heard[0].headers["X-A"] == "1"


def test_drafts_and_proposals_are_no_events_and_deletions_are(partner, ehr, receiver):
    subscribed(partner, subscription(receiver.url))
    draft = written(ehr, task(status="draft"))
    written(ehr, task(intent="proposal"))
    settle()
    assert receiver.events == []
    ehr.put(f"/Task/{draft['id']}", draft | {"status": "requested"})
    assert ehr("DELETE", f"/Task/{draft['id']}").status in {200, 204}
    settle()
    told = receiver.of("event-notification")
    methods = [e["request"]["method"] for one in told for e in one.json["entry"][1:]]
    assert methods == ["PUT", "DELETE"]


def test_changes_of_a_service_request(partner, ehr, receiver):
    request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    }
    written(ehr, {"resourceType": "Patient"})
    patient = ehr.put("/Patient/p1", {"resourceType": "Patient", "id": "p1"})
    assert patient.status == 201
    one, other = written(ehr, request), written(ehr, request)
    filters = [f"ServiceRequest?_id={one['id']}"]
    subscribed(partner, subscription(receiver.url, criteria=f"{REQUESTS}|3.0.0", filters=filters))
    for changed in (one, other):
        ehr.put(f"/ServiceRequest/{changed['id']}", changed | {"status": "revoked"})
    settle()
    (told,) = receiver.of("event-notification")
    assert told.status["events"][0]["focus"] == f"{BASE}/ServiceRequest/{one['id']}"


def test_r4_criteria_send_the_resource_itself_or_nothing(partner, ehr, receiver):
    criteria = "Task?status=requested"
    subscribed(partner, subscription(receiver.url, criteria=criteria, content=""))
    subscribed(partner, subscription(receiver.url, criteria=criteria, content="", payload=""))
    assert receiver.heard == []
    mine = written(ehr, task())
    written(ehr, task(status="draft"))
    settle()
    bodies = sorted((one.body for one in receiver.heard), key=len)
    assert len(bodies) == 2
    assert bodies[0] == b""
    assert mine["id"].encode() in bodies[1]


def test_many_events_come_in_order_and_in_pieces(partner, ehr, receiver):
    subscribed(partner, subscription(receiver.url, max_count=4))
    for _ in range(10):
        written(ehr, task())
    settle()
    assert [one.numbers for one in receiver.of("event-notification")] == [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10],
    ]


def test_nothing_is_lost_while_the_endpoint_is_down(partner, ehr, receiver):
    subscribed(partner, subscription(receiver.url))
    receiver.answers += [500, 503]
    written(ehr, task())
    settle()
    written(ehr, task())
    settle()
    assert len(receiver.of("event-notification")) == 1, "it waits, whatever happens meanwhile"
    for _ in range(3):
        now()
        settle(1)
    assert receiver.of("event-notification")[-1].numbers == [1, 2]
    assert set(receiver.events) == {1, 2}
    assert overview.counts(partner_by()) == []


def partner_by():
    from handrail.access.principal import system

    return system(1, "tests", "Tests")


def test_after_too_many_failures_it_is_stopped_and_begins_again_where_it_was(
    partner, ehr, receiver, by, monkeypatch
):
    from handrail.edge.subscriptions import delivering

    monkeypatch.setattr(delivering, "ATTEMPTS", 3)
    identity = subscribed(partner, subscription(receiver.url))
    receiver.answers += [500, 500, 500]
    written(ehr, task())
    for _ in range(4):
        settle(1)
        now()
    found = partner.get(f"/Subscription/{identity}").json
    assert found["status"] == "error"
    assert found["error"] == "The endpoint answered 500."
    (failed,) = overview.failures(by)
    assert f"Subscription/{identity} was stopped" in failed.error
    written(ehr, task())
    settle()
    assert partner.put(f"/Subscription/{identity}", found | {"status": "requested"}).status == 200
    settle()
    again = partner.get(f"/Subscription/{identity}").json
    assert again["status"] == "active"
    assert "error" not in again
    assert receiver.events[-1] == 1
    written(ehr, task())
    settle()
    assert receiver.events[-1] == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (404, "answered 404"),
        (302, "redirects are not followed"),
        (nonsense, "broke"),
        (slowly, "in time"),
    ],
)
def test_a_handshake_that_fails_is_an_error(partner, receiver, answer, words):
    receiver.answers += [answer] * 9
    identity = subscribed(partner, subscription(receiver.url, timeout=1))
    for _ in range(4):
        now()
        settle(1)
    found = partner.get(f"/Subscription/{identity}").json
    assert found["status"] == "error"
    assert "The handshake failed." in found["error"]
    assert words in found["error"]
    assert len(receiver.heard) == 4
    assert not [one for one in receiver.heard if "elsewhere" in one.path]


def test_an_endpoint_that_is_gone_is_not_asked_again(partner, receiver):
    receiver.answers += [410]
    identity = subscribed(partner, subscription(receiver.url))
    assert partner.get(f"/Subscription/{identity}").json["status"] == "error"


def test_a_huge_answer_is_not_read(partner, receiver):
    receiver.answers += [hugely]
    identity = subscribed(partner, subscription(receiver.url))
    assert partner.get(f"/Subscription/{identity}").json["status"] == "active"


def test_a_revoked_key_is_told_nothing_more(partner, ehr, receiver, by):
    identity = subscribed(partner, subscription(receiver.url))
    written(ehr, task())
    notifier.look(1)
    keys.revoke(by, partner.key)
    settle()
    assert receiver.events == []
    found = ehr.get(f"/Subscription/{identity}").json
    assert found["status"] == "error"
    assert "may not act any more" in found["error"]


def test_a_key_for_some_patients_is_told_of_them_alone(ehr, receiver, by):
    for identity in ("p1", "p2"):
        ehr.put(f"/Patient/{identity}", {"resourceType": "Patient", "id": identity})
    scopes = ["patient/Subscription.cruds", "patient/Task.rs"]
    made = keys.add(by, "App", scopes, patients=["p1"])
    client = Client(made.secret)
    notifier.look(1)
    answer = client.post("/Subscription", subscription(receiver.url))
    if answer.status != 201:  # such a key cannot write what is of no patient
        assert answer.status == 403
        return
    settle()
    for identity in ("p1", "p2"):
        written(ehr, task(**{"for": {"reference": f"Patient/{identity}"}}))
    settle()
    assert receiver.events == [1]


def test_a_subscription_that_ends(partner, ehr, receiver, by):
    soon = datetime.now(UTC) + timedelta(hours=1)
    identity = subscribed(partner, subscription(receiver.url, end=soon.isoformat()))
    with connection.cursor() as cursor, acting(by):
        cursor.execute("update subscriptions_followed set ends_at = now()")
    settle()
    written(ehr, task())
    settle()
    assert partner.get(f"/Subscription/{identity}").json["status"] == "off"
    assert receiver.events == []


def test_one_whose_end_has_passed_is_refused(partner, receiver):
    identity = subscribed(partner, subscription(receiver.url, end="2020-12-31T12:00:00Z"))
    found = partner.get(f"/Subscription/{identity}").json
    assert (found["status"], receiver.heard) == ("error", [])
    assert "has passed" in found["error"]


def test_who_says_active_waits_for_the_handshake_as_well(partner, receiver):
    notifier.look(1)
    made = partner.post("/Subscription", subscription(receiver.url, status="active")).json
    notifier.look(1)
    assert partner.get(f"/Subscription/{made['id']}").json["status"] == "requested"
    settle()
    assert [one.kind for one in receiver.heard] == ["handshake"]
    assert partner.get(f"/Subscription/{made['id']}").json["status"] == "active"


def test_an_app_in_its_own_name_subscribes_until_it_is_revoked(ehr, receiver, by):
    scopes = ["system/Subscription.cruds", "system/Task.rs"]
    with acting(by):
        app = App.objects.create(
            org=1, id="a1", lookup=b"a1", name="Partner", kind="key", scopes=scopes
        )
        soon = datetime.now(UTC) + timedelta(minutes=5)
        token = tokens.issue(app, None, kind="access", scopes=scopes, expires_at=soon)
    client = Client(token.secret)
    identity = subscribed(client, subscription(receiver.url))
    written(ehr, task())
    settle()
    assert receiver.events == [1]
    with acting(by):
        App.objects.filter(org=1, id="a1").update(revoked_at=datetime.now(UTC))
    written(ehr, task())
    settle()
    assert receiver.events == [1]
    assert ehr.get(f"/Subscription/{identity}").json["status"] == "error"


def test_a_person_does_not_subscribe(receiver, by, principal_for):
    from handrail.record import store

    coordinator = principal_for("system", person="Practitioner/ada")
    with acting(coordinator):
        (made,) = store.commit([subscription(receiver.url)], by=coordinator, reason="test").stored
    settle()
    with acting(by):
        found = store.read(made.reference, by=by).resource
    assert (found["status"], receiver.heard) == ("error", [])
    assert "in its own name" in found["error"]


def test_a_changed_subscription_shakes_hands_anew(partner, ehr, receiver):
    identity = subscribed(partner, subscription(receiver.url))
    written(ehr, task())
    notifier.look(1)  # a delivery waits
    current = partner.get(f"/Subscription/{identity}").json
    current["channel"]["endpoint"] = receiver.url + "/new"
    assert partner.put(f"/Subscription/{identity}", current).status == 200
    settle()
    paths = [(one.kind, one.path) for one in receiver.heard[1:]]
    assert paths == [("handshake", "/hook/new"), ("event-notification", "/hook/new")]


def test_switching_off_and_deleting_end_it(partner, ehr, receiver, by):
    one = subscribed(partner, subscription(receiver.url))
    other = subscribed(partner, subscription(receiver.url))
    written(ehr, task())
    notifier.look(1)
    current = partner.get(f"/Subscription/{one}").json
    assert partner.put(f"/Subscription/{one}", current | {"status": "off"}).status == 200
    assert partner("DELETE", f"/Subscription/{other}").status in {200, 204}
    settle()
    assert receiver.events == []
    with acting(by):
        assert list(Followed.objects.values_list("id", "status")) == [(one, "off")]


def test_a_sign_of_life(partner, receiver, by):
    subscribed(partner, subscription(receiver.url, heartbeat_period=60))
    settle()
    assert receiver.of("heartbeat") == []
    with connection.cursor() as cursor, acting(by):
        cursor.execute("update subscriptions_followed set sent_at = now() - interval '61 seconds'")
    settle()
    (sign,) = receiver.of("heartbeat")
    assert sign.status["status"] == "active"
    assert sign.status["events-since-subscription-start"] == "0"


def test_another_organization_hears_nothing(partner, receiver, by):
    from handrail.access import accounts
    from handrail.access.principal import system
    from handrail.record import store

    subscribed(partner, subscription(receiver.url))
    other = system(2, "tests", "Tests")
    with acting(other):
        accounts.add_organization(2, "Other", "other")
        store.commit([task()], by=other, reason="test")
    for organization in (1, 2):
        notifier.look(organization)
    run_due()
    assert receiver.events == []


def test_what_was_before_is_not_told_and_old_events_are_tidied(partner, ehr, receiver, by):
    written(ehr, task())
    subscribed(partner, subscription(receiver.url))
    assert receiver.events == []
    written(ehr, task())
    settle()
    assert receiver.events == [1]
    with connection.cursor() as cursor, acting(by):
        cursor.execute("update subscriptions_event set at = now() - interval '31 days'")
    assert notifier.tidy() == 1
    with acting(by):
        assert Happened.objects.count() == 0


def test_a_key_without_the_right_scope(by, ehr, receiver):
    reads_only = partner_of(by, "system/Task.rs")
    assert reads_only.post("/Subscription", subscription(receiver.url)).status == 403
    no_tasks = partner_of(by, "system/Subscription.cruds")
    identity = subscribed(no_tasks, subscription(receiver.url))
    found = no_tasks.get(f"/Subscription/{identity}").json
    assert (found["status"], receiver.heard) == ("error", [])
    assert "may not read Task" in found["error"]
