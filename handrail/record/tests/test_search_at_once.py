"""Outside of a transaction the commonest searches are one round trip, by the same rules."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.record import store
from handrail.record.search import often
from handrail.record.search.bounds import TooCostlyError
from handrail.record.statements import count, rows
from handrail.record.tests.searching import everybody
from handrail.record.tests.test_search_pages import QUESTIONS, asked


@pytest.fixture
def by(own_database, org):
    often.forget_all()
    someone = system(org.id, "test", "A test")
    store.commit(everybody(), by=someone, reason="test")
    return someone


def test_it_is_the_same_page_in_one_statement(by):
    for text in QUESTIONS[:8]:
        before = count.sent
        quick = store.search(asked(text), by=by)
        assert count.sent - before == 1
        with acting(by):
            same = store.search(asked(text), by=by)
        assert (quick.entries, quick.total) == (same.entries, same.total), text
        assert quick.after == same.after


def test_it_is_written_down(by):
    text = "Observation?category=vital"
    with acting(by):
        before = AuditEntry.objects.count()
    store.search(asked(text), by=by)
    with acting(by):
        store.search(asked(text), by=by)
        first, second = AuditEntry.objects.filter(what="search Observation").values()
        assert AuditEntry.objects.count() == before + 2
    for entry in (first, second):
        entry.pop("id"), entry.pop("recorded_at")
    assert first == second
    assert len(first["patients"]) == 6


def test_others_see_nothing(by):
    stranger = system(by.org + 1, "test", "Elsewhere")
    assert store.search(asked("Patient?name=moreno"), by=stranger).entries == []


def test_what_takes_another_way_is_written_down_once(by, monkeypatch):
    monkeypatch.setattr("handrail.record.search.ways.FEW", 1)
    found = store.search(asked("Observation?status=final&_count=2"), by=by)
    assert len(found.entries) == 2
    with acting(by):
        assert AuditEntry.objects.filter(what="search Observation").count() == 1


def test_time_is_bounded(by, monkeypatch):
    monkeypatch.setattr("handrail.record.search.bounds.SECONDS", 0.05)
    slow = "SELECT count(*) FROM generate_series(1, 100000000)"
    monkeypatch.setattr("handrail.record.search.counting._counted", lambda *_: rows(slow)[0][0])
    with pytest.raises(TooCostlyError, match="longer than"):
        store.search(asked("Observation?_summary=count"), by=by)
    with acting(by):
        assert rows("SHOW statement_timeout") == [("0",)]
