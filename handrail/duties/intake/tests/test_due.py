"""What time makes due, and what ends it. With PostgreSQL."""

from __future__ import annotations

from handrail.access.database import acting
from handrail.duties.intake.actions import ending, finishing
from handrail.duties.intake.room import ROOM
from handrail.duties.intake.rules import DUE
from handrail.duties.intake.tests.test_actions import begun, read, save, tasks
from handrail.fhir import work
from handrail.record import store
from handrail.record.clock import sweep_one
from handrail.room import house

VISIT = "Ask: Intake visit"


def sweep(org) -> int:
    return sweep_one(org.id, "intake", ROOM.sweeps[0], due_only=False)


def open_steps(kim) -> set[str]:
    return {t["description"] for t in tasks(kim, DUE) if t["status"] == "requested"}


def test_the_sweep_opens_what_is_due_once(org, kim, maria):
    assert sweep(org) == 1
    assert sweep(org) == 0
    found = tasks(kim, DUE)
    assert {t["owner"]["reference"] for t in found} == {"Practitioner/kim"}
    assert open_steps(kim) == {VISIT}


def test_finishing_an_assessment_ends_what_asked_for_it(org, kim, maria):
    sweep(org)
    one = begun(kim, "handrail-intake-visit")
    save(kim, one, hope="Walk to church")
    with acting(kim):
        finishing.finish_assessment(kim, one)
    assert open_steps(kim) == set()
    (task,) = tasks(kim, DUE)
    assert list(work.outputs_of(task, work.EVIDENCE)) == [f"QuestionnaireResponse/{one}"]
    assert sweep(org) == 0


def test_what_was_declined_is_not_asked_again_at_once(org, kim, maria):
    sweep(org)
    task = next(t for t in tasks(kim, DUE) if t["description"] == VISIT)
    with acting(kim):
        ending.decline_whole(kim, task["id"])
    assert read(kim, f"Task/{task['id']}")["statusReason"]["coding"][0]["code"] == "declined"
    assert sweep(org) == 0


def test_nobody_asks_somebody_who_has_died(org, kim, maria):
    sweep(org)
    with acting(kim):
        patient = store.read("Patient/maria", by=kim).resource
        store.commit([{**patient, "deceasedBoolean": True}], by=kim, reason="test")
    assert open_steps(kim) == set()
    assert sweep(org) == 0


def test_the_work_is_done_from_the_worklist(org, kim, web):
    sweep(org)
    task = next(t for t in tasks(kim, DUE) if t["description"] == VISIT)
    html = web.get(f"/?item={task['id']}").content.decode()
    assert "Start by phone" in html
    answer = web.post(
        "/patients/maria/assessments", {"form": "handrail-intake-visit", "way": "phone"}
    )
    assert answer.status_code == 303
    assert "Resume" in web.get(f"/?item={task['id']}").content.decode()
    ended = web.post(f"/assessments/declined/{task['id']}", {"reason": "not-needed", "next": "/"})
    assert (ended.status_code, ended["Location"]) == (303, "/")
    assert web.post(f"/assessments/declined/{task['id']}", {"reason": "no"}).status_code == 422


def test_other_rooms_find_the_way_here(maria):
    assert house.way("assess", "maria", about="x") == "/patients/maria/assessments?form=x"
