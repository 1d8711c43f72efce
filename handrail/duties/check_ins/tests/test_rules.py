"""What a contact does, when to try again, and the one-line next step. No database."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.duties.check_ins.resources import (
    CHECKLIST,
    made_of,
    note_of,
    note_text,
    person_of,
    relative_of,
)
from handrail.duties.check_ins.rules import attempts
from handrail.duties.check_ins.rules.contact import Around, Contact, How, Outcome
from handrail.duties.check_ins.rules.deciding import FOLLOW_UP, NUMBER, UNABLE, decide
from handrail.duties.check_ins.rules.reactions import on_death
from handrail.fhir import work
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change
from handrail.fhir.quick import quick_step
from handrail.fhir.resource import Resource, code_of, target_of
from handrail.fhir.rulebook import Rule, Rulebook
from handrail.fhir.task import TaskStatus, is_open

NEW_YORK = ZoneInfo("America/New_York")
RULES = tomllib.loads((Path(__file__).parents[4] / "rules" / "contacts.toml").read_text())["rule"]
POINTS = (
    ("medicines", "Medicines reviewed"),
    ("red-flags", "Warning signs reviewed"),
    ("visit-booked", "Visit booked"),
    ("needs-ride", "Needs ride"),
)
CONTACT_KINDS = frozenset({"tcm-contact", "check-in", "admission", UNABLE})


@dataclass
class Knowing:
    as_of: datetime
    calendar: Calendar = field(default_factory=lambda: Calendar(NEW_YORK))
    rules: Rulebook = field(default_factory=lambda: Rulebook(Rule(**rule) for rule in RULES))
    pool: str = "CareTeam/intake"
    tasks: tuple[Resource, ...] = ()

    def read(self, _reference: str) -> None:
        return None

    def of_patient(self, _patient: str, _resource_type: str) -> tuple[Resource, ...]:
        return self.tasks


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


NOW = at("2026-11-20T14:41")  # a Friday


def task(kind: str = "tcm-contact", identity: str = "t1", deadline: str = "") -> Resource:
    step = work.Step(
        kind=kind,
        step="Call after discharge",
        why="Discharged.",
        patient="maria",
        owner="Practitioner/lee",
        owner_name="Omar Lee",
        look_by="2026-11-23T17:00:00-05:00",
        deadline=deadline or "2026-11-23T17:00:00-05:00",
        authored_at="2026-11-19T16:41:00-05:00",
    )
    return work.open_task(step, identity)


def contact(outcome: Outcome, **more: object) -> Contact:
    facts: dict[str, object] = {
        "id": "c1",
        "patient": "maria",
        "outcome": outcome,
        "minutes": 9,
        "started_at": at("2026-11-20T14:32"),
        "by": "Practitioner/kim",
        "by_name": "Kim Rivera",
    }
    return Contact(**{**facts, **more})


def around(**more: object) -> Around:
    facts: dict[str, object] = {
        "task": task(),
        "checklist": POINTS,
        "attempts": 2,
        "contact_kinds": CONTACT_KINDS,
    }
    return Around(**{**facts, **more})


def made(plan, resource_type: str, kind: str = "") -> list[Resource]:
    return [
        draft
        for draft in plan.drafts
        if draft["resourceType"] == resource_type and (not kind or work.kind_of(draft) == kind)
    ]


def test_speaking_with_the_patient_is_an_encounter_with_minutes_and_a_note_and_ends_the_work():
    points = frozenset({"medicines", "red-flags"})
    plan = decide(
        contact(Outcome.PATIENT, checklist=points, note="Feels better."), around(), Knowing(NOW)
    )
    (encounter,) = made(plan, "Encounter")
    assert encounter["class"]["code"] == "VR"
    assert encounter["length"]["value"] == 9
    assert encounter["period"]["end"] == "2026-11-20T14:41:00-05:00"
    (note,) = made(plan, "DocumentReference")
    assert code_of(note["type"]) == "34748-4"
    assert note_text(note).splitlines() == [
        "Phone: spoke with patient, 9 min.",
        "[x] Medicines reviewed",
        "[x] Warning signs reviewed",
        "[ ] Visit booked",
        "[ ] Needs ride",
        "Feels better.",
    ]
    (done,) = made(plan, "Task", "tcm-contact")
    assert done["status"] == "completed"
    assert list(work.outputs_of(done, work.EVIDENCE)) == ["Encounter/c1"]
    ticked = [
        code_of(o["type"], CHECKLIST) for o in done["output"] if code_of(o["type"], CHECKLIST)
    ]
    assert ticked == ["medicines", "red-flags"]


@pytest.mark.parametrize(
    ("how", "class_", "note"),
    [(How.PHONE, "VR", "34748-4"), (How.VIDEO, "VR", "34109-9"), (How.VISIT, "HH", "34109-9")],
)
def test_a_visit_is_home_health_and_a_call_is_virtual(how, class_, note):
    plan = decide(contact(Outcome.PATIENT, how=how), around(), Knowing(NOW))
    assert made(plan, "Encounter")[0]["class"]["code"] == class_
    assert code_of(made(plan, "DocumentReference")[0]["type"]) == note


def test_speaking_with_family_names_the_relative():
    plan = decide(contact(Outcome.FAMILY, relative="RelatedPerson/ana"), around(), Knowing(NOW))
    who = [target_of(p["individual"]) for p in made(plan, "Encounter")[0]["participant"]]
    assert who == ["Practitioner/kim", "RelatedPerson/ana"]


def test_points_not_gone_through_are_one_follow_up_unless_other_work_stands_for_them():
    covered = (task("tcm-visit", "t2"), task("med-reconciliation", "t3"))
    plan = decide(contact(Outcome.PATIENT), around(others=covered), Knowing(NOW))
    (follow_up,) = made(plan, "Task", FOLLOW_UP)
    assert follow_up["description"] == "Still to do: warning signs reviewed"
    assert target_of(follow_up["owner"]) == "Practitioner/lee"
    assert work.look_by(follow_up) == "2026-11-23T17:00:00-05:00"
    assert made(plan, "Task", "tcm-visit") == []


def test_a_need_that_was_ticked_is_work():
    every = frozenset(code for code, _ in POINTS)
    plan = decide(contact(Outcome.PATIENT, checklist=every), around(), Knowing(NOW))
    (follow_up,) = made(plan, "Task", FOLLOW_UP)
    assert follow_up["description"] == "Arrange a ride"


def test_one_contact_ends_every_open_contact_it_fulfils_and_nothing_else():
    others = (
        task("check-in", "t2"),
        task("admission", "t3"),
        task("benefits", "t4"),
        task(NUMBER, "t5"),
        task(UNABLE, "t6"),
    )
    plan = decide(contact(Outcome.PATIENT), around(others=others), Knowing(NOW))
    ended = {t["id"] for t in made(plan, "Task") if t["status"] == "completed"}
    assert ended == {"t1", "t2", "t5", "t6"}


def test_a_contact_without_work_is_kept_and_asks_nothing_back():
    plan = decide(contact(Outcome.PATIENT), Around(), Knowing(NOW))
    assert [d["resourceType"] for d in plan.drafts] == ["Encounter", "DocumentReference"]


def test_no_answer_counts_the_attempt_and_sets_the_next_at_the_other_half_of_the_day():
    plan = decide(contact(Outcome.NO_ANSWER), around(), Knowing(NOW))
    (communication,) = made(plan, "Communication")
    assert communication["status"] == "not-done"
    assert code_of(communication["statusReason"]) == "no-answer"
    assert communication["about"] == [{"reference": "Task/t1"}]
    (tried,) = made(plan, "Task")
    assert tried["status"] == "requested"
    assert work.attempts_of(tried) == 1
    assert work.look_by(tried) == "2026-11-23T10:00:00-05:00"
    assert work.input_of(tried, work.DEADLINE) == "2026-11-23T17:00:00-05:00"


def test_the_last_attempt_opens_another_way_and_ends_the_work_with_a_reason():
    tried = work.with_attempt(task(), "Communication/c0", "2026-11-20T14:30:00-05:00")
    plan = decide(contact(Outcome.LEFT_MESSAGE, note="Hello."), around(task=tried), Knowing(NOW))
    assert made(plan, "Communication")[0]["status"] == "completed"
    assert made(plan, "Communication")[0]["payload"] == [{"contentString": "Hello."}]
    (ended,) = made(plan, "Task", "tcm-contact")
    assert (ended["status"], code_of(ended["statusReason"])) == ("failed", "attempts-made")
    assert work.attempts_of(ended) == 2
    (other_way,) = made(plan, "Task", UNABLE)
    assert work.input_of(other_way, work.DEADLINE) == "2026-11-23T17:00:00-05:00"
    assert target_of(other_way["owner"]) == "Practitioner/lee"


def test_another_way_goes_on_being_tried():
    other_way = task(UNABLE)
    for number in range(4):
        plan = decide(
            contact(Outcome.NO_ANSWER, id=f"c{number}"), around(task=other_way), Knowing(NOW)
        )
        (other_way,) = made(plan, "Task")
        assert other_way["status"] == "requested"


def test_a_wrong_number_is_an_attempt_and_asks_for_a_working_one_once():
    plan = decide(contact(Outcome.WRONG_NUMBER), around(), Knowing(NOW))
    assert work.attempts_of(made(plan, "Task", "tcm-contact")[0]) == 1
    assert len(made(plan, "Task", NUMBER)) == 1
    asked = around(others=(task(NUMBER, "t9"),))
    assert made(decide(contact(Outcome.WRONG_NUMBER), asked, Knowing(NOW)), "Task", NUMBER) == []


def test_calling_back_later_moves_the_next_look_and_is_no_attempt():
    later = at("2026-11-21T09:15")
    plan = decide(contact(Outcome.CALL_BACK, again_at=later), around(), Knowing(NOW))
    (held,) = made(plan, "Task")
    assert work.look_by(held) == later.isoformat()
    assert work.attempts_of(held) == 0


def test_a_word_with_staff_is_kept_and_ends_no_contact_with_the_patient():
    plan = decide(contact(Outcome.STAFF, note="Ward says Monday."), around(), Knowing(NOW))
    assert made(plan, "Communication")[0]["status"] == "completed"
    assert made(plan, "Task")[0]["status"] == "requested"


def test_a_call_to_the_case_manager_leaves_the_admission_open_and_comes_back():
    inside = around(task=task("admission"), checklist=(("discharge-date", "Day known"),))
    plan = decide(
        contact(Outcome.STAFF, checklist=frozenset({"discharge-date"})), inside, Knowing(NOW)
    )
    (still,) = made(plan, "Task")
    assert still["status"] == "requested"
    assert work.look_by(still) == "2026-11-24T17:00:00-05:00"


def test_the_next_step_that_was_typed_is_a_task_with_a_day_and_an_owner():
    typed = contact(Outcome.PATIENT, next_step="pharmacy: furosemide not filled today @omar")
    people = {"omar": ("Practitioner/omar", "Omar Diaz")}
    plan = decide(typed, around(task=None, handles=people), Knowing(NOW))
    (step,) = made(plan, "Task", FOLLOW_UP)
    assert step["description"] == "Pharmacy: furosemide not filled"
    assert target_of(step["owner"]) == "Practitioner/omar"
    assert work.look_by(step) == "2026-11-20T17:00:00-05:00"


@given(
    st.sampled_from(Outcome),
    st.sampled_from(How),
    st.sets(st.sampled_from([code for code, _ in POINTS])),
    st.text(max_size=40),
    st.integers(0, 6),
)
def test_the_preview_says_what_is_saved_and_every_open_task_has_owner_and_date(
    outcome, how, points, step, tries
):
    tried = task()
    for number in range(tries):
        tried = work.with_attempt(tried, f"Communication/{number}", "2026-11-20T09:00:00-05:00")
    typed = contact(outcome, how=how, checklist=frozenset(points), next_step=step)
    plan = decide(typed, around(task=tried), Knowing(NOW))
    assert plan == decide(typed, around(task=tried), Knowing(NOW))
    ids = [(d["resourceType"], d["id"]) for d in plan.drafts]
    assert len(ids) == len(set(ids))
    for draft in made(plan, "Task"):
        if is_open(draft["status"]):
            assert target_of(draft["owner"])
            assert work.look_by(draft)
        else:
            assert draft.get("statusReason") or list(work.outputs_of(draft, work.EVIDENCE))
    adds = [line for line in plan.lines if line.does == "adds"]
    assert len(adds) == len(made(plan, "Task", FOLLOW_UP))


@pytest.mark.parametrize(
    ("tried", "deadline", "again"),
    [
        ("2026-11-20T09:10", None, "2026-11-23T14:30"),  # Friday morning
        ("2026-11-20T14:32", None, "2026-11-23T10:00"),  # Friday afternoon
        ("2026-11-25T10:00", None, "2026-11-27T14:30"),  # over Thanksgiving
        ("2026-11-20T09:10", "2026-11-20T17:00", "2026-11-20T14:30"),  # due today
        ("2026-11-20T15:00", "2026-11-20T17:00", "2026-11-20T17:00"),  # due in two hours
        ("2026-11-20T09:10", "2026-11-19T17:00", "2026-11-23T14:30"),  # late already
        ("2026-11-21T09:10", "2026-11-21T20:00", "2026-11-21T20:00"),  # on a Saturday, due at night
        ("2026-10-30T15:00", None, "2026-11-02T10:00"),  # over the change of the clocks
    ],
)
def test_the_next_attempt(tried, deadline, again):
    due = at(deadline) if deadline else None
    assert attempts.next_attempt(at(tried), due, Knowing(at(tried))) == at(again)


@pytest.mark.parametrize(
    ("text", "step", "on", "handle"),
    [
        ("call pharm tue", "Call pharmacy", "2026-11-24", ""),
        ("call pharm tue @lee", "Call pharmacy", "2026-11-24", "lee"),
        ("@Lee call pharm tomorrow", "Call pharmacy", "2026-11-21", "lee"),
        ("pharmacy: furosemide not filled", "Pharmacy: furosemide not filled", "2026-11-23", ""),
        ("send letter 1 dec", "Send letter", "2026-12-01", ""),
        ("send letter dec 1", "Send letter", "2026-12-01", ""),
        ("send letter 12/1", "Send letter", "2026-12-01", ""),
        ("send letter 2026-12-01", "Send letter", "2026-12-01", ""),
        ("send letter in 3 days", "Send letter", "2026-11-23", ""),
        ("send letter next week", "Send letter", "2026-11-27", ""),
        ("send letter feb 29", "Send letter feb 29", "2026-11-23", ""),
        ("send letter 2w", "Send letter", "2026-12-04", ""),
        ("send letter fri", "Send letter", "2026-11-27", ""),
        ("llamar a la clínica el lunes", "Llamar a la clínica", "2026-11-23", ""),
        ("review plan jan 5", "Review plan", "2027-01-05", ""),
        ("today", "Today", "2026-11-23", ""),
    ],
)
def test_a_quick_step_is_read(text, step, on, handle):
    found = quick_step(text, date(2026, 11, 20), Calendar(NEW_YORK))
    assert (found.step, found.on, found.handle) == (step, date.fromisoformat(on), handle)


@pytest.mark.parametrize("text", ["", "   ", "@lee"])
def test_nothing_typed_is_no_step(text):
    assert quick_step(text, date(2026, 11, 20), Calendar(NEW_YORK)) is None


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_step_of_today_or_later_or_none(text):
    found = quick_step(text, date(2026, 11, 20), Calendar(NEW_YORK))
    assert found is None or (found.step and found.on >= date(2026, 11, 20))


def test_a_death_ends_this_rooms_outreach_and_not_what_was_done():
    done = work.ended(task(UNABLE, "t2"), TaskStatus.COMPLETED, evidence=["Encounter/e"])
    known = replace(Knowing(NOW), tasks=(task(FOLLOW_UP), done, task("benefits", "t3")))
    alive = {"resourceType": "Patient", "id": "maria"}
    ended = list(on_death(Change(alive, {**alive, "deceasedBoolean": True}), known))
    assert [(t["id"], t["status"]) for t in ended] == [("t1", "cancelled")]
    assert list(on_death(Change(alive, {**alive, "active": True}), known)) == []


def test_a_contact_can_be_read_back():
    for outcome in Outcome:
        plan = decide(contact(outcome, note="Hello."), around(), Knowing(NOW))
        found = made_of(plan.drafts[0], NEW_YORK)
        assert (found.outcome, found.how, found.minutes) == (outcome, "phone", 9)
        assert found.at == at("2026-11-20T14:32")
        assert found.by_name == "Kim Rivera"
        assert found.two_way is outcome.two_way
    assert contact(Outcome.PATIENT).ended_at - at("2026-11-20T14:32") == timedelta(minutes=9)


def test_a_person_and_their_people_are_read_as_registration_writes_them():
    person = person_of(
        {
            "resourceType": "Patient",
            "id": "maria",
            "name": [{"use": "official", "family": "Alvarez", "given": ["Maria", "Elena"]}],
            "birthDate": "1954-02-14",
            "telecom": [
                {"system": "phone", "value": "555-0199", "use": "old"},
                {
                    "system": "phone",
                    "value": "555-0142",
                    "use": "mobile",
                    "extension": [{"url": "urn:handrail:message-consent", "valueCode": "yes"}],
                },
                {"system": "email", "value": "m@example.org"},
            ],
            "communication": [{"language": {"coding": [{"code": "es-MX"}]}, "preferred": True}],
            "extension": [
                {
                    "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
                    "valueCoding": {"code": "Y"},
                }
            ],
        }
    )
    assert (person.name, person.given, person.speaks) == ("Maria Elena Alvarez", "Maria", "es")
    assert [(p.value, p.message) for p in person.phones] == [("555-0142", "yes")]
    assert person.interpreter == "yes"
    ana = {
        "resourceType": "RelatedPerson",
        "id": "ana",
        "name": [{"text": "Ana Alvarez"}],
        "relationship": [{"text": "Daughter"}],
        "extension": [{"url": "urn:handrail:may-discuss", "valueCode": "all"}],
        "period": {"end": "2026-12-31"},
    }
    relative = relative_of(ana)
    assert (relative.name, relative.relationship) == ("Ana Alvarez", "daughter")
    assert relative.may_talk(date(2026, 12, 31))
    assert not relative.may_talk(date(2027, 1, 1))
    assert relative_of({**ana, "active": False}) is None


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.CALL_BACK, Outcome.STAFF])
def test_an_attempt_without_work_is_kept_and_nothing_else(outcome):
    plan = decide(contact(outcome), Around(), Knowing(NOW))
    (communication,) = plan.drafts
    assert "about" not in communication
    assert [line.does for line in plan.lines] == ["contact"]


def test_speaking_with_the_patient_in_hospital_leaves_the_admission_open():
    inside = task("admission")
    plan = decide(contact(Outcome.PATIENT), around(task=inside, others=(inside,)), Knowing(NOW))
    (still,) = made(plan, "Task", "admission")
    assert still["status"] == "requested"
    assert "goes-on" in [line.does for line in plan.lines]


def test_another_way_is_opened_once_and_the_work_at_hand_is_ended_once():
    tried = work.with_attempt(task(), "Communication/c0", "2026-11-20T14:30:00-05:00")
    both = around(task=tried, others=(task(UNABLE, "t6"), tried))
    plan = decide(contact(Outcome.NO_ANSWER), both, Knowing(NOW))
    assert made(plan, "Task", UNABLE) == []
    reached = decide(contact(Outcome.PATIENT), both, Knowing(NOW))
    assert [t["id"] for t in made(reached, "Task", "tcm-contact")] == ["t1"]


def test_what_is_no_contact_of_ours_is_not_read_as_one():
    plain = {"resourceType": "Communication", "status": "completed"}
    assert made_of(plain, NEW_YORK) is None
    assert made_of({"resourceType": "Encounter", "status": "finished"}, NEW_YORK) is None
    assert made_of({"resourceType": "Encounter", "status": "planned"}, NEW_YORK) is None
    ours = decide(contact(Outcome.NO_ANSWER), around(), Knowing(NOW)).drafts[0]
    bare = {**ours, "sent": "soon", "extension": [{"url": "urn:x"}]}
    found = made_of(bare, NEW_YORK)
    assert (found.at, found.minutes) == (None, 0)
    assert made_of({**ours, "sent": "2026-11-20"}, NEW_YORK).at == at("2026-11-20T00:00")


@pytest.mark.parametrize(
    "content",
    [[], [{"attachment": {}}], [{"attachment": {"contentType": "text/plain", "data": "é"}}]],
)
def test_a_document_without_plain_text_has_no_note(content):
    assert note_text({"content": content}) == ""
    assert note_of({"content": content}) is None


def test_the_note_of_a_contact_names_its_contact():
    document = decide(contact(Outcome.PATIENT, note="Hello."), Around(), Knowing(NOW)).drafts[1]
    assert note_of(document) == ("maria", "c1", "Phone: spoke with patient, 9 min.\nHello.")


def test_a_person_nothing_is_known_of_can_be_shown():
    person = person_of({"resourceType": "Patient", "id": "x", "extension": [{"url": "urn:x"}]})
    assert (person.name, person.interpreter, person.speaks) == ("", "unknown", "")
