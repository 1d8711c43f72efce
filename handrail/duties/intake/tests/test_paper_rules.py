"""A form on paper: numbers, boxes, lines, and branches told in words."""

from __future__ import annotations

import json

import pytest

from handrail.duties.intake.rules.paper import MOST_BOXES, numbered, sheet
from handrail.fhir.forms import read_form
from tests.data import reference

SYSTEM = "urn:example:answers"
YES = {"valueCoding": {"system": SYSTEM, "code": "y", "display": "Yes"}}
NO = {"valueCoding": {"system": SYSTEM, "code": "n", "display": "No"}}
HIDDEN = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def spanish(words):
    parts = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": words}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


def asked(link_id, text="", kind="choice", **more):
    options = {"answerOption": [YES, NO]} if kind == "choice" else {}
    return {"linkId": link_id, "text": text or link_id, "type": kind, **options, **more}


def when(question, code="y", operator="="):
    answer = {"answerCoding": {"system": SYSTEM, "code": code}}
    return {"question": question, "operator": operator, **answer}


def lines(*items, language=""):
    form = read_form({"resourceType": "Questionnaire", "status": "active", "item": [*items]})
    return sheet(form, language)


def questions(*items, language=""):
    return every_question(lines(*items, language=language))


def every_question(found):
    return [one for line in found for one in (line.rows or (line,)) if one.kind == "question"]


def go(line):
    return {box.words.text: box.go for box in line.boxes}


def test_questions_are_numbered_through_and_groups_are_headings():
    group = {"linkId": "g", "type": "group", "text": "At home", "item": [asked("b"), asked("c")]}
    found = lines(asked("a"), group, {"linkId": "d", "type": "display", "text": "Thank you"})
    assert [(line.kind, line.number, line.words.text) for line in found] == [
        ("question", "1", "a"),
        ("heading", "", "At home"),
        ("question", "2", "b"),
        ("question", "3", "c"),
        ("note", "", "Thank you"),
    ]


def test_the_forms_own_numbers_are_used_where_all_have_one():
    form = {"resourceType": "Questionnaire", "status": "active"}
    own = [asked("a", prefix="1a."), asked("b", prefix="1b)")]
    assert list(numbered(read_form({**form, "item": own})).values()) == ["1a", "1b"]
    some = [asked("a", prefix="7."), asked("b")]
    assert list(numbered(read_form({**form, "item": some})).values()) == ["1", "2"]
    twice = [asked("a", prefix="1."), asked("b", prefix="1.")]
    assert list(numbered(read_form({**form, "item": twice})).values()) == ["1", "2"]


def test_what_is_hidden_or_worked_out_is_not_printed():
    sum_of = {"language": "text/fhirpath", "expression": "1 + 1"}
    found = questions(
        asked("a", extension=[{"url": HIDDEN, "valueBoolean": True}]),
        asked("b", kind="integer", extension=[{"url": CALCULATED, "valueExpression": sum_of}]),
        asked("c"),
    )
    assert [(line.number, line.words.text) for line in found] == [("1", "c")]


def test_a_no_leads_past_what_only_a_yes_asks():
    found = questions(
        asked("smokes"),
        asked("packs", kind="integer", enableWhen=[when("smokes")]),
        asked("quit", enableWhen=[when("smokes")]),
        asked("next"),
    )
    assert go(found[0]) == {"Yes": "", "No": "Go on with question 4."}
    assert found[1].only == "Only if your answer to question 1 is “Yes”."
    assert found[3].only == ""


def test_a_branch_at_the_end_leads_to_the_end():
    found = questions(asked("a"), asked("b", enableWhen=[when("a", "n", "!=")]))
    assert go(found[0]) == {"Yes": "", "No": "Go to the end."}
    assert found[1].only == "Only if your answer to question 1 is not “No”."


def test_each_answer_leads_to_its_own_question():
    found = questions(
        asked("a"),
        asked("for-yes", enableWhen=[when("a", "y")]),
        asked("for-no", enableWhen=[when("a", "n")]),
        asked("both"),
    )
    assert go(found[0]) == {"Yes": "", "No": "Go on with question 3."}
    assert found[2].only == "Only if your answer to question 1 is “No”."


def test_a_group_under_a_condition_is_skipped_as_a_whole():
    group = {
        "linkId": "g",
        "type": "group",
        "text": "Your work",
        "enableWhen": [when("works")],
        "item": [asked("hours", kind="integer"), asked("shift")],
    }
    found = lines(asked("works"), group, asked("last"))
    assert go(found[0]) == {"Yes": "", "No": "Go on with question 4."}
    heading = next(line for line in found if line.kind == "heading")
    assert heading.only == "Only if your answer to question 1 is “Yes”."


