"""Find a provider: who takes the plan, is near and soon, and why they stand where they stand."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.provider_network.actions.finding import (
    Filters,
    candidates,
    find,
    specialties,
)
from handrail.duties.provider_network.tests.directories import CARDIOLOGY, NETWORK, ROOM, role, site
from handrail.fhir.directory.candidates import Wanted
from handrail.fhir.directory.telling import Answer, Told, verification
from handrail.fhir.errors import ForbiddenError
from handrail.record import store
from handrail.record.statements import count

pytestmark = pytest.mark.django_db
PLAN = {
    "resourceType": "InsurancePlan",
    "id": "blue",
    "status": "active",
    "name": "Blue Harbor HMO",
    "ownedBy": {"reference": "Organization/blue-payer"},
    "network": [{"reference": f"Organization/{NETWORK}"}],
}
OTHER = PLAN | {
    "id": "green",
    "name": "Green",
    "network": [{"reference": "Organization/green-net"}],
}


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def dana(principal_for):
    return principal_for("coordinator", person="Practitioner/dana")


@pytest.fixture
def offices(house):
    """Four cardiologists: near, far, in no network, and one who takes nobody new."""
    every = [PLAN, OTHER]
    for name, code, more in (
        ("near", "06103", {"networks": [NETWORK]}),
        ("far", "06810", {"networks": [NETWORK]}),
        ("other", "06103", {"networks": ["green-net"]}),
        ("closed", "06103", {"networks": [NETWORK], "accepting": "nopt"}),
    ):
        languages = ("es",) if name == "far" else ()
        every += site(name, person=name, zip_code=code, languages=languages)
        every.append(role(name, locations=(name,), practitioner=name, **more))
    with acting(house):
        store.commit(every, by=house, reason="test", room=ROOM)


def wanted(**more):
    given = {"kind": "specialist", "specialties": (CARDIOLOGY,), "near": "06103"}
    return Wanted(**(given | more))


def told(house, about, answer, **more):
    made = Told(
        about=(about,),
        plan="blue",
        plan_name="Blue Harbor HMO",
        answer=answer,
        told_at="2026-11-20T15:00:00Z",
        told_by="Ms. Hill",
        **more,
    )
    with acting(house):
        store.commit([verification(made)], by=house, reason="test", room=ROOM)


def names(found):
    return [row.reference.partition("/")[2] for row in found.rows]


def words(row):
    return " ".join(reason.words for reason in row.reasons)


def test_the_nearest_that_takes_the_plan_comes_first(dana, offices):
    found = find(dana, wanted(plan="blue harbor hmo"))

    assert names(found) == ["near", "far", "other", "closed"]
    assert found.total == 4
    first = found.rows[0]
    assert (first.rank, first.minutes, round(first.kilometres or 0)) == (1, 6, 0)
    assert "The directory lists Blue Harbor HMO" in words(first)
    assert "lists other plans, not Blue Harbor HMO" in words(found.rows[2])
    assert first.channels == {"phone": "555-010-0100"}


def test_what_people_were_told_changes_the_order(dana, house, offices):
    told(house, "PractitionerRole/near", Answer.NO)
    told(house, "Location/far", Answer.YES, wait_days=4, new_patients="newpt")

    found = find(dana, wanted(plan="InsurancePlan/blue"))

    assert names(found)[0] == "far"
    assert names(found)[-1] == "near"
    assert "told on" in words(found.rows[0])
    assert "by Ms. Hill" in words(found.rows[0])
    assert "Wait for a first visit: 4 days" in words(found.rows[0])
    assert "The directory says otherwise." in words(found.rows[-1])


def test_filters_say_how_many_more_each_would_add(dana, offices):
    found = find(
        dana,
        wanted(plan="Blue Harbor HMO", language="es"),
        Filters(plan=True, language=True, within=30),
    )
    assert (names(found), found.relaxations["within"]) == ([], 0)

    found = find(dana, wanted(plan="Blue Harbor HMO"), Filters(plan=True, within=30))
    assert names(found) == ["near", "closed"]
    assert found.relaxations == {"plan": 1, "within": 0}

    found = find(dana, wanted(language="es"), Filters(language=True))
    assert names(found) == ["far"]
    assert found.relaxations == {"language": 3}


def test_a_distance_without_a_place_and_a_plan_without_a_name_filter_nothing(dana, offices):
    found = find(dana, wanted(near="nowhere"), Filters(plan=True, within=5))

    assert len(found.rows) == 4
    assert found.rows[0].kilometres is None


@pytest.mark.parametrize(
    ("asked", "one"),
    [
        ("Examplenear", "near"),
        ("ann examplenear", "near"),
        ("office far", "far"),
        ("group other", "other"),
    ],
)
def test_words_are_names_of_people_and_offices(dana, house, offices, asked, one):
    group = role("at-group", organization="other-office", locations=("other",))
    with acting(house):
        store.commit([group], by=house, reason="test", room=ROOM)
    found = find(dana, wanted(specialties=(), words=asked))

    assert one in names(found) or "at-group" in names(found)


@pytest.mark.parametrize("nonsense", ["zzzz", "%", "'; --", "\x00", "é" * 5000])
def test_words_that_mean_nothing_find_nobody(dana, offices, nonsense):
    assert find(dana, wanted(specialties=(), words=nonsense)).rows in (
        (),
        find(dana, wanted(specialties=())).rows,
    )


def test_specialties_have_the_names_an_operator_loaded(dana, house, offices):
    assert specialties(dana) == [(CARDIOLOGY, CARDIOLOGY)]
    system_of_codes = {
        "resourceType": "CodeSystem",
        "id": "nucc",
        "url": "http://nucc.org/provider-taxonomy",
        "status": "active",
        "content": "complete",
        "concept": [{"code": CARDIOLOGY, "display": "Invented Heart Doctor"}],
    }
    with acting(house):
        store.commit([system_of_codes], by=house, reason="test")

    assert specialties(dana) == [(CARDIOLOGY, "Invented Heart Doctor")]
    assert names(find(dana, wanted(specialties=(), words="heart")))[0] == "near"


def test_the_same_question_takes_a_bounded_number_of_statements(dana, offices):
    before = count.sent
    find(dana, wanted(plan="Blue Harbor HMO", language="es"), Filters(plan=True))
    assert count.sent - before <= 14


def test_others_ask_for_candidates(dana, offices):
    assert candidates(dana, wanted(kind="service")) == []
    first = candidates(dana, wanted(plan="Blue Harbor HMO", at_most=2))[0]

    assert (first.reference, first.channels) == ("PractitionerRole/near", {"phone": "555-010-0100"})
    assert first.reasons


def test_who_may_not_read_the_directory_is_refused(principal_for, offices):
    with pytest.raises(ForbiddenError):
        find(principal_for("auditor"), wanted())
