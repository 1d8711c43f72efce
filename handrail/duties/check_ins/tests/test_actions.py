"""A contact is written down once, and the record knows all that follows. With PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.duties.check_ins import actions
from handrail.duties.check_ins.actions import Entry, IncompleteContactError
from handrail.duties.check_ins.models import Attempt, Contact
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, VersionConflictError
from handrail.record import store


def tasks(by, *, opened: bool = True) -> dict[str, dict]:
    found = [s.resource for s in store.of_patient("maria", "Task", by=by)]
    return {
        work.kind_of(t): t
        for t in found
        if not opened or t["status"] not in {"completed", "cancelled", "failed"}
    }


def test_a_call_that_reached_the_patient_ends_the_work_and_can_be_read(kim, discharged):
    with acting(kim):
        saved = actions.record_contact(
            kim,
            Entry(
                outcome="spoke-patient",
                task=discharged,
                checklist=frozenset({"medicines", "red-flags", "visit-booked", "home-services"}),
                note="Feels better.",
                minutes=9,
                next_step="pharmacy: furosemide not filled tomorrow",
            ),
        )
        done = store.read(f"Task/{discharged}", by=kim).resource
        assert done["status"] == "completed"
        (evidence,) = work.outputs_of(done, work.EVIDENCE)
        encounter = store.read(evidence, by=kim).resource
        assert encounter["length"]["value"] == 9
        (note,) = store.of_patient("maria", "DocumentReference", by=kim)
        assert note.resource["context"]["encounter"] == [{"reference": evidence}]
        assert set(tasks(kim)) == {"tcm-visit", "med-reconciliation", "follow-up"}
        row = Contact.objects.get(org=kim.org)
        assert (row.patient, row.how, row.outcome, row.minutes) == (
            "maria",
            "phone",
            "spoke-patient",
            9,
        )
        assert [line.does for line in saved.lines] == ["contact", "done", "adds"]


def test_two_calls_without_an_answer_open_another_way(kim, discharged):
    with acting(kim):
        for _ in range(2):
            actions.record_contact(kim, Entry(outcome="no-answer", task=discharged))
        ended = store.read(f"Task/{discharged}", by=kim).resource
        assert ended["status"] == "failed"
        assert work.attempts_of(ended) == 2
        assert set(tasks(kim)) == {"tcm-visit", "med-reconciliation", "unable-to-reach"}
        assert Attempt.objects.filter(org=kim.org, patient="maria").count() == 2


def test_the_same_form_twice_is_one_contact(kim, discharged):
    entry = Entry(outcome="spoke-patient", task=discharged, id="one-form")
    with acting(kim):
        first = actions.record_contact(kim, entry)
        again = actions.record_contact(kim, entry)
        assert first.undo
        assert again.undo == 0
        assert Contact.objects.filter(org=kim.org).count() == 1


def test_a_contact_without_work_ends_the_work_it_fulfils(kim, discharged):
    with acting(kim):
        saved = actions.record_contact(kim, Entry(outcome="spoke-family", patient="maria"))
        assert store.read(f"Task/{discharged}", by=kim).resource["status"] == "completed"
        assert "also-done" in [line.does for line in saved.lines]


def test_the_preview_is_what_the_save_writes(kim, discharged):
    entry = Entry(outcome="wrong-number", task=discharged, note="A shop answered.", minutes=2)
    with acting(kim):
        plan = actions.preview_contact(kim, entry)
        before = tasks(kim)
        saved = actions.record_contact(kim, entry)
        assert [(line.does, line.step) for line in saved.lines] == [
            (line.does, line.step) for line in plan.lines
        ]
        wanted = {(d["resourceType"], d["id"]) for d in plan.drafts}
        written = {(s.resource_type, s.id) for s in saved.committed.stored if not s.cause}
        assert written == wanted
        assert set(tasks(kim)) - set(before) == {"working-number"}


def test_a_stale_save_changes_nothing(kim, discharged):
    with acting(kim):
        actions.record_contact(kim, Entry(outcome="no-answer", task=discharged), if_match=1)
        with pytest.raises(VersionConflictError):
            actions.record_contact(kim, Entry(outcome="no-answer", task=discharged), if_match=1)


def test_work_that_has_ended_takes_no_contact(kim, discharged):
    with acting(kim):
        actions.record_contact(kim, Entry(outcome="spoke-patient", task=discharged))
        with pytest.raises(BusinessRuleError, match="ended"):
            actions.record_contact(kim, Entry(outcome="no-answer", task=discharged))


def test_undoing_a_contact_opens_the_work_again(kim, discharged):
    with acting(kim):
        saved = actions.record_contact(kim, Entry(outcome="spoke-patient", task=discharged))
        store.undo(saved.undo, by=kim, reason="undo")
        assert store.read(f"Task/{discharged}", by=kim).resource["status"] == "requested"
        assert not Contact.objects.filter(org=kim.org).exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"outcome": ""}, "outcome"),
        ({"outcome": "spoke-patient", "how": "pigeon"}, "how"),
        ({"outcome": "spoke-patient", "minutes": 481}, "minutes"),
        ({"outcome": "spoke-family", "relative": "RelatedPerson/somebody"}, "relative"),
        ({"outcome": "call-back", "again_at": datetime(2020, 1, 1, tzinfo=UTC)}, "again_on"),
    ],
)
def test_what_is_missing_is_said(kim, maria, typed, field):
    with acting(kim), pytest.raises(IncompleteContactError) as caught:
        actions.record_contact(kim, Entry(**{"patient": maria, **typed}))
    assert caught.value.field == field


def test_minutes_are_counted_from_the_timer_and_may_be_corrected(kim, maria):
    began = datetime.now(UTC) - timedelta(minutes=4, seconds=30)
    with acting(kim):
        actions.record_contact(kim, Entry(outcome="spoke-patient", patient=maria, started_at=began))
        actions.record_contact(
            kim, Entry(outcome="spoke-patient", patient=maria, started_at=began, minutes=12)
        )
        kept = sorted(Contact.objects.filter(org=kim.org).values_list("minutes", flat=True))
    assert kept == [5, 12]


def test_a_step_in_one_line_is_a_task_with_owner_and_day(kim, maria):
    with acting(kim):
        actions.add_step(kim, maria, "call pharm in 3 days", token="form-1")
        actions.add_step(kim, maria, "call pharm in 3 days", token="form-1")
        step = tasks(kim)["follow-up"]
        assert step["description"] == "Call pharmacy"
        assert step["owner"]["reference"] == kim.person
        with pytest.raises(IncompleteContactError):
            actions.add_step(kim, maria, "call pharm @nobody")
        with pytest.raises(IncompleteContactError):
            actions.add_step(kim, maria, "  ")


def test_a_stranger_cannot_write_a_contact_down(principal_for, discharged):
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    with acting(stranger), pytest.raises((ForbiddenError, Exception)) as caught:
        actions.record_contact(stranger, Entry(outcome="spoke-patient", task=discharged))
    assert caught.value.status in {403, 404}


def test_a_death_ends_what_this_room_opened(kim, discharged):
    with acting(kim):
        for _ in range(2):
            actions.record_contact(kim, Entry(outcome="wrong-number", task=discharged))
        patient = store.read("Patient/maria", by=kim).resource
        store.commit([{**patient, "deceasedBoolean": True}], by=kim, reason="test")
        assert set(tasks(kim)) & {"unable-to-reach", "working-number", "tcm-visit"} == set()
