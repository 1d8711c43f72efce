"""From the request to what the person says of the need, on a real database."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.duties.referrals.actions import (
    answering,
    asking,
    closing,
    counting,
    following,
    seeing,
)
from handrail.duties.referrals.actions.answering import Answer, RefusedMoveError, Report
from handrail.duties.referrals.actions.asking import AskError, Receiver, Sending
from handrail.duties.referrals.actions.beginning import NOW, Beginning, begin
from handrail.duties.referrals.actions.closing import CloseError, Met, Review
from handrail.duties.referrals.actions.finding import unlooked
from handrail.duties.referrals.actions.following import Chased
from handrail.duties.referrals.models import TrackRecord
from handrail.duties.referrals.resources import referral_task, request_view
from handrail.duties.referrals.tests.helping import (
    BOTH,
    KITCHEN,
    ask,
    current,
    link,
    receiver,
    sent,
    tasks_of,
)
from handrail.fhir.errors import ForbiddenError, HandrailError, VersionConflictError
from handrail.fhir.profiles import faults
from handrail.fhir.referring import names
from handrail.fhir.referring.moves import IllegalReferralMoveError, as_bser
from handrail.fhir.referring.stages import Stage
from handrail.fhir.work import look_by, looker_of
from handrail.jobs.models import Row as Waiting
from handrail.record import store
from handrail.record.clock import sweep_one
from handrail.record.known import known
from handrail.record.promises import broken
from handrail.record.registry import registry

YES = Answer(kind="accepted", name="Sol", via="link")


def task_of(by, task_id: str):
    return referral_task(current(by, f"Task/{task_id}"))


def wrong(resource) -> list:
    return [one for one in faults(resource) if one.severity == "error"]


def served(kim):
    """Send it to the pantry, which says yes, sets a visit and helps in the end."""
    drafted = sent(kim)
    (task_id,) = drafted.task_ids
    for one in (
        Report(kind="scheduled", at="2099-01-05T10:00", via="link"),
        Report(kind="no-show", via="link"),
        Report(kind="outcome", outcome="helped", note="A box.", via="link"),
    ):
        answering.report(link(), task_id, one)
    return drafted


def test_a_request_goes_from_draft_to_what_came_of_it(kim, maria) -> None:
    """Draft, sent, seen, yes, a visit, a no-show, what came of it."""
    drafted = asking.draft_referral(kim, ask())
    (task_id,) = drafted.task_ids
    assert task_of(kim, task_id).stage is Stage.DRAFT
    (gone,) = asking.send_referrals(kim, drafted.task_ids, Sending())
    assert current(kim, f"Communication/{gone.communication}")["status"] == "preparation"
    assert current(kim, f"ServiceRequest/{drafted.request_id}")["status"] == "active"
    sol = link()
    assert answering.seen(sol, task_id).stage is Stage.SEEN
    assert answering.seen(sol, task_id).unchanged
    assert answering.answer(sol, task_id, YES).stage is Stage.ACCEPTED
    visit = Report(kind="scheduled", at="2099-01-05T10:00", via="link")
    assert answering.report(sol, task_id, visit).stage is Stage.SCHEDULED
    assert task_of(kim, task_id).look_at.startswith("2099-01-06")
    assert answering.report(sol, task_id, Report(kind="no-show", via="link")).stage is Stage.NO_SHOW
    done = Report(kind="outcome", outcome="helped", note="A box.", via="link")
    assert answering.report(sol, task_id, done).stage is Stage.CLOSED


def test_what_is_written_is_sdohcc(kim, maria) -> None:
    drafted = served(kim)
    task = current(kim, f"Task/{drafted.task_ids[0]}")
    request = current(kim, f"ServiceRequest/{drafted.request_id}")
    shown = seeing.referral(kim, drafted.task_ids[0])
    (procedure,) = shown.procedures
    assert not [wrong(one) for one in (task, request, procedure) if wrong(one)]
    assert names.REQUEST_PROFILE in request["meta"]["profile"]
    assert names.TASK_PROFILE in task["meta"]["profile"]
    assert as_bser(task)["status"] == "completed"
    stages = [one.stage for one in shown.history]
    assert stages == [Stage.DRAFT, Stage.SENT, Stage.SCHEDULED, Stage.NO_SHOW, Stage.CLOSED]


def test_it_is_reviewed_closed_and_the_person_says_it_helped(kim, maria, principal_for) -> None:
    drafted = served(kim)
    (review,) = tasks_of(kim, names.REVIEW)
    assert review["owner"]["reference"] == "Practitioner/kim"
    closing.review_referral(kim, drafted.request_id, Review(reason="helped"))
    closed = request_view(current(kim, f"ServiceRequest/{drafted.request_id}"))
    assert (closed.status, closed.about.closed) == ("completed", "helped")
    assert closed.about.evidence.startswith("Procedure/")
    assert [one["status"] for one in tasks_of(kim, names.REVIEW)] == ["completed"]
    assert [one["status"] for one in tasks_of(kim, names.NEED_CHECK)] == ["requested"]
    closing.record_need_met(kim, drafted.request_id, Met(answer="yes"))
    assert [one["status"] for one in tasks_of(kim, names.NEED_CHECK)] == ["completed"]
    numbers = seeing.board(kim, seeing.Filters()).numbers
    assert (numbers.asked, numbers.answered, numbers.closed, numbers.met) == (1, 1, 1, 1)
    assert [one.met for one in seeing.of_patient(kim, "maria")] == ["yes"]
    with acting(kim):
        assert not list(broken(kim.org))
    with acting(principal_for("auditor")):
        assert AuditEntry.objects.filter(what="referrals").exists()


def test_three_numbers_are_three(kim, maria) -> None:
    one = sent(kim, receiver())
    sent(kim, receiver(), what="A ride")
    answering.answer(kim, one.task_ids[0], Answer(kind="accepted", via="phone"))
    closing.review_referral(kim, one.request_id, Review(reason="not-helped", note="Came too late."))
    numbers = seeing.board(kim, seeing.Filters()).numbers
    assert (numbers.asked, numbers.answered, numbers.closed) == (2, 1, 1)
    assert (numbers.met, numbers.not_asked) == (0, 1)
    closing.record_need_met(kim, one.request_id, Met(answer="no"))
    assert seeing.board(kim, seeing.Filters()).numbers.not_met == 1
    assert [t["status"] for t in tasks_of(kim, names.DECIDE)] == ["requested"]


def test_a_no_says_what_comes_next_once_nobody_else_is_asked(kim, maria) -> None:
    drafted = sent(kim, *BOTH)
    pantry, kitchen = drafted.task_ids
    answering.answer(link(), pantry, Answer(kind="declined", reason="no-capacity", via="link"))
    assert not tasks_of(kim, names.DECIDE)
    no = Answer(kind="declined", reason="plan-not-taken", note="Not this year.", via="fax")
    answering.answer(link(KITCHEN), kitchen, no)
    (decide,) = tasks_of(kim, names.DECIDE)
    assert decide["reasonCode"]["coding"][0]["code"] == "ask-payer"
    assert "Not this year." in decide["reasonCode"]["text"]
    shown = seeing.referral(kim, kitchen)
    assert [one.referral for one in shown.proposals] == [kitchen]
    asking.add_receiver(kim, drafted.request_id, Receiver(name="Aunt June", channel="phone"))
    (decide,) = tasks_of(kim, names.DECIDE)
    assert decide["status"] == "completed"


def test_the_first_yes_takes_the_others_back_and_a_late_one_is_kept(kim, maria) -> None:
    pantry, kitchen = sent(kim, *BOTH).task_ids
    answering.answer(link(), pantry, YES)
    assert task_of(kim, kitchen).reason_code == "another-accepted"
    with pytest.raises(RefusedMoveError, match="Somebody else said yes") as refused:
        answering.answer(
            link(KITCHEN), kitchen, Answer(kind="accepted", note="Tuesday?", via="fax")
        )
    kept = current(kim, f"Communication/{refused.value.kept}")
    assert "Tuesday?" in kept["payload"][0]["contentString"]
    (decide,) = tasks_of(kim, names.DECIDE)
    assert decide["reasonCode"]["coding"][0]["code"] == "late-answer"
    assert task_of(kim, pantry).stage is Stage.ACCEPTED


def test_who_is_taken_back_is_told(kim, maria) -> None:
    pantry, kitchen = sent(kim, *BOTH).task_ids
    answering.answer(link(), pantry, YES)
    told = [one for one in seeing.referral(kim, kitchen).dispatches if one.kind == "cancel"]
    assert [(one.task, one.status) for one in told] == [(kitchen, "preparation")]
    job = f"Communication/{told[0].id}"
    assert current(kim, job)["recipient"][0]["reference"] == "Organization/stove"
    with acting(kim):
        assert {row.payload["communication"] for row in Waiting.objects.all()} >= {told[0].id}


def test_a_yes_that_was_a_mistake_is_taken_back(kim, maria) -> None:
    """Undo: the others are asked again."""
    pantry, kitchen = sent(kim, *BOTH).task_ids
    done = answering.answer(kim, pantry, Answer(kind="accepted"))
    assert task_of(kim, kitchen).stage is Stage.CANCELLED
    store.undo(done.transaction, by=kim)
    assert {task_of(kim, one).stage for one in (pantry, kitchen)} == {Stage.SENT}
    assert answering.answer(kim, kitchen, YES).stage is Stage.ACCEPTED


def test_several_may_say_yes_where_several_are_wanted(kim, maria) -> None:
    drafted = sent(kim, *BOTH, several=True)
    for who, task in zip((link(), link(KITCHEN)), drafted.task_ids, strict=True):
        assert answering.answer(who, task, YES).stage is Stage.ACCEPTED
    assert len(current(kim, f"ServiceRequest/{drafted.request_id}")["performer"]) == 2


def test_after_cancelling_an_answer_is_refused_kindly_and_kept(kim, maria) -> None:
    (task,) = sent(kim).task_ids
    following.ask_to_cancel(kim, task, "She moved.")
    assert task_of(kim, task).stage is Stage.CANCEL_ASKED
    with pytest.raises(RefusedMoveError, match="asked to cancel"):
        answering.answer(link(), task, YES)
    assert following.confirm_cancelled(link(), task).stage is Stage.CANCELLED
    assert following.confirm_cancelled(link(), task).unchanged
    with pytest.raises(RefusedMoveError, match="cancelled meanwhile"):
        answering.report(link(), task, Report(kind="outcome", outcome="helped", via="link"))
    assert len([t for t in tasks_of(kim, names.DECIDE) if t["status"] == "requested"]) == 3


def test_more_is_needed_and_then_it_is_there(kim, maria) -> None:
    (task,) = sent(kim).task_ids
    more = Answer(kind="more-needed", note="How many children?", via="link")
    assert answering.answer(link(), task, more).stage is Stage.MORE_NEEDED
    following.chase(kim, task, Chased(how="phone", note="Two.", supplied=True))
    assert task_of(kim, task).stage is Stage.SENT
    wait = Answer(kind="waitlisted", earliest_on="2099-03-02", via="link")
    assert answering.answer(link(), task, wait).stage is Stage.WAITLISTED
    view = task_of(kim, task)
    assert view.look_at.startswith("2099-03-02")
    assert view.state.answer == "more-needed"


def test_what_comes_back_is_looked_at_today_and_mended(kim, maria) -> None:
    (task,) = sent(kim).task_ids
    following.bounced(system(kim.org, "mail", "Mail"), task, "No such mailbox.")
    board = seeing.board(kim, seeing.Filters())
    assert [row.trouble for row in board.trouble] == ["No such mailbox."]
    assert board.trouble[0].look_on <= board.groups[0].rows[0].look_on
    mended = Chased(how="fax", channel="fax", address="+15550123")
    following.chase(kim, task, mended)
    board = seeing.board(kim, seeing.Filters())
    assert not board.trouble
    assert board.groups[0].rows[0].channel == "fax"


def test_a_person_who_died_is_not_referred_any_more(kim, maria) -> None:
    drafted = sent(kim, *BOTH)
    dead = {**current(kim, "Patient/maria"), "deceasedBoolean": True}
    with acting(kim):
        store.commit([dead], by=kim, reason="died")
    assert {task_of(kim, t).reason_code for t in drafted.task_ids} == {"deceased"}
    (review,) = tasks_of(kim, names.REVIEW)
    assert "died" in review["reasonCode"]["text"]
    closing.review_referral(kim, drafted.request_id, Review(reason="died", note="Told both."))
    assert not tasks_of(kim, names.NEED_CHECK)
    with pytest.raises(AskError, match="has died"):
        asking.draft_referral(kim, ask())


def test_for_somebody_else_the_original_is_told_how_it_stands(kim, maria) -> None:
    """Indirect: our own order, based on theirs; their Task follows ours."""
    theirs = {
        "resourceType": "ServiceRequest",
        "id": "theirs",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/maria"},
        "code": {"text": "Food"},
    }
    given = {
        "resourceType": "Task",
        "id": "given",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": names.TASK_CODE, "code": "fulfill"}]},
        "focus": {"reference": "ServiceRequest/theirs"},
        "for": {"reference": "Patient/maria"},
    }
    with acting(kim):
        store.commit([theirs, given], by=kim, reason="test")
    drafted = sent(kim, mode="indirect", on_behalf_of="given")
    request = current(kim, f"ServiceRequest/{drafted.request_id}")
    assert request["intent"] == "filler-order"
    assert request["basedOn"] == [{"reference": "ServiceRequest/theirs"}]
    (task,) = drafted.task_ids
    answering.answer(link(), task, YES)
    assert current(kim, "Task/given")["status"] == "accepted"
    visit = Report(kind="scheduled", at="2099-01-05", via="link")
    answering.report(link(), task, visit)
    assert current(kim, "Task/given")["status"] == "in-progress"
    answering.report(link(), task, Report(kind="outcome", outcome="helped", via="link"))
    told = current(kim, "Task/given")
    assert told["status"] == "completed"
    assert told["output"][0]["valueReference"]["reference"].startswith("Procedure/")


def test_a_partner_who_updates_the_task_has_the_same_consequences(kim, maria) -> None:
    pantry, kitchen = sent(kim, *BOTH).task_ids
    partner = system(kim.org, "partner", "Partner")
    changed = {**current(kim, f"Task/{pantry}"), "status": "accepted"}
    with acting(kim):
        store.commit([changed], by=partner, reason="fhir")
    view = task_of(kim, pantry)
    assert (view.state.stage, view.state.answer, view.state.via) == ("accepted", "accepted", "fhir")
    assert task_of(kim, kitchen).stage is Stage.CANCELLED
    rejected = {
        **current(kim, f"Task/{pantry}"),
        "status": "rejected",
        "statusReason": {"text": "The van broke."},
    }
    with acting(kim):
        store.commit([rejected], by=partner, reason="fhir")
    (decide,) = tasks_of(kim, names.DECIDE)
    assert "The van broke." in decide["reasonCode"]["text"]


def test_a_receiver_answers_only_what_they_were_sent(kim, maria) -> None:
    pantry, _kitchen = sent(kim, *BOTH).task_ids
    with pytest.raises(ForbiddenError, match="somebody else"):
        answering.answer(link(KITCHEN), pantry, YES)
    with pytest.raises(ForbiddenError):
        asking.draft_referral(link(), ask())
    with pytest.raises(ForbiddenError):
        seeing.board(link(), seeing.Filters())
    with pytest.raises(ForbiddenError):
        following.chase(link(), pantry, Chased())


def test_a_stranger_and_the_front_desk_may_not(kim, maria, principal_for) -> None:
    (task,) = sent(kim).task_ids
    for role in ("front-desk", "auditor", "administrator"):
        who = principal_for(role, person="Practitioner/else")
        with pytest.raises(HandrailError):
            asking.draft_referral(who, ask())
        with pytest.raises(HandrailError):
            answering.answer(who, task, YES)
        with pytest.raises(HandrailError):
            seeing.board(who, seeing.Filters())
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    with pytest.raises(HandrailError):
        seeing.of_patient(stranger, "maria")
    assert not seeing.board(stranger, seeing.Filters()).counts


def test_what_was_changed_meanwhile_is_not_overwritten(kim, maria) -> None:
    (task,) = sent(kim).task_ids
    version = task_of(kim, task).version
    answering.seen(link(), task)
    with pytest.raises(VersionConflictError):
        answering.answer(kim, task, YES, if_match=version)
    answering.answer(kim, task, YES, if_match=version + 1)
    assert answering.answer(kim, task, YES).unchanged


def test_bad_words_are_refused_with_the_field(kim, maria) -> None:
    for bad in (
        ask(what=" "),
        ask(what="x" * 300),
        ask(kind="magic"),
        ask(category="hunger"),
        ask(priority="soon"),
        ask(needed_by="yesterday"),
        ask(needed_by="99999-01-01"),
        ask(reasons=("nobody",)),
        ask(goal="none"),
        ask(mode="indirect"),
        ask(receiver(address="")),
        ask(receiver(channel="pigeon")),
        ask(receiver(name="")),
        ask(receiver("Patient/maria")),
    ):
        with pytest.raises(AskError) as refused:
            asking.draft_referral(kim, bad)
        assert refused.value.faults[0].path
    (task,) = sent(kim).task_ids
    for answer in (
        Answer(kind="maybe"),
        Answer(kind="declined"),
        Answer(kind="declined", reason="mood"),
        Answer(kind="more-needed"),
        Answer(kind="accepted", earliest_on="2001-01-01"),
        Answer(kind="accepted", earliest_on="2016-12-31T23:59:60Z"),
        Answer(kind="accepted", note="x" * 5000),
        Answer(kind="accepted", via="dream"),
    ):
        with pytest.raises(answering.AnswerError):
            answering.answer(kim, task, answer)
    for report in (
        Report(kind="scheduled"),
        Report(kind="scheduled", at="noon"),
        Report(kind="outcome"),
        Report(kind="outcome", outcome="helped", at="2199-01-01"),
        Report(kind="note"),
    ):
        with pytest.raises(answering.AnswerError):
            answering.report(kim, task, report)
    for review in (
        Review(reason="because"),
        Review(reason="helped"),
        Review(reason="helped", evidence="Patient/maria"),
    ):
        with pytest.raises(CloseError):
            closing.review_referral(kim, task_of(kim, task).request, review)
    with pytest.raises(CloseError):
        closing.record_need_met(kim, task_of(kim, task).request, Met(answer="perhaps"))


def test_an_illegal_move_is_refused_by_name_and_says_what_is_possible(kim, maria) -> None:
    (task,) = sent(kim).task_ids
    answering.answer(kim, task, Answer(kind="declined", reason="other", note="No van."))
    with pytest.raises(IllegalReferralMoveError, match="declined"):
        following.ask_to_cancel(kim, task, "No use.")


def test_one_form_sent_twice_is_one_referral(kim, maria) -> None:
    first = asking.draft_referral(kim, ask(form="abc"))
    again = asking.draft_referral(kim, ask(form="abc"))
    assert (again.request_id, again.task_ids) == (first.request_id, first.task_ids)
    (gone,) = asking.send_referrals(kim, first.task_ids, Sending())
    (twice,) = asking.send_referrals(kim, first.task_ids, Sending())
    assert gone.communication
    assert not twice.communication


def test_nothing_that_names_the_person_goes_to_a_system_without_a_basis(kim, maria) -> None:
    drafted = asking.draft_referral(kim, ask(receiver(channel="fhir", address="https://a.example")))
    (gone,) = asking.send_referrals(kim, drafted.task_ids, Sending())
    assert "Nothing allows" in gone.refused
    assert task_of(kim, drafted.task_ids[0]).stage is Stage.DRAFT


def test_a_track_record_names_nobody_and_counts_all(kim, maria) -> None:
    (task,) = sent(kim, BOTH[1]).task_ids
    answering.answer(kim, task, YES)
    found = counting.track_records(kim, [KITCHEN, "Organization/none"])
    assert set(found) == {KITCHEN}
    assert (found[KITCHEN].sent, found[KITCHEN].accepted) == (1, 1)
    assert found[KITCHEN].median_days == 0


def test_the_median_is_of_those_who_answered(kim) -> None:
    with acting(kim):
        TrackRecord.objects.bulk_create(
            TrackRecord(
                org=kim.org,
                source=f"t{place}",
                receiver=KITCHEN,
                sent_on="2026-11-01",
                answer="accepted" if hours else "",
                hours=hours,
                visits=place,
                no_shows=1,
            )
            for place, hours in enumerate((24, 48, 96, 120, None))
        )
    track = counting.track_records(kim, [KITCHEN])[KITCHEN]
    assert (track.sent, track.answered, track.declined) == (5, 4, 0)
    assert (track.visits, track.no_shows, track.median_days) == (10, 5, 3)


def test_a_specialist_is_asked_by_us_core(kim, maria) -> None:
    drafted = asking.draft_referral(kim, ask(kind="specialist", what="See a lung doctor"))
    request = current(kim, f"ServiceRequest/{drafted.request_id}")
    assert request["meta"]["profile"] == [names.US_CORE_REQUEST]
    assert not wrong(request)


MOVES = st.lists(
    st.sampled_from(
        ("yes", "no", "more", "wait", "visit", "missed", "note", "done", "cancel", "confirm", "up")
    ),
    max_size=5,
)


def move(by, task: str, name: str) -> None:
    """Do something a coordinator writes down; what is not possible is refused."""
    told = {
        "yes": lambda: answering.answer(by, task, Answer(kind="accepted")),
        "no": lambda: answering.answer(by, task, Answer(kind="declined", reason="later")),
        "more": lambda: answering.answer(by, task, Answer(kind="more-needed", note="What?")),
        "wait": lambda: answering.answer(by, task, Answer(kind="waitlisted")),
        "visit": lambda: answering.report(by, task, Report(kind="scheduled", at="2099-01-05")),
        "missed": lambda: answering.report(by, task, Report(kind="no-show")),
        "note": lambda: answering.report(by, task, Report(kind="note", note="Seen.")),
        "done": lambda: answering.report(by, task, Report(kind="outcome", outcome="partly")),
        "cancel": lambda: following.ask_to_cancel(by, task, "No."),
        "confirm": lambda: following.confirm_cancelled(by, task),
        "up": lambda: following.give_up(by, task, "No answer."),
    }
    with contextlib.suppress(IllegalReferralMoveError, RefusedMoveError):
        told[name]()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=MOVES, second=MOVES)
def test_whatever_happens_somebody_looks_at_an_open_referral(kim, maria, first, second) -> None:
    """No open request is without open work, and all open work has an owner and a day."""
    drafted = sent(kim, *BOTH)
    for task, moves in zip(drafted.task_ids, (first, second), strict=True):
        for one in moves:
            move(kim, task, one)
    with acting(kim):
        assert not unlooked(known(kim.org))
        for task in (one.resource for one in store.of_patient("maria", "Task", by=kim)):
            assert task["status"] in {"completed", "rejected", "cancelled", "failed"} or (
                look_by(task) and (looker_of(task)[0] or task["owner"]["reference"])
            )


def test_the_clock_finds_a_referral_that_nobody_looks_at(kim, maria) -> None:
    """As when somebody ended the next step from the list and nothing came of it."""
    drafted = sent(kim)
    answering.answer(kim, drafted.task_ids[0], Answer(kind="declined", reason="later"))
    (decide,) = tasks_of(kim, names.DECIDE)
    decide |= {"status": "cancelled", "statusReason": {"coding": [{"code": "not-needed"}]}}
    with acting(kim):
        store.commit([decide], by=kim, reason="test")
    (sweep,) = (one for room, one in registry.sweeps if one.name == "stalled-referrals")
    assert sweep_one(kim.org, "referrals", sweep, due_only=False) == 1
    assert sweep_one(kim.org, "referrals", sweep, due_only=False) == 0
    (decide, _old) = tasks_of(kim, names.DECIDE)
    assert "Nobody was looking" in decide["reasonCode"]["text"]


def test_what_the_person_agrees_to_names_who_is_behind_a_service(kim, maria):
    wish = ask(receiver(KITCHEN, "Open Kitchen", channel="phone"))
    began = begin(kim, [wish], Beginning(send=True, consent=NOW))
    assert [one.refused for one in began.sent] == [""]
    with acting(kim):
        (consent,) = store.of_patient(maria, "Consent", by=kim)
    actor = consent.resource["provision"]["actor"][0]["reference"]
    assert actor == {"reference": "Organization/stove", "display": "Open Kitchen"}
    assert began.sent[0].basis == "consent"
