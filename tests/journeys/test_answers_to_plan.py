"""From the first conversation to an agreed plan: nothing is typed twice, and nobody is forgotten.

The story crosses intake, needs, the plan library, care plans, the team, the desk and the FHIR API.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from handrail.access import accounts, keys
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.desk.models import WorkItem
from handrail.fhir import work
from handrail.record import store
from handrail.record.verify import verify
from tests.fhir_client import Client as Ehr

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the river"
ROSA = "/patients/rosa"
SOON = (datetime.now(UTC).date() + timedelta(days=10)).isoformat()


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def ana(house, install):
    install()
    new = NewMember(
        username="ana", name="Ana Silva", roles=frozenset({Role.COORDINATOR}), password=PASSWORD
    )
    with acting(house):
        person = accounts.add(house, new).membership.person
        store.commit(
            [
                {
                    "resourceType": "Patient",
                    "id": "rosa",
                    "name": [{"given": ["Rosa"], "family": "Delgado"}],
                    "birthDate": "1952-03-14",
                    "gender": "female",
                },
                {
                    "resourceType": "EpisodeOfCare",
                    "id": "e1",
                    "status": "active",
                    "patient": {"reference": "Patient/rosa"},
                    "careManager": {"reference": person, "display": "Ana Silva"},
                },
            ],
            by=house,
            reason="test",
        )
    web = Client()
    assert web.post("/sign-in", {"username": "ana", "password": PASSWORD}).status_code == 303
    return web


def body(web, where):
    answer = web.get(where)
    assert answer.status_code == 200, where
    return answer.content.decode()


def text(web, where):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body(web, where)))


def form_in(page, name):
    """Return the values of every field of a kind: hidden ones as they stand."""
    return re.findall(rf'name="({name})"[^>]*value="([^"]*)"', page)


def hidden(page, name, after=""):
    start = page.index(after) if after else 0
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', page[start:]).group(1)


def posted(web, where, said):
    done = web.post(where, said)
    assert done.status_code == 303, done.content.decode()[:2000]
    return done["Location"]


def begun(web, form):
    page = body(web, f"{ROSA}/assessments")
    option = re.search(rf'<option value="([^"]+)"[^>]*>[^<]*{form}', page).group(1)
    start = re.search(r'action="([^"]*)"[^>]*>(?:(?!</form>).)*id="start"', page, re.DOTALL)
    action = start.group(1) if start else f"{ROSA}/assessments"
    fields = {"form": option}
    for name, value in form_in(page, "way|language"):
        fields.setdefault(name, value)
    return posted(web, action, fields)


def answered(web, where, said, **more):
    """Give answers by (LOINC item, LOINC answer)."""
    page = body(web, where)
    action = re.search(r'<form id="answers"[^>]*action="([^"]*)"', page).group(1)
    given = {f"a:{item}": answer for item, answer in said}
    assert all(f'name="{name}"' in page for name in given)
    return web.post(action, {**given, "if_match": hidden(page, "if_match"), **more})


def tasks(house, kind):
    with acting(house):
        found = [one.resource for one in store.of_patient("rosa", "Task", by=house)]
    return [task for task in found if work.kind_of(task) == kind]


def resources(house, kind):
    with acting(house):
        return [one.resource for one in store.of_patient("rosa", kind, by=house)]


def confirmed(web, where):
    """Confirm every need that is proposed; return where that leads."""
    page = body(web, where)
    choices = re.findall(r'name="([^"]+)"[^>]*value="confirm"', page)
    action = re.search(r'<form[^>]*action="([^"]*needs[^"]*)"', page).group(1)
    carried = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    carried.pop("csrfmiddlewaretoken", None)
    return posted(web, action, {**carried, **dict.fromkeys(choices, "confirm")})


def taken(web, where):
    """Take the first suggestion as it stands; return where that leads."""
    page = body(web, where)
    key = hidden(page, "take")
    fields = form_in(page, r"(?:words|step|due|owner)-[^\"]+")
    said = {name: value for name, value in fields if name.endswith(key)}
    owner = re.search(rf'name="owner-{re.escape(key)}".*?value="([^"]*)" selected', page, re.DOTALL)
    said[f"owner-{key}"] = owner.group(1)
    return posted(web, where, {"take": key, **said})


def states(house):
    return {c["verificationStatus"]["coding"][0]["code"] for c in resources(house, "Condition")}


def test_an_answer_becomes_a_need_a_goal_and_a_step_without_being_typed_again(ana, house, org):
    where = begun(ana, "Hunger Vital Sign")
    done = answered(ana, where, [("88122-7", "LA28397-0")], then="finish")
    assert done["Location"].startswith(f"{ROSA}/needs")
    (response,) = resources(house, "QuestionnaireResponse")
    assert (response["status"], states(house)) == ("completed", {"unconfirmed"})
    where = confirmed(ana, done["Location"])
    assert (where, states(house)) == (f"{ROSA}/plan/suggestions", {"confirmed"})
    assert taken(ana, where) == f"{ROSA}/plan"
    (goal,), (step,), (plan,) = (
        resources(house, "Goal"), tasks(house, "plan-step"), resources(house, "CarePlan"),
    )  # fmt: skip
    needs = {f"Condition/{c['id']}" for c in resources(house, "Condition")}
    assert {one["reference"] for one in goal["addresses"]} <= needs
    assert plan["activity"] == [{"reference": {"reference": f"Task/{step['id']}"}}]
    with acting(house):
        assert WorkItem.objects.filter(patient="rosa", source=step["id"]).exists()
    assert verify(org.id).wrong == []


def test_an_ehr_reads_the_plan(ana, house, principal_for):
    posted(ana, f"{ROSA}/plan", {"form": "goal", "words": "Walk", "priority": "high-priority"})
    key = keys.add(principal_for(Role.ADMINISTRATOR), "The EHR", ["system/*.rs"])
    found = Ehr(key.secret).get("/CarePlan?patient=rosa&category=assess-plan")
    (entry,) = found.json["entry"]
    assert "Walk" in entry["resource"]["text"]["div"]


def test_a_step_of_the_person_is_on_the_list_of_who_coordinates(ana, house):
    goal = {"form": "goal", "words": "Walk to church", "priority": "high-priority"}
    posted(ana, f"{ROSA}/plan", goal)
    step = {"form": "step", "words": "Walk to the corner", "owner": "Patient/rosa", "due_on": SOON}
    posted(ana, f"{ROSA}/plan", step)
    with acting(house):
        (row,) = WorkItem.objects.filter(patient="rosa", kind="plan-step")
    assert (row.owner_name, row.waiting_on) == ("Ana Silva", "Rosa Delgado")
    assert "The person or family does it" in text(ana, f"{ROSA}/team")


def test_thoughts_of_death_open_the_safety_protocol_before_anything_is_finished(ana, house):
    where = begun(ana, "PHQ-9")
    answered(ana, where, [("44260-8", "LA6569-3")])
    (task,) = tasks(house, "safety-protocol")
    assert task["status"] == "requested"
    there = re.search(rf'href="({where}/safety/[^"]+)"', body(ana, where)).group(1)
    assert "988" in body(ana, there)
    with acting(house):
        assert WorkItem.objects.filter(patient="rosa", kind="safety-protocol").exists()
