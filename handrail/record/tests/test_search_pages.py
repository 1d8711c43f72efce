"""Pages: in order, whole, and of one moment, whatever is written between them."""

from __future__ import annotations

import pytest

from handrail.access.principal import system
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.search.bounds import SearchAgainError, TooCostlyError
from handrail.record.tests.searching import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


def commit(by, *resources):
    store.commit(resources, by=by, reason="test")


@pytest.fixture
def record(by):
    commit(by, *everybody())


def asked(text):
    kind, _, query = text.partition("?")
    return parse(kind, [tuple(pair.split("=", 1)) for pair in query.split("&") if pair])


def ids(found):
    return [one.id for one in found.entries]


def through(by, text, between=lambda _: None):
    """Go through all pages; ``between`` happens after each."""
    pages, after = [], None
    while True:
        found = store.search(asked(text), by=by, after=after)
        pages.append(found)
        if found.after is None:
            return pages
        between(len(pages))
        after = found.after


def entries(pages):
    return [identity for page in pages for identity in ids(page)]


QUESTIONS = [
    "Observation?status=final&_count=2",
    "Observation?status=final&_sort=date&_count=2",
    "Observation?status=final&_sort=-date&_count=3",
    "Observation?patient=p1&_sort=-date&_count=1",
    "Observation?patient=p1&_sort=date&_count=1",
    "Observation?_sort=-_lastUpdated&_count=4",
    "Observation?date=ge2026-01-03&_count=2",
    "Observation?status:not=final&_sort=-_id&_count=2",
    "Observation?patient.name=moreno&_count=2",
    "Observation?patient.gender=male&code=code1&_sort=date&_count=1",
    "Observation?_sort=code,-date&_count=4",
    "Task?owner=Practitioner/ada&status=requested,accepted,on-hold&_sort=-authored-on&_count=1",
    "Task?owner=Practitioner/ada&status=requested,accepted,on-hold&_sort=due&_count=1",
    "Task?status=requested,accepted,on-hold&_sort=due&_count=2",
    "Patient?name:contains=ore&_count=1",
]


def observation(identity, **more):
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "code1"}], "text": "code"},
        **more,
    }


def stir(by, number):
    """Change, delete and add what every question above is about."""
    commit(by, observation(f"a{number}", subject={"reference": "Patient/p1"}))
    commit(by, observation(f"o1-{number}", effectiveDateTime="2027-01-01"))
    for kind, identity in (("Observation", f"o3-{number}"), ("Task", f"t{number}")):
        store.commit([store.Draft(delete=f"{kind}/{identity}")], by=by, reason="test")
    task = store.read("Task/t0", by=by).resource
    commit(by, {**task, "authoredOn": f"2020-01-0{number}", "description": str(number)})
    commit(by, {"resourceType": "Patient", "id": "p3", "name": [{"family": f"Other{number}"}]})


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("text", [one for one in QUESTIONS if "patient." not in one])
def test_pages_show_one_moment(by, text):
    before = entries(through(by, text))
    assert len(before) == len(set(before)) >= 2
    stirred = through(by, text, lambda number: stir(by, number) if number < 3 else None)
    assert entries(stirred) == before
    assert entries(through(by, text)) != before


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("text", QUESTIONS)
def test_pages_are_the_whole_in_order(by, text):
    whole = ids(store.search(asked(text.partition("&_count")[0] + "&_count=1000"), by=by))
    assert entries(through(by, text)) == whole
    assert len(whole) >= 2


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("text", QUESTIONS)
def test_every_way_has_the_same_order(by, text, monkeypatch):
    usual = entries(through(by, text))
    monkeypatch.setattr("handrail.record.search.ways.FEW", 1)
    assert entries(through(by, text)) == usual
    monkeypatch.setattr("handrail.record.search.pages.NEAR", 0)
    assert entries(through(by, text)) == usual
    monkeypatch.setattr("handrail.record.search.ways.CANDIDATES", 1)
    assert entries(through(by, text)) == usual


@pytest.mark.usefixtures("record")
class TestTotals:
    def test_they_stay(self, by):
        pages = through(
            by, "Observation?status=final&_count=2&_total=accurate", lambda n: stir(by, n % 3)
        )
        assert {page.total for page in pages} == {6}

    def test_they_are_right_where_resources_decide(self, by):
        found = store.search(asked("Patient?name:contains=ore&_count=1&_total=accurate"), by=by)
        assert found.total == 2
        assert store.search(asked("Patient?name:contains=ore&_summary=count"), by=by).total == 2

    def test_an_estimate_of_few_is_exact(self, by):
        found = store.search(asked("Observation?status=final&_count=1&_total=estimate"), by=by)
        assert found.total == 6

    def test_an_estimate_of_many_is_the_databases(self, by, monkeypatch):
        monkeypatch.setattr("handrail.record.search.counting._COUNTED", 2)
        found = store.search(asked("Observation?status=final&_count=1&_total=estimate"), by=by)
        assert found.total >= 3


@pytest.mark.usefixtures("record")
class TestOrder:
    def test_several_keys(self, by):
        found = ids(store.search(asked("Observation?patient=p1&_sort=status,-date"), by=by))
        assert found == ["o1-3", "o1-1", "o1-2"]

    def test_what_has_no_value_is_last_both_ways(self, by):
        commit(by, {"resourceType": "Patient", "id": "nobody"})
        for sort in ("family", "-family", "birthdate", "-birthdate", "gender"):
            assert ids(store.search(asked(f"Patient?_sort={sort}"), by=by))[-1] == "nobody", sort

    def test_names_and_codes(self, by):
        found = ids(store.search(asked("Patient?_sort=family,-birthdate"), by=by))
        assert found == ["p5", "p2", "p3", "p0", "p4", "p1"]

    def test_too_much_to_sort_says_what_can_be(self, by, monkeypatch):
        monkeypatch.setattr("handrail.record.search.sorting.SORTED", 3)
        with pytest.raises(TooCostlyError, match="_lastUpdated"):
            store.search(asked("Patient?_sort=family"), by=by)


@pytest.mark.usefixtures("record")
class TestBounds:
    def test_too_much_changed(self, by, monkeypatch):
        first = store.search(asked("Observation?status=final&_count=2"), by=by)
        stir(by, 1)
        monkeypatch.setattr("handrail.record.search.snapshot.CHANGED", 1)
        with pytest.raises(SearchAgainError, match="Search again"):
            store.search(asked("Observation?status=final&_count=2"), by=by, after=first.after)

    def test_too_many_candidates(self, by, monkeypatch):
        monkeypatch.setattr("handrail.record.search.execute.CANDIDATES", 2)
        monkeypatch.setattr("handrail.record.search.execute._BATCH", 2)
        with pytest.raises(TooCostlyError, match="patient="):
            store.search(asked("Patient?name=lindqvist kit&_count=1"), by=by)

    def test_no_way_is_short_enough(self, by, monkeypatch):
        for bound in ("FEW", "CANDIDATES", "MANY"):
            monkeypatch.setattr(f"handrail.record.search.ways.{bound}", 1)
        with pytest.raises(TooCostlyError, match="too much"):
            store.search(asked("Observation?status:not=final"), by=by)

    def test_pages_are_long_enough(self, by):
        assert len(store.search(asked("Observation?_count=5000"), by=by).entries) == 18
        assert store.search(asked("Observation?_count=0"), by=by).total == 18
