from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal

import pytest

from handrail.fhir.forms import (
    answers_of,
    begin,
    carried_from,
    declined,
    entered,
    field_name,
    is_answered,
    read_form,
    spots_of,
)
from handrail.fhir.forms.tests.building import (
    AT,
    CORE,
    SDC,
    VALUE_SETS,
    answered,
    asked,
    calculated,
    choice,
    extended,
    formula,
    new,
    question,
)
from handrail.fhir.text import write
from handrail.fhir.validation import validate

FORM = read_form(
    asked(
        question("yes", "boolean"),
        question("weight", "decimal"),
        question("children"),
        question("born", "date"),
        question("seen", "dateTime"),
        question("at", "time"),
        question("name", "string"),
        question("story", "text"),
        question("page", "url"),
        choice("mood", "good", "bad"),
        choice("foods", "bread", "milk", "none", repeats=True),
        choice("work", "paid", "unpaid", kind="open-choice"),
        choice("helpers", "son", "daughter", kind="open-choice", repeats=True),
        question("names", "string", repeats=True),
        extended(
            question("dose", "quantity"),
            {
                "url": f"{CORE}questionnaire-unitOption",
                "valueCoding": {"system": "http://unitsofmeasure.org", "code": "mg"},
            },
            {"url": f"{CORE}questionnaire-unitOption", "valueCoding": {"display": "tablets"}},
        ),
        question("fixed", "string", readOnly=True),
        calculated("sum", "1 + 1"),
        question("photo", "attachment"),
        question("words", "display"),
        question(
            "person",
            "group",
            repeats=True,
            item=[
                question("called", "string"),
                question("age"),
                question("phones", "string", repeats=True),
            ],
        ),
    )
)


def values(response, link_id):
    return [next(iter(one.values())) for one in answers_of(response, link_id)]


@pytest.mark.parametrize(
    ("link_id", "typed", "wanted"),
    [
        ("yes", "true", {"valueBoolean": True}),
        ("weight", "71,5", {"valueDecimal": Decimal("71.5")}),
        ("children", "3", {"valueInteger": 3}),
        ("born", "2/1/1950", {"valueDate": "1950-02-01"}),
        ("seen", "2026-11-22T08:30", {"valueDateTime": "2026-11-22T08:30:00-05:00"}),
        ("at", "8:30 pm", {"valueTime": "20:30:00"}),
        ("name", "  Robin ", {"valueString": "Robin"}),
        ("story", "One\r\nTwo", {"valueString": "One\nTwo"}),
        ("page", "https://example.org", {"valueUri": "https://example.org"}),
        ("mood", "bad", {"valueCoding": {"system": "urn:x", "code": "bad", "display": "bad"}}),
        ("mood", " BAD", {"valueCoding": {"system": "urn:x", "code": "bad", "display": "bad"}}),
        ("work", "gardening", {"valueString": "gardening"}),
        (
            "dose",
            "2.5",
            {
                "valueQuantity": {
                    "value": Decimal("2.5"),
                    "unit": "mg",
                    "system": "http://unitsofmeasure.org",
                    "code": "mg",
                }
            },
        ),
    ],
)
def test_what_is_typed_becomes_an_answer(link_id, typed, wanted) -> None:
    zone = timezone(timedelta(hours=-5))
    found = entered(FORM, new(FORM), {f"a:{link_id}": [typed]}, zone=zone)
    assert found.faults == ()
    assert found.changed == (link_id,)
    assert answers_of(found.response, link_id) == [wanted]
    validate(write(found.response), "QuestionnaireResponse")


@pytest.mark.parametrize(
    ("link_id", "typed"),
    [
        ("yes", "perhaps"),
        ("weight", "heavy"),
        ("weight", "1,000"),
        ("children", "2.5"),
        ("born", "30/30/1950"),
        ("seen", "yesterday"),
        ("at", "25:00"),
        ("page", "javascript:alert(1)"),
        ("mood", "none of these"),
        ("dose", "two"),
        ("story", "x" * 20_001),
    ],
)
def test_what_is_not_understood_is_kept_as_typed_and_changes_nothing(link_id, typed) -> None:
    first = {"yes": "true", "mood": "good", "page": "https://example.org"}.get(link_id, "")
    before = answered(FORM, {link_id: first}) if first else new(FORM)
    found = entered(FORM, before, {f"a:{link_id}": [typed]})
    assert found.response == before
    assert found.changed == ()
    fault = found.faults[0]
    assert (fault.place, fault.link_id, fault.typed) == (link_id, link_id, (typed,))
    assert fault.message


