"""What other rooms get: candidates with reasons; room, as the answers to referrals let suppose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.duties.community_resources.actions.looking import look
from handrail.duties.community_resources.models import Answer
from handrail.duties.community_resources.tests import directory
from handrail.fhir.directory.candidates import Wanted
from handrail.fhir.referring.names import DECLINED, KIND
from handrail.fhir.referring.state import with_state
from handrail.fhir.resource import Resource, concept
from handrail.fhir.work import TASK_KIND
from handrail.room import house

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


def answered(identity: str, days: int, answer: str, status: str, reason: str = "") -> Resource:
    at = (NOW - timedelta(days=days)).isoformat(timespec="seconds")
    task: Resource = {
        "resourceType": "Task",
        "id": identity,
        "status": status,
        "intent": "order",
        "code": concept(TASK_KIND, KIND),
        "for": {"reference": "Patient/rosa"},
        "owner": {"reference": "Organization/harvest"},
        "restriction": {"period": {"end": "2030-01-01"}},
    }
    if reason:
        task["statusReason"] = concept(DECLINED, reason)
    return with_state(task, receiver="HealthcareService/pantry", answered=at, answer=answer)


@pytest.fixture
def ana(principal_for):
    return principal_for("coordinator")


def wanted(**more: object) -> Wanted:
    return Wanted(kind="service", **more)  # type: ignore[arg-type]  # fields of what is wanted


def candidates(by, one: Wanted) -> list:
    return [found for answer in house.ask("candidates", by, one) for found in answer]


def test_a_candidate_says_where_it_is_how_it_is_reached_and_why(ana, town):
    found = candidates(ana, wanted(categories=("food-insecurity",), near="02139", language="es"))
    assert [one.reference for one in found] == ["HealthcareService/pantry"]
    one = found[0]
    assert one.name == "Food Pantry (Harvest Table)"
    assert one.channels == {"phone": "(617) 555-0134"}
    assert one.minutes is not None
    words = " ".join(reason.words for reason in one.reasons)
    assert "minutes by road" in words
    assert "Spanish is spoken there." in words


def test_specialists_are_not_of_this_room(ana, town):
    found = house.rooms["community_resources"].offers["candidates"](ana, Wanted(kind="specialist"))
    assert found == []


def test_where_and_in_which_language_are_taken_from_the_record(principal_for, town, keep):
    keep(
        {
            "resourceType": "Patient",
            "id": "rosa",
            "address": [{"use": "home", "postalCode": "01201-0001"}],
        }
    )
    sol = principal_for("supervisor")
    found = candidates(sol, wanted(words="rides", patient="rosa"))
    assert found[0].reference == "HealthcareService/rides"
    assert found[0].kilometres is not None
    assert found[0].kilometres < 1


def test_the_last_answers_say_what_room_there_is_to_everybody(ana, principal_for, town, keep):
    keep(
        {"resourceType": "Patient", "id": "rosa"},
        answered("t1", 20, "accepted", "accepted"),
        answered("t2", 3, "declined", "rejected", "no-capacity"),
    )
    seen = look(ana, "pantry")
    assert (seen.capacity.status, seen.capacity.source) == ("no-capacity", "answers")
    assert seen.capacity.days in {2, 3}
    supposed = seen.capacity.supposed
    assert supposed is not None
    assert (supposed.accepted, supposed.answers) == (1, 2)
    with acting(ana):
        assert not {f.name for f in Answer._meta.get_fields()} & {"patient"}


def test_an_import_does_not_bring_back_what_was_merged(ana, town, keep):
    link = {
        "url": "urn:handrail:replaced-by",
        "valueReference": {"reference": "HealthcareService/beds"},
    }
    keep(directory.service(facts={}, extension=[link]))
    assert candidates(ana, wanted(categories=("food-insecurity",))) == []
