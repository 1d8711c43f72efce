"""The tables kept beside the record: shared safely, and always what a rebuild would make."""

from __future__ import annotations

import pytest

from handrail.access.database import acting, cursor
from handrail.access.principal import system
from handrail.fhir.work import Step, open_task
from handrail.record import store
from handrail.record.projecting import tables
from handrail.record.registry import registry

SAME = "one-id"


def test_a_table_that_several_types_share_tells_the_type_of_the_source():
    for table in tables():
        types = {
            projection.of
            for projections in registry.projections.values()
            for projection in projections
            if projection.into is table
        }
        fields = {field.name for field in table._meta.get_fields()}
        assert len(types) == 1 or "source_type" in fields, table.__name__


@pytest.mark.django_db
def test_ids_are_unique_only_within_a_type(org):
    by = system(org.id, "test", "A test")
    step = Step(
        kind="step",
        step="Call",
        why="A test",
        patient="p1",
        owner="Practitioner/ana",
        look_by="2026-11-23T17:00:00-05:00",
        authored_at="2026-11-21T09:00:00-05:00",
    )
    team = {
        "resourceType": "CareTeam",
        "id": SAME,
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "participant": [{"member": {"reference": "Practitioner/ana"}}],
    }
    task = open_task(step, SAME)
    store.commit([{"resourceType": "Patient", "id": "p1"}, team, task], by=by, reason="test")
    assert ties(by) == {("CareTeam", "care-team"), ("Task", "task")}
    store.commit([{**team, "status": "inactive"}], by=by, reason="test")
    assert ties(by) == {("Task", "task")}
    store.commit([store.Draft(delete=f"Task/{SAME}")], by=by, reason="test")
    assert ties(by) == set()


def ties(by):
    """Return (type, kind) of the care relationships with what has the same id."""
    with acting(by):
        found = cursor().execute(
            "select source_type, kind from access_relationship where source = %s", [SAME]
        )
        return {tuple(row) for row in found}