def test_a_field_that_is_not_sent_changes_nothing_and_an_empty_one_takes_the_answer_away() -> None:
    before = answered(FORM, {"name": "Robin", "children": "3"})
    after = answered(FORM, {"children": ""}, before)
    assert values(after, "name") == ["Robin"]
    assert not is_answered(after, "children")


def test_what_cannot_be_changed_is_not() -> None:
    found = entered(
        FORM,
        new(FORM),
        {f"a:{one}": ["2"] for one in ("fixed", "sum", "photo", "words", "nowhere", "person.1")}
        | {"b:name": ["x"], "csrf": ["y"]},
    )
    assert (found.changed, found.faults) == ((), ())
    assert found.response == new(FORM)


def test_several_answers() -> None:
    found = answered(FORM, {"foods": ["bread", "milk", "bread"], "names": ["A", "", "B"]})
    assert [one["code"] for one in values(found, "foods")] == ["bread", "milk"]
    assert values(found, "names") == ["A", "B"]
    one_only = entered(FORM, found, {"a:mood": ["good", "bad"], "a:children": ["1", "2"]})
    assert [one.place for one in one_only.faults] == ["mood", "children"]


def test_an_answer_that_excludes_the_others_stands_alone() -> None:
    none = {"url": f"{CORE}questionnaire-optionExclusive", "valueBoolean": True}
    form = read_form(
        asked(
            question(
                "q",
                "choice",
                repeats=True,
                answerOption=[
                    {"valueString": "a"},
                    {"valueString": "none", "extension": [none]},
                ],
            )
        )
    )
    assert values(answered(form, {"q": ["none"]}), "q") == ["none"]
    wrong = entered(form, new(form), {"a:q": ["a", "none"]})
    assert "cannot be chosen together" in wrong.faults[0].message


def test_other_words_beside_the_options() -> None:
    found = answered(FORM, {"helpers": ["son"], "helpers!other": ["neighbor", ""]})
    assert values(found, "helpers") == [
        {"system": "urn:x", "code": "son", "display": "son"},
        "neighbor",
    ]
    found = answered(FORM, {"helpers": ["daughter"]}, found)
    assert [one if isinstance(one, str) else one["code"] for one in values(found, "helpers")] == [
        "daughter",
        "neighbor",
    ]
    assert values(answered(FORM, {"work!other": "odd jobs"}), "work") == ["odd jobs"]


def test_units() -> None:
    found = answered(FORM, {"dose": "2", "dose!unit": "tablets"})
    assert values(found, "dose") == [{"value": 2, "unit": "tablets"}]
    again = answered(FORM, {"dose!unit": "mg"}, found)
    assert values(again, "dose")[0]["code"] == "mg"
    wrong = entered(FORM, new(FORM), {"a:dose": ["2"], "a:dose!unit": ["stone"]})
    assert "none of the units" in wrong.faults[0].message


def test_declining_takes_the_answer_away_and_answering_takes_the_decline_away() -> None:
    found = answered(FORM, {"mood": "good"})
    found = answered(FORM, {"mood": "good", "mood!declined": "asked-declined"}, found)
    assert not is_answered(found, "mood")
    assert declined(found, "mood") == "asked-declined"
    validate(write(found), "QuestionnaireResponse")
    found = answered(FORM, {"mood": "bad", "mood!declined": "asked-declined"}, found)
    assert values(found, "mood")[0]["code"] == "bad"
    assert declined(found, "mood") == ""
    found = answered(FORM, {"mood!declined": "asked-unknown"}, found)
    assert declined(found, "mood") == "asked-unknown"
    assert declined(answered(FORM, {"mood!declined": ""}, found), "mood") == ""
    assert declined(answered(FORM, {"mood!declined": "on"}), "mood") == "asked-declined"


