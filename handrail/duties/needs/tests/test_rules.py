"""What answers mean, what is known already, what is decided, when somebody asks again. Pure."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.duties.needs.resources import DOMAINS, ICD10, need_of
from handrail.duties.needs.rules import asking, reactions
from handrail.duties.needs.rules.asking import Asked
from handrail.duties.needs.rules.deciding import Said, Verdict, decided
from handrail.duties.needs.rules.reviewing import review
from handrail.duties.needs.rules.same import same_code
from handrail.duties.needs.rules.writing import Wording, condition
from handrail.duties.needs.tests.paper import (
    NEVER,
    NOW,
    OFTEN,
    RULES,
    SOMETIMES,
    Knowing,
    coding,
    diagnosis,
    form,
    number,
    response,
    rule,
    score,
)
from handrail.fhir import work
from handrail.fhir.change import Change
from handrail.fhir.errors import BusinessRuleError, IllegalMoveError
from handrail.fhir.profiles import faults
from handrail.fhir.resource import code_of
from handrail.fhir.rulebook import Rule, Rulebook
from handrail.fhir.text import write
from handrail.fhir.validation import validate
from tests.data import data

SNOMED = "http://snomed.info/sct"
KIM = {"by": "Practitioner/kim", "by_name": "Kim", "on": "2026-11-20"}


def proposed(answers, known=None, before=None) -> list:
    known = (known or Knowing()).add(form(), answers)
    found = list(reactions.on_answers(Change(before, answers), known))
    return [one for one in found if one["resourceType"] == "Condition"]


def wrong(resource) -> list:
    validate(write(resource))
    return [fault for fault in faults(resource) if fault.severity == "error"]


def test_an_answer_is_proposed_as_an_unconfirmed_need_with_its_code_and_evidence():
    (need,) = proposed(response(coding("q1", OFTEN)))
    assert code_of(need["verificationStatus"]) == "unconfirmed"
    assert code_of(need["code"], ICD10) == "Z59.41"
    assert need["code"]["text"] == "Worries that food runs out"
    assert need_of(need).domain == "food-insecurity"
    assert need_of(need).evidence == ("QuestionnaireResponse/r1",)
    assert not wrong(need)


def test_two_answers_that_mean_the_same_are_one_need_that_rests_on_both():
    kept = [score("88122-7", 1, identity="o1"), score("88123-5", 1, identity="o2")]
    for one, answer in zip(kept, (OFTEN, SOMETIMES), strict=True):
        one.pop("valueInteger")
        one["valueCodeableConcept"] = {"coding": [{"code": answer}]}
    known = Knowing().add(*kept)
    (need,) = proposed(response(coding("q1", OFTEN), coding("q2", SOMETIMES)), known)
    assert need_of(need).evidence == (
        "Observation/o1",
        "Observation/o2",
        "QuestionnaireResponse/r1",
    )
    assert need_of(need).rules == ("need.88122-7", "need.88123-5")


def test_answers_that_mean_nothing_propose_nothing():
    assert not proposed(response(coding("q1", NEVER), number("44261-6", 9)))


def test_a_question_is_known_by_its_link_where_the_form_is_not_here():
    answers = response(coding("/88121-9/88122-7", OFTEN), questionnaire="http://nowhere.example/q")
    assert len(proposed(answers)) == 1


def test_scores_mean_something_as_an_item_or_as_an_observation():
    (need,) = proposed(response(number("/44261-6", 14)))
    assert need["code"]["text"] == "Signs of depression"
    (need,) = proposed(response(coding("x", "y")), Knowing().add(score("44261-6", 14)))
    assert need_of(need).evidence == ("Observation/score", "QuestionnaireResponse/r1")
    assert not proposed(response(coding("x", "y")), Knowing().add(score("44261-6", 14, of="other")))


def test_a_score_that_was_read_as_positive_counts_as_answered_so():
    found = score("75626-2", 3) | {"interpretation": [{"coding": [{"code": "POS"}]}]}
    (need,) = proposed(response(coding("x", "y")), Knowing().add(found))
    assert need["code"]["text"] == "Drinking that may harm"


def test_of_several_things_chosen_each_need_quotes_its_own():
    chosen = coding("trouble", "pain", "Pain")
    chosen["answer"] += coding("trouble", "seeing", "Seeing")["answer"]
    known = Knowing()
    known.add(*proposed(response(chosen), known))
    quoted = {row.need.text: row.said[0].answer for row in review("maria", known).rows}
    assert quoted == {"Pain on most days": "Pain", "Trouble seeing": "Seeing"}


def test_a_strength_is_a_protective_factor():
    (need,) = proposed(response(coding("93029-7", "LA30136-8")))
    assert need_of(need).kind == "strength"
    assert not wrong(need)


def test_the_same_answers_twice_propose_once():
    answers = response(coding("q1", OFTEN))
    known = Knowing()
    (need,) = proposed(answers, known)
    known.add(need)
    assert not proposed(answers, known)
    gone = decided(need, Said(verdict=Verdict.REFUTE, **KIM))
    amended = response(coding("q1", OFTEN), status="amended")
    assert not proposed(amended, known.add(gone), before=answers)


def test_a_completed_assessment_saved_again_without_other_answers_is_no_news():
    answers = response(coding("q1", OFTEN))
    assert not proposed(answers, before=answers)
    corrected = response(coding("q1", OFTEN), status="amended")
    assert len(proposed(corrected, before=response(coding("q1", NEVER)))) == 1


@pytest.mark.parametrize("status", ["in-progress", "stopped", "entered-in-error"])
def test_unfinished_answers_propose_nothing(status):
    assert not proposed(response(coding("q1", OFTEN), status=status))


@pytest.mark.parametrize("authored", ["2019-03-01", "", "nonsense", "9999-12-31"])
def test_old_history_and_unknown_days_propose_nothing(authored):
    assert not proposed(response(coding("q1", OFTEN), authored=authored))


def test_nobody_proposes_for_the_dead():
    dead = {"resourceType": "Patient", "id": "maria", "deceasedBoolean": True}
    assert not proposed(response(coding("q1", OFTEN)), Knowing().add(dead))


def test_what_was_only_carried_forward_is_not_said_again():
    item = coding("q1", OFTEN) | {
        "extension": [
            {"url": "urn:handrail:carried-from", "valueReference": {"reference": "Observation/x"}}
        ]
    }
    assert not proposed(response(item))


@pytest.mark.parametrize(
    "existing",
    [
        diagnosis("c", (ICD10, "Z59.41")),
        diagnosis("c", (ICD10, "Z59.4")),
        diagnosis("c", (ICD10, "z59.41")),
        diagnosis("c", (SNOMED, "733423003"), (ICD10, "Z59.41")),
    ],
)
def test_what_the_problem_list_has_by_code_is_not_proposed_again(existing):
    assert not proposed(response(coding("q1", OFTEN)), Knowing().add(existing))


def test_a_code_that_the_record_maps_elsewhere_is_recognised():
    both = diagnosis("old", (SNOMED, "733423003"), (ICD10, "Z59.41"), abatementDateTime="2020")
    now = diagnosis("now", (SNOMED, "733423003"))
    assert not proposed(response(coding("q1", OFTEN)), Knowing().add(both, now))
    assert len(proposed(response(coding("q1", OFTEN)), Knowing().add(now))) == 1


@pytest.mark.parametrize(
    "existing",
    [
        diagnosis("c", (ICD10, "Z59.1")),
        diagnosis("c", (ICD10, "Z59")),
        diagnosis("c", (ICD10, "Z59.41"), clinicalStatus={"coding": [{"code": "resolved"}]}),
        diagnosis("c", (ICD10, "Z59.41"), verificationStatus={"coding": [{"code": "refuted"}]}),
    ],
)
def test_other_codes_and_what_is_over_hide_nothing(existing):
    assert len(proposed(response(coding("q1", OFTEN)), Knowing().add(existing))) == 1


def test_without_a_code_domain_and_words_tell():
    wording = Wording(text="signs  of DEPRESSION")
    existing = condition(wording, "c", "maria", "2026-01-01")
    assert not proposed(response(number("44261-6", 14)), Knowing().add(existing))


def test_a_code_stands_for_the_more_exact_ones_and_a_chapter_for_none():
    assert same_code("Z59.4", "Z59.41")
    assert same_code("Z59.41", "Z594")
    assert not same_code("Z59", "Z59.41")
    assert not same_code("Z59.1", "Z59.41")


@pytest.mark.parametrize("domain", [*DOMAINS, ""])
@pytest.mark.parametrize("kind", ["need", "strength"])
@pytest.mark.parametrize(
    "category", ["sdoh", "functional-status", "disability-status", "cognitive-status", ""]
)
def test_every_domain_and_category_is_written_as_the_profiles_ask(domain, kind, category):
    wording = Wording(text="Something", kind=kind, domain=domain, category=category)
    made = condition(wording, "c", "maria", "2026-11-20T14:00:00-05:00")
    social = bool(domain) or kind == "strength" or category == "sdoh"
    assert any("SDOHCC" in profile for profile in made["meta"]["profile"]) is social
    assert not wrong(made)
    assert need_of(made).is_concern


@given(
    answers=st.lists(
        st.tuples(
            st.sampled_from(["q1", "q2", "93029-7", "44261-6", "72133-2", "other"]),
            st.one_of(
                st.sampled_from([OFTEN, SOMETIMES, NEVER, "LA30136-8", ""]),
                st.integers(-5, 99),
                st.booleans(),
            ),
        ),
        max_size=12,
    )
)
def test_any_answers_propose_what_validates_and_twice_is_once(answers):
    items = []
    for link, value in answers:
        name = "valueBoolean" if isinstance(value, bool) else "valueInteger"
        said = {name: value} if not isinstance(value, str) else {"valueCoding": {"code": value}}
        items.append({"linkId": link, "answer": [said]})
    known = Knowing()
    first = proposed(response(*items), known)
    assert not [fault for one in first for fault in wrong(one)]
    assert len({one["id"] for one in first}) == len(first)
    assert all(code_of(one["verificationStatus"]) == "unconfirmed" for one in first)
    known.add(*first)
    assert not proposed(response(*items), known)
    assert not proposed(response(*items, identity="r2"), known)


def need(**more):
    (found,) = proposed(response(coding("q1", OFTEN)))
    return found | more


def test_confirming_says_who_and_when_and_validates():
    sure = decided(need(), Said(verdict=Verdict.CONFIRM, evidence=("Observation/x",), **KIM))
    view = need_of(sure)
    assert (view.state, view.by, view.since) == ("open", "Kim", "2026-11-20")
    assert "Observation/x" in view.evidence
    assert not wrong(sure)


def test_refuting_and_resolving_validate_and_may_be_taken_up_again():
    gone = decided(need(), Said(verdict=Verdict.REFUTE, **KIM))
    assert need_of(gone).state == "refuted"
    sure = decided(need(), Said(verdict=Verdict.CONFIRM, **KIM))
    over = decided(sure, Said(verdict=Verdict.RESOLVE, **KIM))
    assert (need_of(over).state, need_of(over).until) == ("resolved", "2026-11-20")
    again = decided(over, Said(verdict=Verdict.CONFIRM, **KIM))
    assert need_of(again).state == "open"
    assert not [fault for one in (gone, over, again) for fault in wrong(one)]


def test_their_own_words_keep_the_code_and_lose_the_translation():
    said = decided(need(), Said(verdict=Verdict.WORD, words=" The  food\nis gone ", **KIM))
    assert said["code"]["text"] == "The food is gone"
    assert need_of(said).icd10 == "Z59.41"
    assert "_text" not in said["code"]
    assert need_of(said).state == "proposed"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (Verdict.REFUTE, Verdict.RESOLVE),
        (Verdict.REFUTE, Verdict.REFUTE),
        (Verdict.REFUTE, Verdict.NOT_NOW),
        (Verdict.WORD, Verdict.RESOLVE),
    ],
)
def test_moves_that_make_no_sense_are_refused(first, then):
    one = decided(need(), Said(verdict=first, words="so", **KIM))
    with pytest.raises(IllegalMoveError):
        decided(one, Said(verdict=then, **KIM))


def asked(verdict=Verdict.NOT_NOW) -> Asked:
    return Asked(
        need=need_of(need()),
        verdict=verdict,
        at=NOW.isoformat(),
        by="Practitioner/kim",
        by_name="Kim",
    )


@pytest.mark.parametrize("verdict", [Verdict.HELPED, Verdict.NOT_NOW, Verdict.WANTS])
def test_a_wish_is_an_observation_that_validates(verdict):
    made = asking.wish(asked(verdict), "w1")
    assert code_of(made["valueCodeableConcept"]) == verdict
    assert not wrong(made)


def test_somebody_asks_again_on_the_day_of_the_rule_or_the_chosen_one():
    known = Knowing()
    assert asking.default_day(need_of(need()), known) == date(2026, 12, 21)  # 30 days: a Sunday
    task = asking.task(asked(), ("Practitioner/lee", "Lee"), date(2026, 12, 5), known)
    assert work.look_by(task).startswith("2026-12-07")
    assert task["owner"]["reference"] == "Practitioner/lee"
    for day in (NOW.date(), date(2029, 1, 1)):
        with pytest.raises(BusinessRuleError):
            asking.checked_day(day, known)


def test_the_coordinator_of_the_active_enrolment_asks_again():
    episode = {"status": "active", "careManager": {"reference": "Practitioner/lee"}}
    over = {"status": "finished", "careManager": {"reference": "Practitioner/old"}}
    assert asking.owner_of([over, episode], "Practitioner/kim", "Kim")[0] == "Practitioner/lee"
    assert asking.owner_of([over], "Practitioner/kim", "Kim")[0] == "Practitioner/kim"


def test_asking_again_ends_when_a_later_assessment_asks_the_question():
    known = Knowing().add(need(), form())
    task = asking.task(asked(), ("Practitioner/lee", ""), date(2026, 12, 7), known) | {"id": "t"}
    known.add(task)
    before = response(coding("q1", NEVER), identity="r0", authored="2026-11-20T09:00:00-05:00")
    assert not list(reactions.on_answers(Change(None, before), known))
    other = response(coding("z", NEVER), identity="r2", authored="2026-12-01T09:00:00-05:00")
    assert not list(reactions.on_answers(Change(None, other), known))
    later = response(coding("q1", NEVER), identity="r3", authored="2026-12-01T09:00:00-05:00")
    (ended,) = reactions.on_answers(Change(None, later), replace(known, as_of=NOW))
    assert ended["status"] == "completed"
    assert list(work.outputs_of(ended, work.EVIDENCE)) == ["QuestionnaireResponse/r3"]


def test_asking_again_ends_with_the_need_and_with_the_person():
    known = Knowing().add(need())
    task = asking.task(asked(), ("Practitioner/lee", ""), date(2026, 12, 7), known) | {"id": "t"}
    known.add(task)
    gone = decided(need(), Said(verdict=Verdict.REFUTE, **KIM))
    (ended,) = reactions.on_need_ended(Change(need(), gone), known)
    assert list(work.outputs_of(ended, work.EVIDENCE)) == [f"Condition/{need()['id']}"]
    assert not list(reactions.on_need_ended(Change(None, gone), known))
    maria = {"resourceType": "Patient", "id": "maria"}
    died = Change(maria, maria | {"deceasedBoolean": True})
    (ended,) = reactions.on_death(died, known)
    assert ended["status"] == "cancelled"


def test_an_answer_that_was_withdrawn_is_shown_as_changed_and_never_deleted():
    known = Knowing().add(form(), need(), response(coding("q1", NEVER), status="amended"))
    (row,) = review("maria", known).rows
    assert row.changed
    assert [quote.answer for quote in row.otherwise] == [NEVER]
    known.add(response(coding("q1", OFTEN, "Often true"), status="amended"))
    (row,) = review("maria", known, "r1").rows
    assert not row.changed
    assert row.found
    assert (row.said[0].answer, row.said[0].title) == ("Often true", "Hunger Vital Sign")


def test_a_new_answer_to_what_is_known_is_evidence_for_whoever_looks():
    known = Knowing().add(form(), diagnosis("c", (ICD10, "Z59.41"), text="Food insecurity"))
    known.add(response(coding("q1", OFTEN)))
    (row,) = review("maria", known, "r1").rows
    assert row.need.state == "open"
    assert row.found
    assert row.again == ("QuestionnaireResponse/r1",)


def test_goals_and_steps_are_what_is_done():
    goal = {
        "resourceType": "Goal",
        "id": "g1",
        "lifecycleStatus": "active",
        "description": {"text": "Food for the whole month"},
        "subject": {"reference": "Patient/maria"},
        "addresses": [{"reference": f"Condition/{need()['id']}"}],
    }
    step = work.open_task(
        work.Step(
            kind="plan-step",
            step="Call the pantry",
            why="Goal",
            patient="maria",
            owner="Practitioner/kim",
            look_by="2026-11-24",
            authored_at="2026-11-20",
        ),
        "s1",
    )
    url = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
    step["extension"] = [{"url": url, "valueReference": {"reference": "Goal/g1"}}]
    (row,) = review("maria", Knowing().add(form(), need(), goal, step)).rows
    assert [goal.text for goal in row.goals] == ["Food for the whole month"]
    assert [step.text for step in row.steps] == ["Call the pantry"]


def test_a_barrier_is_no_need():
    role = {"coding": [{"system": "urn:handrail:concern-role", "code": "barrier"}]}
    made = need()
    assert need_of(made | {"category": [*made["category"], role]}) is None


def test_a_rule_that_is_no_longer_in_force_means_nothing():
    old = replace(rule("need.88122-7", **RULES[3].values), effective_to=date(2026, 1, 1))
    known = Knowing(rules=Rulebook([*RULES[:3], old]))
    assert not proposed(response(coding("q1", OFTEN)), known)


SDOH = "sdoh-clinicalcare-3.0.0/examples/QuestionnaireResponse-SDOHCC-QuestionnaireResponse"
PUBLISHED = (
    ("us-core-8.0.0/QuestionnaireResponse-prapare-example.json", "Z59.82"),
    ("us-core-8.0.0/QuestionnaireResponse-hunger-vital-sign-example.json", "Z59.41"),
    (f"{SDOH}PRAPAREExample.json", "Z59.82"),
)


@pytest.mark.parametrize(("path", "code"), PUBLISHED)
def test_published_answers_are_understood_by_the_shipped_rules(path, code):
    answers = json.loads(data(f"fhir-ig-examples/{path}").read_text())
    answers |= {"authored": NOW.isoformat(), "subject": {"reference": "Patient/maria"}}
    folder = Path(__file__).parents[4] / "rules"
    files = [folder / name for name in ("needs.toml", "needs_review.toml")]
    rules = [Rule(**one) for file in files for one in tomllib.loads(file.read_text())["rule"]]
    known = Knowing(rules=Rulebook(rules))
    found = proposed(answers, known)
    assert code in {need_of(one).icd10 for one in found}
    assert not [fault for one in found for fault in wrong(one)]
    rows = review("maria", known.add(*found)).rows
    assert all(row.said and row.said[0].answer for row in rows)
    questions = [[quote.question for quote in row.said] for row in rows]
    assert all(len(asked) == len(set(asked)) for asked in questions)
