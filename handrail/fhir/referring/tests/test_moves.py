"""The table is BSeR's, random histories never leave it, an illegal move says what is possible."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.fhir.referring import names
from handrail.fhir.referring.moves import (
    SAYINGS,
    IllegalReferralMoveError,
    Moves,
    as_bser,
    from_bser,
)
from handrail.fhir.referring.stages import WORDS, Stage, stage_of, state_of
from handrail.fhir.referring.state import State, receiver_of, state_in, with_state
from handrail.fhir.task import TaskStatus, move
from tests.data import reference
from tests.rules import shipped

BSER = shipped().rule("referral-moves.bser", date(2026, 11, 22)).values
MOVES = Moves.read(shipped(), date(2026, 11, 22))
AT = "2026-11-22T09:00:00-05:00"
DRAFT = {"resourceType": "Task", "id": "t", "status": "draft"}


def test_the_table_is_that_of_bser() -> None:
    """Row by row, where the reference is present."""
    source = json.loads(reference("rules/bser_task_transitions.json").read_text("utf-8"))
    keys = ("tid", "actor", "event", "from", "to", "taskStatusFrom", "taskStatusTo")
    theirs = [[*(row[key] for key in keys), row["businessStatus"]] for row in source["transitions"]]
    assert BSER["rows"] == theirs
    assert BSER["states"] == source["states"]
    assert len(theirs) == 34


def test_sdohcc_has_neither_received_nor_ready() -> None:
    statuses = {one for row in MOVES.rows for one in (row.before, row.after)}
    assert not statuses & {"received", "ready"}
    sent = MOVES.make(DRAFT, "send", names.INITIATOR, at=AT)
    assert sent["status"] == "requested"
    assert as_bser(sent)["status"] == "received"
    assert from_bser(as_bser(sent))["status"] == "requested"


def test_every_event_can_be_said_and_every_stage_has_words() -> None:
    assert {row.event for row in MOVES.rows} == set(SAYINGS)
    assert set(WORDS) == set(Stage)


def test_every_row_is_a_move_that_tasks_may_make() -> None:
    for row in MOVES.rows:
        move(row.before, TaskStatus(row.after))


events = st.sampled_from(sorted({(row.event, row.actor) for row in MOVES.rows}))


@given(st.lists(events, max_size=25))
def test_random_histories_never_leave_the_table(history: list[tuple[str, str]]) -> None:
    task = dict(DRAFT)
    for event, actor in history:
        state = state_of(task)
        rows = [r for r in MOVES.rows if (r.source, r.event, r.actor) == (state, event, actor)]
        if not rows:
            with pytest.raises(IllegalReferralMoveError) as refused:
                MOVES.make(task, event, actor, at=AT)
            possible = {r.event for r in MOVES.rows if (r.source, r.actor) == (state, actor)}
            assert set(refused.value.possible) == possible
            continue
        after = MOVES.make(task, event, actor, at=AT)
        assert (rows[0].before, rows[0].after) == (task["status"], after["status"])
        assert state_of(after) == rows[0].target
        assert state_in(after).stage == stage_of(after).value
        task = after


@given(events, st.sampled_from(sorted(MOVES.states)))
def test_what_is_reached_is_reached_by_legal_moves(event: tuple[str, str], state: str) -> None:
    rows = [row for row in MOVES.rows if row.target == state]
    if not rows:
        return
    task = {**DRAFT, "status": rows[0].after}
    if rows[0].business not in {"", "5.1"}:
        task["businessStatus"] = {"coding": [{"system": names.BUSINESS, "code": rows[0].business}]}
    try:
        way = MOVES.reach(task, *event, at=AT)
    except IllegalReferralMoveError:
        return
    assert len(way) <= 2
    for after in way:
        pair = (state_of(task), state_of(after))
        assert any((row.source, row.target) == pair for row in MOVES.rows)
        task = after


def test_an_illegal_move_is_named_and_says_what_is_possible() -> None:
    with pytest.raises(IllegalReferralMoveError, match="draft") as refused:
        MOVES.make(DRAFT, "accept", names.RECIPIENT)
    assert "nobody can say yes from there" in refused.value.message
    closed = {**DRAFT, "status": "completed"}
    with pytest.raises(IllegalReferralMoveError, match="It has ended"):
        MOVES.make(closed, "schedule", names.RECIPIENT)


def test_a_visit_that_is_reported_at_once_was_a_yes() -> None:
    sent = MOVES.make(DRAFT, "send", names.INITIATOR, at=AT)
    way = MOVES.reach(sent, "schedule", names.RECIPIENT, at=AT)
    assert [stage_of(one) for one in way] == [Stage.ACCEPTED, Stage.SCHEDULED]
    missed = MOVES.make(way[-1], "no-show", names.RECIPIENT)
    assert stage_of(MOVES.reach(missed, "outcome", names.RECIPIENT)[-1]) is Stage.CLOSED


@pytest.mark.parametrize(
    ("status", "business", "stage"),
    [
        ("requested", "2.0", Stage.SENT),
        ("received", "2.0", Stage.SENT),
        ("accepted", "2.0", Stage.ACCEPTED),
        ("in-progress", "", Stage.ACCEPTED),
        ("in-progress", "5.1.2", Stage.NO_SHOW),
        ("completed", "5.1.1", Stage.CLOSED),
        ("on-hold", "", Stage.MORE_NEEDED),
        ("on-hold", "5.1.1", Stage.SCHEDULED),
        ("rejected", "3.0", Stage.DECLINED),
        ("failed", "", Stage.FAILED),
        ("entered-in-error", "2.0", Stage.CANCELLED),
        ("nonsense", "9.9", Stage.CANCELLED),
    ],
)
def test_what_partners_write_has_a_stage(status: str, business: str, stage: Stage) -> None:
    coding = [{"system": names.BUSINESS, "code": business}]
    task = {**DRAFT, "status": status, "businessStatus": {"coding": coding}}
    assert stage_of(task) is stage


texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8)


@given(texts, texts, st.integers(0, 9))
def test_a_state_is_read_as_it_was_written(address: str, missing: str, visits: int) -> None:
    told = with_state(dict(DRAFT), address=address, missing=missing, visits=visits)
    assert state_in(told) == State(address=address, missing=missing, visits=visits)
    others = {**told, "extension": [*told.get("extension", []), {"url": "urn:x", "valueCode": "y"}]}
    assert state_in(with_state(others, seen=AT)).address == address
    assert {"url": "urn:x", "valueCode": "y"} in with_state(others, seen=AT)["extension"]


def test_what_others_wrote_into_the_extension_is_no_error() -> None:
    odd = [{"url": "visits", "valueInteger": "many"}, {"url": "receiver", "valueReference": 3}, {}]
    task = {**DRAFT, "extension": [{"url": names.STATE, "extension": odd}]}
    assert state_in(task) == State()
    assert receiver_of(task) == "Device/receiver-t"
