"""Deciding about needs, adding one, asking again: against PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from handrail.access.database import acting
from handrail.duties.needs.actions import adding, deciding, seeing
from handrail.duties.needs.actions.adding import Added, KnownNeedError
from handrail.duties.needs.actions.deciding import Choice, UndecidedError
from handrail.duties.needs.models import Addressed, Need
from handrail.duties.needs.resources import need_of
from handrail.duties.needs.rules.deciding import Verdict
from handrail.duties.needs.tests.conftest import answer
from handrail.duties.needs.tests.paper import NEVER, OFTEN, coding, response
from handrail.fhir import work
from handrail.fhir.errors import (
    BusinessRuleError,
    ForbiddenError,
    NotFoundError,
    VersionConflictError,
)
from handrail.fhir.profiles import faults
from handrail.fhir.text import parse
from handrail.record import store
from handrail.record.known import known
from handrail.record.promises import broken

FOOD = "Worries that food runs out before there is money for more"
LOW = "Signs of depression (PHQ-9 of 10 or more): a clinician should look"
FAMILY = "Has family to count on"


def state(needs_of, words: str) -> str:
    return need_of(needs_of()[words].resource).state


def tasks(kim) -> list:
    with acting(kim):
        found = [each.resource for each in store.of_patient("maria", "Task", by=kim)]
    return [one for one in found if work.kind_of(one) == "ask-again"]


def test_answers_from_elsewhere_propose_needs_and_a_strength_once(kim, answered, needs_of):
    assert set(needs_of()) == {FOOD, LOW, FAMILY}
    assert {state(needs_of, words) for words in needs_of()} == {"proposed"}
    wrong = [f for one in needs_of().values() for f in faults(one.resource)]
    assert not [fault for fault in wrong if fault.severity == "error"]
    answer(kim, coding("q1", OFTEN), status="amended")
    answer(kim, coding("q2", OFTEN), identity="r2")
    assert len(needs_of()) == 3


def test_a_shipped_form_is_found_by_its_url_and_understood_by_its_codes(kim, maria, needs_of):
    text = (Path(settings.HANDRAIL_RULES) / "instruments/hunger-vital-sign.json").read_bytes()
    form = parse(text) | {"id": "handrail-hunger-vital-sign"}
    with acting(kim):
        store.commit([form], by=kim, reason="test")
        facts = known(kim.org)
        assert facts.defined("Questionnaire", form["url"])["id"] == form["id"]
        assert facts.defined("Questionnaire", f"{form['url']}|{form['version']}")
        assert facts.defined("Questionnaire", f"{form['url']}|0.0.1") is None
        assert facts.defined("Questionnaire", "urn:example:none") is None
    group = form["item"][0]
    asked = next(each for each in group["item"] if each["type"] in {"choice", "open-choice"})
    said = {"linkId": asked["linkId"], "answer": [{"valueCoding": {"code": OFTEN}}]}
    given = response(identity="shipped", questionnaire=form["url"])
    given["item"] = [{"linkId": group["linkId"], "item": [said]}]
    with acting(kim):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        store.commit([given | {"authored": now}], by=kim, reason="test")
    assert list(needs_of()) == [FOOD]


def test_one_save_decides_everything_and_one_undo_takes_it_back(kim, answered, needs_of):
    now = needs_of()
    saved = deciding.decide(
        kim,
        "maria",
        [
            Choice(
                need=now[FOOD].id, verdict=Verdict.CONFIRM, words="The food is gone by the 20th"
            ),
            Choice(need=now[LOW].id, verdict=Verdict.REFUTE, if_match=now[LOW].version),
            Choice(need=now[FAMILY].id, verdict=Verdict.CONFIRM),
        ],
    )
    assert state(needs_of, "The food is gone by the 20th") == "open"
    assert state(needs_of, LOW) == "refuted"
    assert saved.counts == {Verdict.CONFIRM: 2, Verdict.REFUTE: 1}
    with acting(kim):
        store.undo(saved.transaction, by=kim)
    assert {state(needs_of, words) for words in (FOOD, LOW, FAMILY)} == {"proposed"}


def test_the_same_form_twice_is_one_decision(kim, answered, needs_of):
    choice = Choice(need=needs_of()[FOOD].id, verdict=Verdict.CONFIRM, if_match=1)
    assert deciding.decide(kim, "maria", [choice]).transaction
    assert not deciding.decide(kim, "maria", [choice]).transaction


def test_somebody_else_decided_first_nothing_is_written(kim, answered, needs_of, principal_for):
    lee = principal_for("supervisor", person="Practitioner/lee")
    food, low = needs_of()[FOOD].id, needs_of()[LOW].id
    deciding.refute(lee, "maria", low)
    both = [
        Choice(need=food, verdict=Verdict.CONFIRM, if_match=1),
        Choice(need=low, verdict=Verdict.WORD, words="Is sad", if_match=1),
    ]
    with pytest.raises((VersionConflictError, BusinessRuleError)):
        deciding.decide(kim, "maria", both)
    assert state(needs_of, FOOD) == "proposed"


def test_who_gets_help_already_is_asked_again_by_their_coordinator(kim, answered, needs_of, org):
    food = needs_of()[FOOD].id
    deciding.record_wish(kim, "maria", food, Verdict.HELPED)
    (task,) = tasks(kim)
    assert task["owner"]["reference"] == "Practitioner/lee"
    assert task["focus"]["reference"] == f"Condition/{food}"
    assert need_of(needs_of()[FOOD].resource).wish == "already-getting-help"
    with acting(kim):
        (wish,) = [
            each.resource
            for each in store.of_patient("maria", "Observation", by=kim)
            if each.resource["code"]["coding"][0]["code"] == "help-wish"
        ]
        assert not list(broken(org.id))
    assert not [fault for fault in faults(wish) if fault.severity == "error"]
    later = date.today() + timedelta(days=20)  # noqa: DTZ011 - any day ahead
    deciding.record_wish(kim, "maria", food, Verdict.NOT_NOW, ask_on=later)
    assert sorted(one["status"] for one in tasks(kim)) == ["completed", "requested"]
    deciding.record_wish(kim, "maria", food, Verdict.WANTS)
    assert {one["status"] for one in tasks(kim)} == {"completed"}


def test_asking_again_ends_by_itself(kim, answered, needs_of):
    food, low = needs_of()[FOOD].id, needs_of()[LOW].id
    deciding.record_wish(kim, "maria", food, Verdict.NOT_NOW)
    deciding.record_wish(kim, "maria", low, Verdict.NOT_NOW)
    answer(kim, coding("q1", NEVER), identity="r9", ago=-1.0)
    ended = {one["focus"]["reference"]: one["status"] for one in tasks(kim)}
    assert ended == {f"Condition/{food}": "completed", f"Condition/{low}": "requested"}
    deciding.resolve(kim, "maria", low)
    assert {one["status"] for one in tasks(kim)} == {"completed"}


@pytest.mark.parametrize("days", [0, -3, 4000])
def test_a_day_to_ask_again_that_makes_no_sense_is_refused(kim, answered, needs_of, days):
    food = needs_of()[FOOD].id
    on = date.today() + timedelta(days=days)  # noqa: DTZ011 - any day
    with pytest.raises(BusinessRuleError):
        deciding.record_wish(kim, "maria", food, Verdict.NOT_NOW, ask_on=on)
    assert state(needs_of, FOOD) == "proposed"


def test_nothing_chosen_no_words_and_somebody_elses_need_are_refused(kim, answered, needs_of):
    with pytest.raises(UndecidedError):
        deciding.decide(kim, "maria", [])
    with pytest.raises(UndecidedError):
        deciding.word(kim, "maria", needs_of()[FOOD].id, "  ")
    with pytest.raises(NotFoundError):
        deciding.refute(kim, "maria", "no-such-need")
    with acting(kim):
        store.commit([{"resourceType": "Patient", "id": "other"}], by=kim, reason="test")
    with pytest.raises(NotFoundError):
        deciding.refute(kim, "other", needs_of()[FOOD].id)


def test_strangers_decide_and_see_nothing(answered, needs_of, principal_for):
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    with pytest.raises(ForbiddenError):
        seeing.see(stranger, "maria")
    with pytest.raises(ForbiddenError):
        deciding.refute(stranger, "maria", needs_of()[FOOD].id)
    assert not seeing.open_needs(stranger).areas


def test_a_need_is_found_by_words_or_code_and_added_as_confirmed(kim, maria, needs_of):
    found = adding.find(kim, "shelter")
    assert found[0].code == "Z59.01"
    assert adding.find(kim, "z59.01")
    assert not adding.find(kim, "")
    added = Added(text="Sleeps at St. Mary's", chosen=found[0].key, searched="shelter", token="t1")
    assert adding.add_need(kim, maria, added).transaction
    assert not adding.add_need(kim, maria, added).transaction
    view = need_of(needs_of()["Sleeps at St. Mary's"].resource)
    assert (view.state, view.icd10, view.domain) == ("open", "Z59.01", "homelessness")
    with pytest.raises(KnownNeedError) as refused:
        adding.add_need(kim, maria, Added(text="", chosen=found[0].key, searched="shelter"))
    assert refused.value.need == "t1"


def test_the_organizations_own_codes_are_offered(kim, maria):
    own = {
        "resourceType": "ValueSet",
        "id": "own",
        "url": adding.OWN_LIST,
        "status": "active",
        "compose": {
            "include": [
                {
                    "system": "urn:example:needs",
                    "concept": [{"code": "pet", "display": "Nobody to feed the cat"}],
                }
            ]
        },
    }
    with acting(kim):
        store.commit([own], by=kim, reason="test")
    (found,) = adding.find(kim, "cat feed")
    assert (found.system, found.code) == ("urn:example:needs", "pet")


def test_a_strength_is_added_in_their_words(kim, maria, needs_of):
    adding.add_strength(kim, maria, "Sings in the choir")
    assert need_of(needs_of()["Sings in the choir"].resource).kind == "strength"
    with pytest.raises(UndecidedError):
        adding.add_strength(kim, maria, "   ")
    with pytest.raises(UndecidedError):
        adding.add_need(kim, maria, Added(text="x" * 501))
    with pytest.raises(UndecidedError):
        adding.add_need(kim, maria, Added(text="x", domain="no-such-domain"))


def test_open_needs_are_counted_by_area_and_goals_address_them(kim, answered, needs_of, org):
    food = needs_of()[FOOD].id
    deciding.confirm_needs(kim, "maria", [food])
    (area,) = seeing.open_needs(kim).areas
    assert (area.code, area.open, area.unaddressed) == ("food-insecurity", 1, 1)
    goal = {
        "resourceType": "Goal",
        "id": "g1",
        "lifecycleStatus": "active",
        "description": {"text": "Food all month"},
        "subject": {"reference": "Patient/maria"},
        "addresses": [{"reference": f"Condition/{food}"}],
    }
    with acting(kim):
        store.commit([goal], by=kim, reason="test")
    listed = seeing.open_needs(kim, "food-insecurity")
    assert (listed.areas[0].unaddressed, listed.total) == (0, 1)
    assert listed.names == {"maria": "Alvarez, Maria Elena"}
    assert not seeing.open_needs(kim, "food-insecurity", only_open=True).rows
    with acting(kim):
        assert Addressed.objects.filter(org=org.id, need=food).count() == 1
        done = goal | {"lifecycleStatus": "cancelled"}
        store.commit([done], by=kim, reason="test")
    assert seeing.open_needs(kim).areas[0].unaddressed == 1
    brief = seeing.brief(kim, "maria")
    assert (brief.areas, brief.to_decide) == ([("food-insecurity", 1)], 2)
    with acting(kim):
        assert Need.objects.filter(org=org.id, patient="maria").count() == 3
