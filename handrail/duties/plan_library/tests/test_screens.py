"""The pages of the library, without JavaScript."""

from __future__ import annotations

import json

import pytest

from handrail.duties.plan_library.actions.library import plan_kept
from handrail.duties.plan_library.rules.changing import goal_lines, step_lines

pytestmark = pytest.mark.django_db
SHELF = "/plans/library"
FOOD = f"{SHELF}/handrail-plan-food"
PLAN = {
    "resourceType": "PlanDefinition",
    "url": "http://example.org/plan/walks",
    "version": "3",
    "title": "Walks <b>together</b>",
    "status": "active",
    "publisher": "Riverside",
    "goal": [{"id": "walk", "description": {"text": "I walk each day."}}],
    "action": [
        {
            "id": "one",
            "title": "Find a friend to walk with",
            "goalId": ["walk"],
            "definitionCanonical": "http://example.org/activity/walk",
            "trigger": [{"type": "named-event", "name": "discharge"}],
        }
    ],
}
ACTIVITY = {
    "resourceType": "ActivityDefinition",
    "url": "http://example.org/activity/walk",
    "status": "active",
    "kind": "ServiceRequest",
}


def text(response):
    return " ".join(response.content.decode().split())


def definition(principal_for, identity="handrail-plan-food"):
    return plan_kept(identity, by=principal_for("supervisor")).resource


def fields(plan, **changed):
    """Return the form as a browser sends it."""
    sent = {}
    for line in (*goal_lines(plan), *step_lines(plan)):
        given = {"text": line.text, "es": line.spanish, "days": line.days, "owner": line.owner}
        sent |= {f"{line.place}:{name}": value for name, value in given.items()}
        if not line.off:
            sent[f"{line.place}:on"] = "yes"
    sent["if_match"] = str(plan["meta"]["versionId"])
    return {name: value for name, value in (sent | changed).items() if value is not None}


def test_a_coordinator_reads_the_shelf_and_a_plan(sign_in):
    client = sign_in("coordinator")
    shelf = text(client.get(SHELF))
    assert "Heart failure" in shelf
    assert "Bring in a plan" not in shelf
    only = text(client.get(f"{SHELF}?topic=health"))
    assert "Heart failure" in only
    assert "Not enough food" not in only
    page = text(client.get(FOOD))
    assert "Our food lasts to the end of the month." in page
    assert '<span class="sm" lang="es">La comida nos alcanza hasta el fin de mes.</span>' in page
    assert "Promoting Food Security for All Children" in page
    assert "Switch off" not in page


def test_only_keepers_change(sign_in):
    client = sign_in("coordinator")
    assert client.get(f"{FOOD}/change").status_code == 403
    assert client.post(f"{FOOD}/state", {"to": "off"}).status_code == 403
    assert client.get(f"{SHELF}/import").status_code == 403


def test_a_change_becomes_the_organizations_own_and_outlives_an_upgrade(
    sign_in, principal_for, library, install
):
    client = sign_in("supervisor")
    assert 'name="goal:0:text"' in text(client.get(f"{FOOD}/change"))
    plan = definition(principal_for)
    typed = {
        "goal:0:text": "I eat each day.",
        "goal:0:days": "10",
        "step:0:owner": "family",
        "step:1:on": None,
        "new-step:text": "Call the church pantry",
        "new-step:days": "3",
        "new-step:owner": "person",
        "new-step:goal": "food-now",
    }
    answer = client.post(f"{FOOD}/change", fields(plan, **typed))
    assert answer.status_code == 303
    own = definition(principal_for)
    assert own["publisher"] == library.name
    assert own["version"] == f"{plan['version']}.own.1"
    assert own["goal"][0]["description"]["text"] == "I eat each day."
    assert own["goal"][0]["description"]["_text"] == plan["goal"][0]["description"]["_text"]
    assert own["goal"][0]["target"][0]["due"]["value"] == 10
    assert own["action"][0]["participant"][0]["type"] == "related-person"
    assert own["action"][-1]["goalId"] == ["food-now"]
    assert {"type": "derived-from", "resource": "urn:handrail:plan:food|2026.11.1"} in own[
        "relatedArtifact"
    ]
    page = text(client.get(FOOD))
    assert "not used" in page
    assert "Compare with the shipped one" in page
    install()
    assert definition(principal_for)["publisher"] == library.name


def test_the_shipped_one_can_be_compared_and_taken_back(sign_in, principal_for):
    client = sign_in("supervisor")
    plan = definition(principal_for)
    client.post(f"{FOOD}/change", fields(plan, **{"goal:0:text": "I eat each day."}))
    page = text(client.get(f"{FOOD}/compare"))
    assert "I have food to eat this week." in page
    assert "I eat each day." in page
    now = definition(principal_for)
    answer = client.post(f"{FOOD}/shipped", {"if_match": now["meta"]["versionId"]})
    assert answer.status_code == 303
    back = definition(principal_for)
    assert back["publisher"] == "Handrail"
    assert back["goal"] == plan["goal"]