def test_an_old_answer_is_marked_until_it_is_confirmed_or_changed() -> None:
    old = {"url": "urn:handrail:carried-from", "valueReference": {"reference": "Observation/1"}}
    before = answered(FORM, {"name": "Robin"})
    before["item"][0]["extension"] = [old]

    def source(fields):
        found = answered(FORM, fields, before)
        return carried_from(spots_of(FORM, found)["name"].said)

    assert source({"name": "Robin"}) == "Observation/1"
    assert source({"name": "Robin", "name!confirmed": "1"}) == ""
    assert source({"name": "Lee"}) == ""
    assert source({"name!declined": "asked-declined"}) == ""


def test_rows_of_a_group_are_added_in_order_and_taken_out() -> None:
    found = answered(
        FORM,
        {
            "person.1/called": "Ann",
            "person.1/phones": ["1", "2"],
            "person.2/called": "Ben",
            "person.2/age": "7",
            "person.9/called": "nobody",
        },
    )
    assert [one["item"][0]["answer"][0]["valueString"] for one in found["item"]] == ["Ann", "Ben"]
    assert set(spots_of(FORM, found)) >= {"person.1/phones", "person.2/age"}
    found = answered(FORM, {"person.3/called": "Cyd"}, found)
    found = answered(FORM, {"person.1!removed": "1"}, found)
    assert values(found, "called") == ["Ben", "Cyd"]
    validate(write(found), "QuestionnaireResponse")
    found = answered(FORM, {"person.1!removed": "1"}, found)
    found = answered(FORM, {"person.1!removed": "1"}, found)
    assert values(found, "called") == []


def test_questions_under_a_question() -> None:
    form = read_form(
        asked(
            question("smoke", "boolean", item=[question("packs", "decimal")]),
            question("drug", "string", repeats=True, item=[question("dose", "string")]),
        )
    )
    found = answered(
        form,
        {"smoke": "true", "packs": "0.5", "drug.1": "A", "drug.1/dose": "2 mg", "drug.2": "B"},
    )
    validate(write(found), "QuestionnaireResponse")
    smoke, drug = found["item"]
    assert smoke["answer"][0]["item"][0]["linkId"] == "packs"
    assert [one["valueString"] for one in drug["answer"]] == ["A", "B"]
    assert drug["answer"][0]["item"][0]["answer"] == [{"valueString": "2 mg"}]
    assert answered(form, {"smoke": ""}, found)["item"][0]["answer"] == [
        {"item": smoke["answer"][0]["item"]}
    ]


def test_the_weight_stands_in_the_answer() -> None:
    form = read_form(
        asked(question("q", "choice", answerValueSet="http://loinc.org/vs/LL358-3")),
        value_sets=VALUE_SETS,
    )
    coding = values(answered(form, {"q": "LA6571-9"}), "q")[0]
    assert coding["extension"] == [{"url": f"{CORE}ordinalValue", "valueDecimal": 3}]


def test_a_response_begins_with_its_initial_values() -> None:
    form = read_form(
        asked(
            question("country", "string", initial=[{"valueString": "US"}]),
            question(
                "q",
                "choice",
                answerOption=[{"valueString": "a"}, {"valueString": "b", "initialSelected": True}],
            ),
            extended(
                question("born", "date"), formula("%patient.birthDate", f"{SDC}initialExpression")
            ),
            url="urn:x:q",
            version="1",
        )
    )
    person = {"resourceType": "Patient", "birthDate": "1950-04-01"}
    found = begin(
        form,
        patient="Patient/1",
        author="Practitioner/2",
        at=AT,
        language="es",
        context={"patient": person},
    )
    validate(write(found), "QuestionnaireResponse")
    assert found["questionnaire"] == "urn:x:q|1"
    assert (found["status"], found["language"], found["authored"]) == ("in-progress", "es", AT)
    assert [values(found, one) for one in ("country", "q", "born")] == [
        ["US"],
        ["b"],
        ["1950-04-01"],
    ]


def test_control_characters_do_not_get_in() -> None:
    assert values(answered(FORM, {"name": "a\x00b\x07"}), "name") == ["ab"]
    assert not is_answered(answered(FORM, {"name": "\x00"}), "name")


def test_names_of_fields() -> None:
    assert field_name("g.1/q") == "a:g.1/q"
    assert field_name("q", "declined") == "a:q!declined"
