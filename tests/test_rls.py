"""Row-level security refuses by itself: raw SQL, whoever forgot a filter (P5)."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from django.db import Error, connection, transaction

from handrail.access import policies
from handrail.access.database import acting, cursor, enforce, writing
from handrail.access.models import CareRelationship, Organization, Team
from handrail.access.principal import Principal, Role, system

pytestmark = pytest.mark.django_db

COORDINATOR = Principal(
    org=1,
    person="Practitioner/ana",
    name="Ana Ruiz",
    roles=frozenset({Role.COORDINATOR}),
    teams=("CareTeam/intake",),
)
SUPERVISOR = replace(COORDINATOR, person="Practitioner/sol", roles=frozenset({Role.SUPERVISOR}))
ADMINISTRATOR = replace(COORDINATOR, roles=frozenset({Role.ADMINISTRATOR}))
AUDITOR = replace(COORDINATOR, person="Practitioner/aud", roles=frozenset({Role.AUDITOR}))
OTHER = replace(SUPERVISOR, org=2)


@pytest.fixture(autouse=True)
def two_organizations():
    """Two organizations; a table of notes about patients; two relationships in the first."""
    with connection.cursor() as sql:
        sql.execute("create table note_of (org int, id text, patient text, primary key (org, id))")
    enforce()
    for org in (1, 2):
        with acting(system(org, "test", "Test")):
            Organization.objects.create(id=org, name=f"Organization {org}", slug=f"o{org}")
            Team.objects.create(org=org, id="intake", name="Intake")
            for patient in ("mine", "pool", "far", ""):
                run("insert into note_of values (%s, %s, %s)", org, f"n-{patient}", patient)
            for person, patient in ((COORDINATOR.person, "mine"), ("CareTeam/intake", "pool")):
                CareRelationship.objects.create(
                    org=org, source="s", patient=patient, person=person, kind="care-manager"
                )


def run(sql: str, *values: object) -> list[tuple]:
    found = cursor().execute(sql, values)
    return found.fetchall() if found.description else []


def seen() -> set[str]:
    return {row[0] for row in run("select patient from note_of")}


def half_a_commit() -> None:
    with writing():
        run("insert into note_of values (1, 'half', 'mine')")
        run("select 1 / 0")


def refused(sql: str, *values: object) -> bool:
    try:
        with transaction.atomic():
            run(sql, *values)
    except (Error, psycopg.Error) as error:
        return "row-level security" in str(error)
    return False


def test_without_a_principal_nothing_is_seen_or_written():
    assert seen() == set()
    assert refused("insert into note_of values (1, 'x', '')")


def test_a_supervisor_sees_every_patient_of_the_organization_and_no_other():
    with acting(SUPERVISOR):
        assert seen() == {"mine", "pool", "far", ""}
        assert run("select count(*) from note_of") == [(4,)]
        assert run("select count(*) from note_of where org = 2") == [(0,)]


def test_a_coordinator_sees_related_patients_those_of_teams_and_what_is_nobodys():
    with acting(COORDINATOR):
        assert seen() == {"mine", "pool", ""}


def test_cover_and_an_opened_record_widen_the_reach_and_an_ended_relationship_narrows_it():
    colleague = replace(COORDINATOR, person="Practitioner/ben", teams=())
    with acting(colleague):
        assert seen() == {""}
    with acting(replace(colleague, covers=(COORDINATOR.person,), opened=frozenset({"far"}))):
        assert seen() == {"mine", "far", ""}
    with acting(SUPERVISOR):
        CareRelationship.objects.filter(patient="mine").update(until="2000-01-01T00:00Z")
    with acting(COORDINATOR):
        assert seen() == {"pool", ""}


def test_reach_none_sees_no_patient_even_when_related():
    with acting(ADMINISTRATOR):
        assert seen() == {""}


def test_nobody_writes_into_another_organization():
    for principal in (SUPERVISOR, COORDINATOR, system(1, "x", "X")):
        with acting(principal):
            assert refused("insert into note_of values (2, 'x', 'mine')")
            assert refused("update note_of set org = 2 where id = 'n-mine'")
            with writing():
                assert refused("insert into note_of values (2, 'x', 'mine')")


def test_a_coordinator_writes_about_related_patients_and_about_others_only_in_a_commit():
    with acting(COORDINATOR):
        run("insert into note_of values (1, 'a', 'mine')")
        assert refused("insert into note_of values (1, 'b', 'far')")
        assert refused("update note_of set patient = 'far' where id = 'a'")
        run("delete from note_of where id = 'n-far'")
        with writing():
            run("insert into note_of values (1, 'b', 'far')")
        assert refused("insert into note_of values (1, 'c', 'far')")
    with acting(SUPERVISOR):
        assert run("select count(*) from note_of where patient = 'far'") == [(2,)]


def test_a_nested_principal_gives_the_settings_back_even_after_an_error():
    with acting(COORDINATOR):
        with acting(OTHER):
            assert run("select distinct org from note_of") == [(2,)]
        assert seen() == {"mine", "pool", ""}
        with pytest.raises(ZeroDivisionError), acting(OTHER):
            raise ZeroDivisionError
        assert seen() == {"mine", "pool", ""}
        with pytest.raises(ZeroDivisionError), writing():
            raise ZeroDivisionError
        assert seen() == {"mine", "pool", ""}
    assert seen() == set()


def test_what_fails_in_a_commit_leaves_nothing_behind_when_a_screen_goes_on():
    with acting(COORDINATOR):
        with pytest.raises(psycopg.Error):
            half_a_commit()
        assert run("select id from note_of where id = 'half'") == []


def test_relationships_are_written_by_commits_alone_and_shown_to_those_they_concern():
    with acting(COORDINATOR):
        mine = CareRelationship.objects.values_list("patient", flat=True)
        assert set(mine) == {"mine", "pool"}
        assert refused(
            "insert into access_relationship (org, source, patient, person, kind)"
            " values (1, 'x', 'far', %s, 'x')",
            COORDINATOR.person,
        )
    with acting(replace(COORDINATOR, person="Practitioner/ben", teams=())):
        assert not CareRelationship.objects.exists()


def test_every_table_with_an_organization_is_forced_and_has_its_policies():
    found = policies.tables()
    assert {"access_membership", "access_audit", "note_of"} <= {table.name for table in found}
    bare = [t.name for t in found if not t.forced or "handrail_insert" not in t.policies]
    assert bare == []
    assert all(table.digest for table in found)
    assert enforce() == []


def test_a_policy_that_was_taken_away_is_put_back():
    run("drop policy handrail_select on note_of")
    assert enforce() == ["note_of"]
    run("alter table note_of no force row level security")
    assert enforce() == ["note_of"]


def test_the_guard_reads_each_setting_once_a_query_and_no_row_at_a_time():
    with acting(COORDINATOR):
        plan = "\n".join(row[0] for row in run("explain select * from note_of"))
    assert "InitPlan" in plan
    assert "Filter" in plan
    filters = [line for line in plan.splitlines() if "Filter" in line]
    assert not any("current_setting" in line for line in filters)


def test_the_trail_is_append_only_and_shown_to_auditors_alone():
    from handrail.access import audit

    with acting(COORDINATOR):
        audit.note(COORDINATOR, audit.Event(action="R", what="read", patient="mine"))
        assert run("select * from access_audit") == []
        run("delete from access_audit")
        run("update access_audit set person = 'x'")
    with acting(AUDITOR):
        assert run("select person, patient from access_audit") == [(COORDINATOR.person, "mine")]
    refusal = pytest.raises(psycopg.Error, match="append-only")
    with acting(SUPERVISOR), refusal, transaction.atomic():
        run("truncate access_audit")
