"""What was derived is disposable: rebuilt, it is the same row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.hl7v2.receiving import receive
from handrail.edge.hl7v2.tests.messages import adt
from handrail.record import store
from handrail.record.projecting import table_of, tables
from handrail.record.rebuild import rebuild
from handrail.record.registry import registry
from handrail.record.renewing import outdated
from handrail.record.statements import rows, run
from handrail.site.opening import bring_up_to_date

pytestmark = pytest.mark.django_db


def everything(by) -> dict[str, list[str]]:
    """Return every derived row, as text."""
    derived = [*map(table_of, tables()), "record_current"]
    with acting(by):
        return {
            table: sorted(
                str(row)
                for (row,) in rows(f"SELECT to_jsonb(t)::text FROM {table} t WHERE org = {by.org}")  # noqa: S608 - own tables
            )
            for table in dict.fromkeys(derived)
        }


def test_every_table_rebuilt_is_the_same_row_by_row(org):
    by = system(org.id, "test", "A test")
    for event, hours in (("A01", 0), ("A02", 5), ("A03", 48), ("A31", 50)):
        receive(adt(event, hours), org.id)
    (reference,) = store.identified("Patient", "", "70021", by=by)
    episode = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": reference},
        "careManager": {"reference": "Practitioner/kim"},
        "period": {"start": "2026-11-18"},
    }
    foreign = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": reference},
        "description": "Somebody else's request",
    }
    done = {**foreign, "status": "completed", "description": "Long done"}
    store.commit([episode, foreign, done], by=by, reason="test")
    before = everything(by)
    assert before["desk_work_item"]
    assert before["desk_moment"]
    rebuild()
    assert everything(by) == before


def test_rows_of_an_older_kind_are_made_anew_when_handrail_starts(org, install):
    install()
    by = system(org.id, "test", "A test")
    store.commit([{"resourceType": "Location", "id": "home"}], by=by, reason="test")
    before = everything(by)
    with acting(by):
        run("COMMENT ON TABLE record_current IS NULL")
        run("UPDATE record_current SET tokens = '{}' WHERE org = %s", (by.org,))
    said: list[str] = []
    assert outdated()
    assert bring_up_to_date(said.append)
    assert "older kind" in said[0]
    assert not outdated()
    assert everything(by) == before
    assert not bring_up_to_date(said.append)
    assert len(said) == 2


def test_a_table_that_is_new_is_filled_from_the_record_when_handrail_starts(org, install):
    install()
    by = system(org.id, "test", "A test")
    service = {"resourceType": "HealthcareService", "id": "pantry", "name": "Example Pantry"}
    store.commit([service, {"resourceType": "Location", "id": "home"}], by=by, reason="test")
    bring_up_to_date(lambda _: None)
    before = everything(by)
    assert before["community_service"]
    with acting(by):
        run("COMMENT ON TABLE community_service IS NULL")
        run("DELETE FROM community_service WHERE org = %s", (by.org,))
    assert outdated() == ("community_service",)
    said: list[str] = []
    assert bring_up_to_date(said.append)
    assert said[1] == "Made the rows of 1 resources anew."
    assert everything(by) == before
    assert outdated() == ()


def test_a_rule_of_a_table_that_counts_its_kind_up_is_followed(org, install, monkeypatch):
    install()
    by = system(org.id, "test", "A test")
    store.commit([{"resourceType": "Location", "id": "home"}], by=by, reason="test")
    bring_up_to_date(lambda _: None)
    changed = [
        replace(one, kind=2) if table_of(one.into) == "community_place" else one
        for one in registry.projections["Location"]
    ]
    monkeypatch.setitem(registry.projections, "Location", changed)
    assert outdated() == ("community_place",)
    assert bring_up_to_date(lambda _: None)
    assert outdated() == ()