def test_a_question_further_down_says_itself_when_it_is_asked():
    found = questions(
        asked("a"), asked("b"), asked("c", kind="string", enableWhen=[when("a"), when("b", "n")],
        enableBehavior="all"),
    )  # fmt: skip
    assert go(found[0]) == {"Yes": "", "No": ""}
    assert found[2].only == (
        "Only if your answer to question 1 is “Yes”, and your answer to question 2 is “No”."
    )


def test_questions_with_one_set_of_answers_stand_in_a_grid():
    found = lines(asked("a"), asked("b"), asked("c"), asked("d", kind="text"), asked("e"))
    assert [line.kind for line in found] == ["grid", "question", "question"]
    assert [row.number for row in found[0].rows] == ["1", "2", "3"]
    assert [box.words.text for box in found[0].boxes] == ["Yes", "No"]
    two = lines(asked("a"), asked("b"))
    assert [line.kind for line in two] == ["question", "question"]
    assert two[0].aside


def test_several_boxes_lead_nowhere():
    found = questions(asked("a", repeats=True), asked("b", enableWhen=[when("a")]))
    assert go(found[0]) == {"Yes": "", "No": ""}
    assert found[0].choose == "Tick all that fit."
    assert found[1].choose == ""


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"question": "n", "operator": ">", "answerInteger": 2}, "is more than 2"),
        ({"question": "n", "operator": "<=", "answerInteger": 2}, "is 2 or less"),
        ({"question": "n", "operator": "exists", "answerBoolean": True}, "you answered question 1"),
        (
            {"question": "n", "operator": "exists", "answerBoolean": False},
            "you left question 1 out",
        ),
    ],
)
def test_numbers_and_answers_at_all_are_told(condition, words):
    found = questions(asked("n", kind="integer"), asked("b", enableWhen=[condition]))
    assert words in found[1].only


def test_what_depends_on_an_expression_is_left_to_the_person():
    rule = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
        "sdc-questionnaire-enableWhenExpression",
        "valueExpression": {"language": "text/fhirpath", "expression": "1 > 0"},
    }
    assert questions(asked("a", extension=[rule]))[0].only.startswith("Answer this only if")


@pytest.mark.parametrize(
    ("kind", "boxes", "lines_to_write", "hint"),
    [
        ("boolean", ["Yes", "No"], 0, ""),
        ("string", [], 1, ""),
        ("text", [], 3, ""),
        ("integer", [], 1, ""),
        ("date", [], 1, "month / day / year"),
        ("time", [], 1, "hour : minute"),
    ],
)
def test_each_kind_of_question_has_its_place_to_answer(kind, boxes, lines_to_write, hint):
    found = questions(asked("a", kind=kind))[0]
    assert [box.words.text for box in found.boxes] == boxes
    assert (found.lines, found.hint) == (lines_to_write, hint)


def test_an_open_choice_has_a_line_for_something_else_and_a_long_list_is_written():
    open_choice = asked("a", kind="open-choice", answerOption=[YES, NO])
    found = questions(open_choice)[0]
    assert (len(found.boxes), found.lines, found.hint) == (2, 1, "Something else:")
    many = [
        {"valueCoding": {"system": SYSTEM, "code": str(n), "display": f"Answer {n}"}}
        for n in range(MOST_BOXES + 1)
    ]
    long = questions(asked("a", answerOption=many))[0]
    assert (long.boxes, long.lines) == ((), 1)


def test_spanish_has_spanish_branches_and_says_what_is_not_translated():
    yes = {"valueCoding": {**YES["valueCoding"], "_display": spanish("Sí")}}
    first = asked("a", "Do you smoke?", _text=spanish("¿Fuma usted?"), answerOption=[yes, NO])
    found = questions(first, asked("b", enableWhen=[when("a")]), language="es")
    assert found[0].words.text == "¿Fuma usted?"
    assert [(box.words.text, box.words.in_language) for box in found[0].boxes] == [
        ("Sí", True),
        ("No", False),
    ]
    assert found[1].only == "Solo si su respuesta a la pregunta 1 es “Sí”."
    assert not found[1].words.in_language


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("conditional/uscore-prapare-example.json", 21),
        ("conditional/ahc-hrsn-96777-8.json", 10),
        ("conditional/Questionnaire-SDOHCC-QuestionnairePRAPARE.json", 21),
    ],
)
def test_instruments_from_elsewhere_can_be_printed(name, count):
    form = read_form(json.loads(reference(f"questionnaires/{name}").read_text()))
    found = every_question(sheet(form))
    assert len(found) == count
    assert all(line.boxes or line.lines for line in found)
