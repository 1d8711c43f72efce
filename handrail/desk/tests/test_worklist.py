"""The order of the work, and what a page costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.utils import timezone

from handrail.access.database import acting, cursor
from handrail.access.models import CareRelationship
from handrail.access.principal import Principal, Role, system
from handrail.desk import actions, worklist
from handrail.desk.actions import Holding, MissingWordError
from handrail.fhir.errors import ForbiddenError, VersionConflictError
from handrail.fhir.work import Step, open_task
from handrail.record import store

pytestmark = pytest.mark.django_db
DANA = Principal(
    org=1,
    person="Practitioner/dana",
    name="Dana Rivera",
    roles=frozenset({Role.COORDINATOR}),
    teams=("CareTeam/intake",),
)


def at(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def step(days, **more):
    known = {
        "kind": "step",
        "step": "Do it",
        "why": "Because",
        "patient": "p1",
        "owner": DANA.person,
        "look_by": at(days),
        "authored_at": at(-3),
    }
    return open_task(Step(**(known | more)))


def put(*tasks):
    by = system(1, "tests", "Tests")
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Alvarez"}]}
    with acting(by):
        CareRelationship.objects.get_or_create(
            org=1, source="p1", patient="p1", person=DANA.person, kind="manages"
        )
    done = store.commit([patient, *tasks], by=by, reason="test")
    return [each.id for each in done.stored if each.resource_type == "Task"]


def mine(queue="all", who="mine"):
    with acting(DANA):
        return worklist.items(DANA, worklist.whose(DANA, who, "CareTeam/intake"), queue)


def test_late_first_then_deadlines_of_the_day_then_risk_then_the_hour(org):
    later, late, urgent, legal = put(
        step(5), step(-2), step(5.001, priority="urgent"), step(5.002, deadline=at(5.002))
    )
    found = [item.id for item in mine()]
    assert found[0] == late
    assert set(found[1:]) == {legal, urgent, later}
    days = {worklist.urgency(item)[0] for item in mine()[1:]}
    if len(days) == 1:  # unless the test runs at midnight
        assert found[1:] == [legal, urgent, later]


def test_snoozed_and_waiting_are_hidden_until_their_day_and_counted(org):
    one, two, _three = put(step(0), step(0), step(0))
    day = timezone.localdate() + timedelta(days=10)
    actions.hold(DANA, one, Holding(until=day, reason="On holiday"))
    actions.hold(DANA, two, Holding(until=day, who="The plan"))
    assert len(mine()) == 1
    assert [item.id for item in mine("snoozed")] == [one]
    assert [item.waiting_on for item in mine("waiting-on")] == ["The plan"]
    with acting(DANA):
        total = worklist.counts(DANA, worklist.whose(DANA, "mine", ""))
    assert (total.all, total.snoozed, total.waiting) == (1, 1, 1)


def test_what_nobody_owns_is_in_the_intake_pool_and_can_be_taken(org):
    foreign = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": "Patient/p1"},
        "description": "Please call",
    }
    (task,) = put(foreign)
    assert mine() == []
    (item,) = mine(who="team")
    assert item.adopted
    actions.claim(DANA, task)
    (item,) = mine()
    assert not item.adopted
    assert item.look_at > timezone.now()


def test_the_past_is_no_day_to_come_back(org):
    (task,) = put(step(0))
    with pytest.raises(MissingWordError):
        actions.hold(DANA, task, Holding(until=timezone.localdate()))


def test_done_wants_a_note(org):
    (task,) = put(step(0))
    with pytest.raises(MissingWordError):
        actions.end(DANA, task, "done", "Done", "  ")
    actions.end(DANA, task, "done", "Done", "The family drives her.")
    kept = store.read(f"Task/{task}", by=DANA).resource
    assert kept["status"] == "completed"
    assert kept["note"][0]["text"] == "The family drives her."
    assert mine() == []


def test_a_stale_save_is_refused(org):
    (task,) = put(step(0))
    actions.end(DANA, task, "not-needed", "Not needed", "", 1)
    with pytest.raises(VersionConflictError):
        actions.claim(DANA, task, 1)


def test_work_that_is_handed_over_shows_its_patient_to_the_new_owner(org):
    (task,) = put(step(0))
    lee = Principal(org=1, person="Practitioner/lee", name="Lee", roles=DANA.roles)
    with acting(lee):
        assert worklist.item(lee, task) is None
    actions.hand_over(DANA, task, (lee.person, lee.name))
    with acting(lee):
        assert worklist.item(lee, task).name == "Alvarez"


def test_somebody_elses_work_is_not_handed_over(org):
    (task,) = put(step(0, owner="Practitioner/lee"))
    with pytest.raises(ForbiddenError):
        actions.hand_over(DANA, task, (DANA.person, DANA.name))


def test_the_list_is_read_by_its_index_and_shows_only_related_patients(org):
    put(step(0))
    by = system(1, "tests", "Tests")
    others = step(0, patient="p2", owner="Practitioner/lee")
    store.commit([{"resourceType": "Patient", "id": "p2"}, others], by=by, reason="test")
    with acting(DANA):
        everyone = worklist.Whose("all", None)
        assert {item.patient for item in worklist.items(DANA, everyone, "all")} == {"p1"}
    with acting(by):  # a thousand rows of others
        cursor().execute(
            "insert into desk_work_item select 1, 'x' || n, 'q' || n, kind, status, held,"
            " 'Practitioner/x' || n % 50, owner_name, look_at, look_timed, deadline,"
            " deadline_timed, due_at, due_timed, authored_at, updated_at, step, why, rule,"
            " source_text, focus, waiting_on, attempts, priority, adopted"
            " from desk_work_item, generate_series(1, 2000) n where patient = 'p1'"
        )
        cursor().execute("analyze desk_work_item")
    with acting(DANA):
        owners = worklist.whose(DANA, "mine", "")
        values = worklist._values(DANA, owners)
        parts = {"tab": worklist._KEPT, "most": worklist.PAGE, "page": ""}
        for owned in (worklist._ONE_OWNER, worklist._OWNERS):
            sql = "explain " + worklist._LIST.format(owned=owned, **parts)
            plan = "\n".join(row[0] for row in cursor().execute(sql, values))
            assert "desk_work_item_owner" in plan


def test_my_list_is_planned_once(org):
    put(*(step(n) for n in range(3)))
    with acting(DANA):
        for _ in range(8):
            worklist.items(DANA, worklist.whose(DANA, "mine", ""), "all")
            worklist.counts(DANA, worklist.whose(DANA, "mine", ""))
        kept = cursor().execute(
            "select statement, generic_plans from pg_prepared_statements"
            " where statement like '%desk_work_item%owner = $%'"
        )
        assert sum(plans > 0 for _, plans in kept) >= len(["the list", "the counts"])


@pytest.fixture
def statements(monkeypatch):
    """Count the statements that are sent, through whatever cursor."""
    sent = []
    execute = psycopg.Cursor.execute

    def noted(self, query, *args, **named):
        sent.append(str(query))
        return execute(self, query, *args, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return sent


def test_a_long_list_takes_one_statement_and_the_tabs_another(org, statements):
    put(*(step(n) for n in range(30)))
    with acting(DANA):
        owners = worklist.whose(DANA, "mine", "")
        statements.clear()
        assert len(worklist.items(DANA, owners, "all")) == 30
        worklist.counts(DANA, owners)
        assert len(statements) == 2


def test_what_comes_after(org):
    one, two, three = put(step(1), step(2), step(3))
    found = mine()
    assert worklist.following(found, one) == two
    assert worklist.following(found, three) == one
    assert worklist.following(found[:1], one) == ""


def test_news_counts_what_arrived_since(org):
    put(step(1, authored_at=at(0)))
    with acting(DANA):
        owners = worklist.whose(DANA, "mine", "")
        assert worklist.news(DANA, owners, datetime.now(UTC) - timedelta(minutes=5)) == 1
        assert worklist.news(DANA, owners, datetime.now(UTC) + timedelta(minutes=5)) == 0
