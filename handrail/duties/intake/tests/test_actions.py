"""Assessments from the first answer to Observations, with PostgreSQL."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.duties.intake.actions import ending, finishing, opening, protecting, saving
from handrail.duties.intake.actions.finishing import UnfinishedError
from handrail.duties.intake.actions.protecting import IncompleteProtocolError, Protected
from handrail.duties.intake.actions.starting import Begin, start_assessment
from handrail.duties.intake.models import Asked, Assessment, Score
from handrail.duties.intake.rules import DUE, SAFETY, TO_READ
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.profiles import faults
from handrail.record import store

PHQ9 = (
    "44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3",
    "44260-8",
)  # fmt: skip
ANSWERS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
SOCIAL = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-ObservationScreeningResponse"


def begun(kim, form: str = "handrail-phq-9", **more) -> str:
    with acting(kim):
        return start_assessment(kim, Begin(patient="maria", form=form, **more))[0]


def save(kim, assessment: str, if_match: int | None = None, **fields):
    with acting(kim):
        sent = {f"a:{place.replace('_', '-')}": [value] for place, value in fields.items()}
        return saving.save_answers(kim, assessment, sent, if_match=if_match)


def fill(kim, assessment: str, weights) -> None:
    with acting(kim):
        sent = {f"a:{p}": [ANSWERS[w]] for p, w in zip(PHQ9, weights, strict=True) if w is not None}
        saving.save_answers(kim, assessment, sent)


def finish(kim, assessment: str):
    with acting(kim):
        return finishing.finish_assessment(kim, assessment)


def read(kim, reference: str):
    with acting(kim):
        return store.read(reference, by=kim).resource


def tasks(kim, kind: str):
    with acting(kim):
        found = store.of_patient("maria", "Task", by=kim)
        return [each.resource for each in found if work.kind_of(each.resource) == kind]


def observations(kim):
    with acting(kim):
        return [each.resource for each in store.of_patient("maria", "Observation", by=kim)]


def serious(resource, profile: str) -> list[str]:
    return [f"{f.path} {f.text}" for f in faults(resource, profile) if f.severity == "error"]


def test_an_assessment_is_saved_as_it_is_answered_and_resumed(kim, maria):
    one = begun(kim)
    save(kim, one, **{"44250_9": "LA6570-1"})
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "in-progress"
    assert begun(kim) == one
    with acting(kim):
        row = Assessment.objects.get(source=one)
    assert (row.answered, row.title) == (1, "PHQ-9: how you have felt in the last 2 weeks")


def test_finishing_writes_answers_and_score_as_observations_in_one_commit(kim, maria):
    one = begun(kim)
    fill(kim, one, (2, 2, 1, 1, 1, 1, 1, 1, 0))
    done = finish(kim, one)
    response = read(kim, f"QuestionnaireResponse/{one}")
    assert response["status"] == "completed"
    assert serious(response, f"{US_CORE}us-core-questionnaireresponse") == []
    found = {o["code"]["coding"][0]["code"]: o for o in observations(kim)}
    assert found["44261-6"]["valueQuantity"]["value"] == 10
    assert found["44261-6"]["interpretation"][0]["text"] == "Moderate signs of depression"
    assert found["44250-9"]["valueCodeableConcept"]["coding"][0]["code"] == "LA6570-1"
    assert {s.transaction for s in done.committed.stored} == {done.committed.transaction}
    for each in found.values():
        assert serious(each, f"{US_CORE}us-core-observation-screening-assessment") == []
        assert each["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{one}"}]


def test_finishing_can_be_undone(kim, maria):
    one = begun(kim)
    fill(kim, one, (1,) * 8 + (0,))
    done = finish(kim, one)
    with acting(kim):
        store.undo(done.committed.transaction, by=kim)
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "in-progress"
    assert {o["status"] for o in observations(kim)} == {"entered-in-error"}
    finish(kim, one)
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "completed"


def test_social_answers_follow_the_sdoh_profile(kim, maria):
    one = begun(kim, "handrail-hunger-vital-sign")
    save(kim, one, **{"88122_7": "LA28397-0", "88123_5": "LA28398-8"})
    finish(kim, one)
    found = {o["code"]["coding"][0]["code"]: o for o in observations(kim)}
    assert set(found) == {"88122-7", "88123-5", "88124-3"}
    assert found["88124-3"]["valueCodeableConcept"]["coding"][0]["code"] == "LA19952-3"
    assert serious(found["88122-7"], SOCIAL) == []


def test_a_score_with_a_declined_question_is_not_counted(kim, maria):
    one = begun(kim)
    fill(kim, one, (1, 1, 1, 1, None, 1, 1, 1, 0))
    with acting(kim):
        saving.save_answers(kim, one, {"a:44251-7!declined": ["asked-declined"]})
    finish(kim, one)
    total = next(o for o in observations(kim) if o["code"]["coding"][0]["code"] == "44261-6")
    assert "valueQuantity" not in total
    assert total["dataAbsentReason"]["coding"][0]["code"] == "asked-declined"
    with acting(kim):
        assert Score.objects.get(code="44261-6").value is None


def test_item_nine_opens_the_safety_protocol_at_once_and_once(kim, maria):
    one = begun(kim)
    save(kim, one, **{"44260_8": "LA6569-3"})
    (task,) = tasks(kim, SAFETY)
    assert task["priority"] == "stat"
    assert task["owner"]["reference"] == "Practitioner/kim"
    save(kim, one, **{"44260_8": "LA6571-9"})
    assert len(tasks(kim, SAFETY)) == 1
    with acting(kim), pytest.raises(IncompleteProtocolError):
        protecting.document_protocol(kim, task["id"], Protected(steps=(), outcome="", said=""))
    with acting(kim):
        done = Protected(steps=("stay", "ask"), outcome="safe-now", said="No plan. Calls tomorrow.")
        protecting.document_protocol(kim, task["id"], done)
    (task,) = tasks(kim, SAFETY)
    assert task["status"] == "completed"
    proof = next(work.outputs_of(task, work.EVIDENCE))
    told = read(kim, proof)
    assert told["payload"][0]["contentString"] == "No plan. Calls tomorrow."


def test_a_typing_mistake_ends_the_protocol_only_when_the_answer_is_corrected(kim, maria):
    one = begun(kim)
    save(kim, one, **{"44260_8": "LA6569-3"})
    (task,) = tasks(kim, SAFETY)
    with acting(kim), pytest.raises(BusinessRuleError):
        protecting.was_mistyped(kim, task["id"])
    save(kim, one, **{"44260_8": "LA6568-5"})
    assert tasks(kim, SAFETY)[0]["status"] == "requested"
    with acting(kim):
        protecting.was_mistyped(kim, task["id"])
    assert tasks(kim, SAFETY)[0]["status"] == "cancelled"
    save(kim, one, **{"44260_8": "LA6570-1"})
    assert sorted(t["status"] for t in tasks(kim, SAFETY)) == ["cancelled", "requested"]


def test_two_people_answer_different_questions_and_both_are_kept(kim, lee, maria):
    one = begun(kim)
    with acting(lee):
        saving.save_answers(lee, one, {"a:44250-9": ["LA6569-3"]}, if_match=1)
    saved = save(kim, one, if_match=1, **{"44255_8": "LA6570-1"})
    assert not saved.clashes
    assert saved.merged
    with acting(kim):
        found = opening.open_assessment(kim, one)
    links = {i["linkId"] for i in found.response["item"][0]["item"] if i.get("answer")}
    assert {"44250-9", "44255-8"} <= links


def test_two_people_answer_the_same_question_and_nothing_is_overwritten(kim, lee, maria):
    one = begun(kim)
    with acting(lee):
        saving.save_answers(lee, one, {"a:44250-9": ["LA6569-3"]}, if_match=1)
    saved = save(kim, one, if_match=1, **{"44250_9": "LA6571-9", "44255_8": "LA6570-1"})
    assert [clash.place for clash in saved.clashes] == ["44250-9"]
    now = read(kim, f"QuestionnaireResponse/{one}")
    given = {
        i["linkId"]: i["answer"][0]["valueCoding"]["code"]
        for i in now["item"][0]["item"]
        if i.get("answer")
    }
    assert given["44250-9"] == "LA6569-3"
    assert given["44255-8"] == "LA6570-1"


def test_the_same_person_typing_faster_than_saving_clashes_with_nobody(kim, maria):
    one = begun(kim)
    save(kim, one, if_match=1, **{"44250_9": "LA6569-3"})
    saved = save(kim, one, if_match=1, **{"44250_9": "LA6570-1"})
    assert not saved.clashes
    now = read(kim, f"QuestionnaireResponse/{one}")
    assert now["item"][0]["item"][0]["answer"][0]["valueCoding"]["code"] == "LA6570-1"


def test_old_answers_are_offered_and_count_only_when_confirmed(kim, maria):
    one = begun(kim)
    fill(kim, one, (3,) * 8 + (0,))
    finish(kim, one)
    again = begun(kim, "handrail-phq-2")
    with acting(kim):
        found = opening.open_assessment(kim, again)
        now = opening.worked_out(kim, found.form, found.response, "maria")
    assert now.scores.get("55758-7") in {None, 0}
    old = [i for g in found.response["item"] for i in (g, *g.get("item", ())) if i.get("extension")]
    assert {i["linkId"] for i in old} == {"44250-9", "44255-8"}
    with acting(kim):
        saved = saving.confirm_all(kim, again, ["44250-9", "44255-8"])
    assert saved.after.scores["55758-7"] == 6


def test_a_positive_screen_asks_for_the_longer_form_and_that_ends_it(kim, maria):
    short = begun(kim, "handrail-phq-2")
    save(kim, short, **{"44250_9": "LA6571-9", "44255_8": "LA6569-3"})
    finish(kim, short)
    (task,) = tasks(kim, DUE)
    assert task["focus"]["reference"] == "Questionnaire/handrail-phq-9"
    with acting(kim):
        assert Asked.objects.filter(kind=DUE).count() == 1
    long = begun(kim)
    fill(kim, long, (1,) * 8 + (0,))
    finish(kim, long)
    (task,) = tasks(kim, DUE)
    assert task["status"] == "completed"
    assert list(work.outputs_of(task, work.EVIDENCE)) == [f"QuestionnaireResponse/{long}"]


def test_correcting_amends_the_answers_and_the_score(kim, maria):
    one = begun(kim)
    fill(kim, one, (1,) * 8 + (0,))
    finish(kim, one)
    with acting(kim):
        finishing.correct_assessment(kim, one, {"a:44250-9": ["LA6571-9"]})
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "amended"
    total = next(o for o in observations(kim) if o["code"]["coding"][0]["code"] == "44261-6")
    assert (total["status"], total["valueQuantity"]["value"]) == ("amended", 10)


def test_setting_aside_keeps_the_answers_and_can_be_taken_up_again(kim, maria):
    one = begun(kim)
    save(kim, one, **{"44250_9": "LA6569-3"})
    with acting(kim):
        ending.set_aside(kim, one, "too-tired")
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "stopped"
    with acting(kim), pytest.raises(BusinessRuleError):
        saving.save_answers(kim, one, {"a:44250-9": ["LA6570-1"]})
    with acting(kim):
        ending.take_up_again(kim, one)
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "in-progress"


def elsewhere(kim, **more):
    """PHQ-9 answers that another system sends."""
    from datetime import UTC, datetime

    items = [
        {"linkId": link, "answer": [{"valueCoding": {"system": "http://loinc.org", "code": code}}]}
        for link, code in zip(PHQ9, [ANSWERS[2]] * 8 + [ANSWERS[0]], strict=True)
    ]
    response = {
        "resourceType": "QuestionnaireResponse",
        "id": "theirs",
        "questionnaire": "urn:handrail:questionnaire:phq-9",
        "status": "completed",
        "subject": {"reference": "Patient/maria"},
        "authored": datetime.now(UTC).isoformat(timespec="seconds"),
        "item": [{"linkId": "problems", "item": items}],
    }
    with acting(kim):
        store.commit([{**response, **more}], by=kim, reason="message")


def test_answers_from_elsewhere_are_read_and_taken_over(kim, maria):
    elsewhere(kim)
    (task,) = tasks(kim, TO_READ)
    assert observations(kim) == []
    with acting(kim):
        finishing.take_over(kim, "theirs")
    (task,) = tasks(kim, TO_READ)
    assert task["status"] == "completed"
    total = next(o for o in observations(kim) if o["code"]["coding"][0]["code"] == "44261-6")
    assert total["valueQuantity"]["value"] == 16


def test_answers_that_change_elsewhere_are_read_again_and_what_is_no_longer_said_is_withdrawn(
    kim, maria
):
    elsewhere(kim)
    for number, code in enumerate((ANSWERS[1], ANSWERS[3])):
        with acting(kim):
            finishing.take_over(kim, "theirs")
        one = {"linkId": PHQ9[0], "answer": [{"valueCoding": {"code": code}}]}
        one["answer"][0]["valueCoding"]["system"] = "http://loinc.org"
        elsewhere(kim, status="amended", item=[{"linkId": "problems", "item": [one]}])
        found = tasks(kim, TO_READ)
        assert sorted(t["status"] for t in found) == ["completed"] * (number + 1) + ["requested"]
    with acting(kim):
        finishing.take_over(kim, "theirs")
    found = {o["code"]["coding"][0]["code"]: o for o in observations(kim)}
    assert found[PHQ9[0]]["status"] == "amended"
    assert found[PHQ9[0]]["valueCodeableConcept"]["coding"][0]["code"] == ANSWERS[3]
    assert found[PHQ9[1]]["status"] == "entered-in-error"


def test_nobody_is_asked_to_read_answers_of_somebody_who_has_died(kim, maria):
    with acting(kim):
        patient = store.read("Patient/maria", by=kim).resource
        store.commit([{**patient, "deceasedBoolean": True}], by=kim, reason="test")
    elsewhere(kim)
    assert tasks(kim, TO_READ) == []


def test_an_assessment_without_any_answer_is_not_finished(kim, maria):
    one = begun(kim, "handrail-intake-visit")
    with pytest.raises(UnfinishedError, match="Nothing is answered"):
        finish(kim, one)
    assert read(kim, f"QuestionnaireResponse/{one}")["status"] == "in-progress"


def test_old_answers_from_elsewhere_are_history_not_work(kim, maria):
    elsewhere(kim, authored="2024-01-05T10:00:00Z")
    assert tasks(kim, TO_READ) == []


def test_an_answer_out_of_range_is_refused_and_the_rest_is_saved(kim, maria):
    one = begun(kim, "handrail-exercise-vital-sign")
    saved = save(kim, one, **{"89555_7": "9", "68516_4": "thirty"})
    assert {fault.place for fault in saved.faults} >= {"68516-4"}
    assert saved.faults[0].typed == ("thirty",) or saved.faults[-1].typed == ("thirty",)