def test_what_is_wrong_is_said_by_field_and_kept(sign_in, principal_for):
    client = sign_in("supervisor")
    plan = definition(principal_for)
    typed = {"goal:0:text": "  ", "goal:1:days": "soon", "step:0:text": "x" * 301}
    answer = client.post(f"{FOOD}/change", fields(plan, **typed))
    assert answer.status_code == 422
    page = text(answer)
    assert 'href="#goal-0-text"' in page
    assert 'href="#goal-1-days"' in page
    assert "x" * 301 in page
    assert definition(principal_for)["version"] == plan["version"]


def test_nothing_changed_makes_no_version(sign_in, principal_for):
    client = sign_in("supervisor")
    plan = definition(principal_for)
    assert client.post(f"{FOOD}/change", fields(plan)).status_code == 303
    assert definition(principal_for)["meta"]["versionId"] == plan["meta"]["versionId"]


def test_two_who_change_one_plan_see_both_versions(sign_in, principal_for):
    client = sign_in("supervisor")
    plan = definition(principal_for)
    client.post(f"{FOOD}/change", fields(plan, **{"goal:0:text": "I eat."}))
    late = client.post(f"{FOOD}/change", fields(plan, **{"goal:0:text": "We eat."}))
    assert late.status_code == 409
    page = text(late)
    assert "Somebody saved this before you" in page
    assert 'value="We eat."' in page
    assert "I eat. Tengo comida para esta semana. 7 days" in page


def test_a_plan_is_switched_off_and_on(sign_in, principal_for, install):
    client = sign_in("administrator")
    client.post(f"{FOOD}/state", {"to": "off", "if_match": "1"})
    assert definition(principal_for)["status"] == "retired"
    install()
    assert definition(principal_for)["status"] == "retired"
    client.post(f"{FOOD}/state", {"to": "on", "if_match": "2"})
    back = definition(principal_for)
    assert (back["status"], back["publisher"]) == ("active", "Handrail")


def test_a_plan_from_elsewhere_is_looked_at_and_brought_in(sign_in, principal_for):
    client = sign_in("supervisor")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": PLAN}, {"resource": ACTIVITY}, {"resource": {"resourceType": "X"}}],
    }
    assert client.get(f"{SHELF}/import").status_code == 200
    sent = {"text": json.dumps(bundle), "do": "look"}
    page = text(client.post(f"{SHELF}/import", sent))
    assert "Walks &lt;b&gt;together&lt;/b&gt;" in page
    assert "The step begins by itself after an event." in page
    assert "PlanDefinition.action[0].trigger" in page
    assert "X (1)" in page
    assert "1 definition of a step comes along." in page
    answer = client.post(f"{SHELF}/import", {**sent, "do": "save"})
    assert answer.status_code == 303
    identity = answer.headers["Location"].rpartition("/")[2]
    kept = definition(principal_for, identity)
    assert (kept["status"], kept["publisher"]) == ("draft", "Riverside")
    out = json.loads(client.get(f"{SHELF}/{identity}/json").content)
    assert [one["resource"]["resourceType"] for one in out["entry"]] == [
        "PlanDefinition",
        "ActivityDefinition",
    ]
    again = text(client.post(f"{SHELF}/import", sent))
    assert "This plan is here already and says the same." in again
    client.post(f"{SHELF}/{identity}/state", {"to": "on", "if_match": "1"})
    assert definition(principal_for, identity)["status"] == "active"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "There is nothing here yet"),
        ("{", "errors"),
        ("[]", "errors"),
        ('{"resourceType": "Patient"}', "There is no PlanDefinition in it, but Patient"),
        ('{"resourceType": "PlanDefinition"}', "PlanDefinition.status"),
        (
            '{"resourceType": "PlanDefinition", "status": "active", "action": [{"title": 5}]}',
            "PlanDefinition.action[0].title",
        ),
        (
            json.dumps({**PLAN, "goal": [{}]}),
            "PlanDefinition.goal[0].description",
        ),
        ("\x00{}", "NUL character"),
        ("9" * 2_000_001, "at most 2 million"),
    ],
)
def test_what_is_no_plan_is_said(sign_in, typed, said):
    client = sign_in("supervisor")
    answer = client.post(f"{SHELF}/import", {"text": typed, "do": "save"})
    assert 400 <= answer.status_code < 500
    assert said in text(answer)


def test_a_plan_that_is_not_there(sign_in):
    client = sign_in("supervisor")
    assert client.get(f"{SHELF}/nothing").status_code == 404
    assert client.get(f"{SHELF}/nothing/change").status_code == 404
    assert client.get(f"{SHELF}/nothing/compare").status_code == 404
    assert client.post(f"{SHELF}/nothing/state", {"to": "on"}).status_code == 404
