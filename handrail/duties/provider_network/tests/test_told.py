"""Keeping what offices said, calling several, asking again: on the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.duties.provider_network.actions import calling, keeping, looking, telling
from handrail.duties.provider_network.actions.finding import find
from handrail.duties.provider_network.actions.telling import Telling, TellingError
from handrail.duties.provider_network.models import Asking, Relying, Told
from handrail.duties.provider_network.models import Plan as PlanRow
from handrail.duties.provider_network.resources import CALL, RECHECK, Plan
from handrail.duties.provider_network.room import ROOM
from handrail.duties.provider_network.rules.calling import CallError
from handrail.duties.provider_network.tests.offices import HART, LIND, PLAN, referral
from handrail.fhir.directory.aging import Trust
from handrail.fhir.directory.candidates import Wanted
from handrail.fhir.directory.telling import Answer
from handrail.fhir.errors import ForbiddenError, NotFoundError, VersionConflictError
from handrail.record import store
from handrail.record.clock import sweep_one

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).date()


def tell(by, about=HART, answer=Answer.YES, ago=0, **more):
    on = TODAY - timedelta(days=ago) if ago else None
    known = {"about": about, "plan": Plan(name=PLAN), "answer": answer, "told_by": "Jo", "on": on}
    return telling.tell(by, Telling(**known | more))


def sweep(by, days=0):
    (found,) = ROOM.sweeps
    at = datetime.now(UTC) + timedelta(days=days)
    return sweep_one(by.org, ROOM.name, found, at, due_only=False)


def tasks(by, kind):
    with acting(by):
        ids = Asking.objects.filter(kind=kind).values_list("source", flat=True)
        return [store.read(f"Task/{one}", by=by).resource for one in ids]


def test_an_answer_makes_its_plan_once_whatever_the_spelling(kim, maria):
    first = tell(kim, ago=1)
    again = tell(kim, answer=Answer.NO, plan=Plan(name="blue-harbor  silver hmo"))
    with acting(kim):
        assert [row.name for row in PlanRow.objects.all()] == [PLAN]
        assert Told.objects.count() == 2
    assert first.told.plan == again.told.plan
    (on_plan,) = looking.see_office(kim, HART).plans
    assert on_plan.standing.trust is Trust.CONTRADICTED
    assert [one.answer for one in on_plan.every] == [Answer.NO, Answer.YES]


def test_what_was_said_is_never_changed_only_taken_back(kim, maria):
    saved = tell(kim)
    telling.take_back(kim, saved.told.id)
    (on_plan,) = looking.see_office(kim, HART).plans
    assert on_plan.standing.trust is Trust.NOBODY_ASKED
    assert [one.stands for one in on_plan.every] == [False]
    assert telling.take_back(kim, saved.told.id).transaction == 0


def test_it_can_be_undone(kim, maria):
    store.undo(tell(kim).transaction, by=kim)
    assert looking.see_office(kim, HART).plans == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"answer": None}, "answer"),
        ({"plan": Plan(name=" - ")}, "plan"),
        ({"plan": Plan(name="x" * 121)}, "plan"),
        ({"told_by": "x" * 101}, "told_by"),
        ({"ago": -2}, "on"),
        ({"ago": 4000}, "on"),
        ({"via": "pigeon"}, "answer"),
    ],
)
def test_what_cannot_be_is_refused_by_field(kim, maria, wrong, field):
    with pytest.raises(TellingError) as refused:
        tell(kim, **wrong)
    assert refused.value.field == field
    with acting(kim):
        assert not Told.objects.exists()


@pytest.mark.parametrize("about", ["Patient/maria", "PractitionerRole/none", "x"])
def test_only_an_office_says_something(kim, maria, about):
    with pytest.raises(NotFoundError):
        tell(kim, about=about)


def test_clinicians_read_what_was_told_and_do_not_write_it(kim, maria, principal_for):
    tell(kim)
    nora = principal_for("clinician")
    with pytest.raises(ForbiddenError):
        tell(nora)
    assert looking.see_office(nora, HART).plans


def test_three_offices_are_called_and_an_answer_ends_its_call(kim, maria):
    listed = calling.put_on_list(kim, "maria", [HART, LIND, HART], Plan(name=PLAN))
    assert listed.offices == 2
    assert calling.put_on_list(kim, "maria", [HART], Plan(name=PLAN)).offices == 0
    assert len(tasks(kim, CALL)) == 2

    assert tell(kim).ended == 1

    (left,) = calling.call_list(kim, "maria").calls
    assert left.office.reference == LIND
    tried = calling.not_reached(kim, left.task, "Nobody answered", if_match=left.version)
    assert tried.tries == 1
    assert tried.again_on > TODAY
    with pytest.raises(VersionConflictError):
        calling.not_reached(kim, left.task, "Nobody answered", if_match=left.version)


def test_a_call_list_needs_offices_and_somebody(kim, maria):
    for patient, offices in (("maria", []), ("", [HART]), ("maria", ["Patient/maria"])):
        with pytest.raises(CallError):
            calling.put_on_list(kim, patient, offices, Plan(name=PLAN))
    with pytest.raises(NotFoundError):
        calling.put_on_list(kim, "maria", ["PractitionerRole/none"], Plan(name=PLAN))


def test_a_referral_that_rests_on_an_old_answer_asks_again_until_somebody_answers(kim, maria):
    tell(kim, ago=59)
    with acting(kim):
        store.commit([referral()], by=kim, reason="test")
        assert [row.about for row in Relying.objects.all()] == [HART]
    assert sweep(kim) == 0
    assert sweep(kim, days=2) == 1
    assert sweep(kim, days=3) == 0
    (task,) = tasks(kim, RECHECK)
    assert task["focus"]["reference"] == HART

    assert tell(kim, answer=Answer.ONLY_EXISTING).ended == 1
    assert tasks(kim, RECHECK) == []


def test_a_referral_that_ended_needs_no_asking(kim, maria):
    tell(kim, ago=80)
    with acting(kim):
        store.commit([referral()], by=kim, reason="test")
    assert sweep(kim) == 1
    with acting(kim):
        done = store.read("ServiceRequest/referral", by=kim).resource | {"status": "completed"}
        store.commit([done], by=kim, reason="test")
    assert sweep(kim) == 1
    assert tasks(kim, RECHECK) == []


def test_a_provider_is_written_down_by_hand_and_put_right(kim, maria):
    typed = keeping.Provider(
        name="Ann Moor", organization="Moor Clinic", phone="555-010-0123", zip_code="06103",
        specialty="Cardiovascular medicine", languages=("es",), token="moor",
    )  # fmt: skip
    kept = keeping.add_provider(kim, typed)
    assert keeping.add_provider(kim, typed).transaction == 0
    seen = looking.see_office(kim, kept.reference).office
    assert (seen.name, seen.organization, seen.phones) == (
        "Ann Moor", "Moor Clinic", ("555-010-0123",),
    )  # fmt: skip
    assert seen.typed_here
    with acting(kim):
        role = store.read(kept.reference, by=kim).resource
    assert role["specialty"][0]["coding"][0]["code"] == "207RC0000X"
    rare = keeping.Provider(name="Bo Rare", phone="555-010-0124", specialty="Sleep coaching")
    keeping.add_provider(kim, rare)
    (found,) = find(kim, Wanted(kind="specialist", words="sleep")).rows
    assert found.name == "Bo Rare"
    keeping.correct(kim, "moor", keeping.Correction(phone="555-010-0199", active=False))
    seen = looking.see_office(kim, kept.reference).office
    assert (seen.phones, seen.active) == (("555-010-0199",), False)
    with pytest.raises(VersionConflictError):
        keeping.correct(kim, "moor", keeping.Correction(), if_match=1)


@pytest.mark.parametrize(
    "typed",
    [{"phone": "555"}, {"name": "A"}, {"name": "A", "phone": "5", "zip_code": "061"},
     {"name": "A", "email": "nobody"}],
)  # fmt: skip
def test_a_provider_has_a_name_and_a_way_to_be_reached(kim, maria, typed):
    with pytest.raises(TellingError):
        keeping.add_provider(kim, keeping.Provider(**typed))
