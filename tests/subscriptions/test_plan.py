"""What a Subscription may ask for, and how one that cannot be served is told so."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.edge.subscriptions.errors import SubscriptionRefusedError
from handrail.edge.subscriptions.plan import plan_of
from handrail.fhir.searching.clauses import Row
from tests.subscriptions.parties import REQUESTS, TASKS, subscription, task

HOOK = "https://partner.example.org/hook"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def refused(**more):
    with pytest.raises(SubscriptionRefusedError) as found:
        plan_of(subscription(more.pop("endpoint", HOOK), **more))
    return found.value.message


def matches(resource, interaction="update", at=NOW, **more):
    row = Row("t1", at, resource)
    return plan_of(subscription(HOOK, **more)).matches(interaction, row)


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (["Task?owner=Organization/pantry"], True),
        (["owner=Organization/pantry"], True),
        (["Task?owner=Organization/else"], False),
        (["Task?owner=Organization/else,Organization/pantry"], True),
        (["Task?status=requested", "Task?requester=Organization/clinic"], True),
        (["Task?status=requested", "Task?requester=Organization/else"], False),
        (["Task?status:not=requested"], False),
        (["Task?id=t1"], True),
        (["Task?_id=t2"], False),
        (["Task?_lastUpdated=gt2026-11-01"], True),
        (["Task?_lastUpdated=lt2026-11-01"], False),
        (["Task?owner:missing=true"], False),
    ],
)
def test_filters_are_decided_on_the_resource(filters, fits):
    assert matches(task(id="t1"), filters=filters) is fits


@pytest.mark.parametrize("interaction", ["create", "update", "delete"])
def test_topics_say_which_changes_count(interaction):
    assert matches(task(), interaction, criteria=TASKS)
    request = {"resourceType": "ServiceRequest", "status": "active", "intent": "order"}
    assert matches(request, interaction, criteria=REQUESTS) is (interaction != "create")
    assert matches(task(), interaction, criteria="Task?status=requested") is (
        interaction != "delete"
    )


def test_drafts_do_not_count():
    assert not matches(task(status="draft"), criteria=TASKS)
    assert not matches(task(intent="proposal"), criteria=TASKS)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"criteria": "http://example.org/topic"}, "There is no topic"),
        ({"criteria": "Weather?wind=strong"}, "There is no topic"),
        ({"criteria": "Task?colour=blue"}, "Task has no search parameter colour"),
        ({"criteria": "Task?patient.name=Rowe"}, "chains, _has, lists"),
        ({"criteria": "Patient?_has:Task:patient:status=requested"}, "chains, _has"),
        ({"criteria": "Task?_list=l1"}, "chains, _has, lists"),
        ({"criteria": "Condition?code:in=http://example.org/vs"}, "chains, _has, lists"),
        ({"filters": ["Task?colour=blue"]}, "Task has no search parameter colour"),
        ({"filters": ["Patient?name=Rowe"]}, "so must be its filters"),
        ({"filters": ["Task?_sort=status"]}, "_sort has no meaning"),
        ({"filters": ["Task?_lastUpdated=never"]}, "The filter is not understood"),
        ({"filters": ["status=requested"] * 21}, "at most 20 filters"),
        ({"type": "websocket"}, "rest-hook and email"),
        ({"endpoint": ""}, "needs an endpoint"),
        ({"payload": "application/pdf"}, "application/fhir+json or"),
        ({"content": "everything"}, "The content is one of"),
        ({"header": ["Host: elsewhere"]}, "Host cannot be chosen"),
        ({"header": ["content-length: 0"]}, "cannot be chosen"),
        ({"header": ["X-A: 1\r\nX-B: 2"]}, "no line as in"),
        ({"header": ["no colon"]}, "no line as in"),
        ({"header": ["X: " + "x" * 5000]}, "no line as in"),
        ({"header": ["X-A: 1"] * 21}, "at most 20 headers"),
        ({"type": "email", "endpoint": HOOK}, "mailto:"),
        ({"type": "email", "endpoint": "mailto:a@b.org,c@d.org"}, "mailto:"),
        ({"type": "email", "endpoint": "mailto:a@b.org\nBcc: c@d.org"}, "mailto:"),
        (
            {"type": "email", "endpoint": "mailto:a@b.org", "content": "full-resource"},
            "holds nothing of the record",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_with_a_reason(more, words):
    assert words in refused(**more)


def test_numbers_are_kept_within_bounds():
    plan = plan_of(subscription(HOOK, timeout=9999, max_count=9999, heartbeat_period=1))
    assert (plan.timeout, plan.count, plan.heartbeat) == (30, 100, 10)
    plain = plan_of(subscription(HOOK))
    assert (plain.timeout, plain.count, plain.heartbeat) == (10, 20, 0)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_criteria_and_filter_are_understood_or_refused(criteria, text):
    for resource in (
        subscription(HOOK, criteria=criteria or "x"),
        subscription(HOOK, criteria=f"Task?{criteria}"),
        subscription(HOOK, filters=[text]),
    ):
        with suppress(SubscriptionRefusedError):
            assert plan_of(resource).matches("update", Row("t1", NOW, task())) in {True, False}
