from __future__ import annotations

from xml.etree import ElementTree as ET

from handrail.fhir.forms import (
    carried,
    carried_from,
    evaluate,
    narrative,
    old_words,
    read_form,
    reconciled,
    spots_of,
    with_old,
)
from handrail.fhir.forms.tests.building import (
    answered,
    asked,
    calculated,
    choice,
    new,
    question,
)
from handrail.fhir.text import write
from handrail.fhir.validation import validate

FOOD = [{"system": "http://loinc.org", "code": "88122-7"}]


def given(form, fields, identity, at):
    return {**answered(form, fields), "id": identity, "authored": at, "status": "completed"}


def test_answers_to_the_same_questionnaire_are_carried_by_link_id() -> None:
    form = read_form(
        asked(
            question("name", "string"),
            choice("mood", "good", "bad"),
            calculated("sum", "1"),
            question("row", "group", repeats=True, item=[question("n")]),
            url="urn:x:q",
            version="1",
        )
    )
    first = given(form, {"name": "Robin", "mood": "good"}, "one", "2026-01-01")
    second = given(form, {"mood": "bad", "row.1/n": "1"}, "two", "2026-05-01")
    old = carried(form, [(form, first), (form, evaluate(form, second).response)])
    assert set(old) == {"name", "mood"}
    assert (old["name"].at, old["name"].source) == ("2026-01-01", "QuestionnaireResponse/one")
    assert old_words(old["mood"]) == "bad"
    now = with_old(form, new(form), old)
    validate(write(now), "QuestionnaireResponse")
    spots = spots_of(form, now)
    assert carried_from(spots["mood"].said) == "QuestionnaireResponse/two"
    assert with_old(form, answered(form, {"mood": "good"}), old)["item"][1].get("extension") is None


def test_answers_to_another_instrument_are_carried_by_code_and_shared_option() -> None:
    theirs = read_form(
        asked(
            choice("1", "often", "never", code=FOOD),
            question("2", "string"),
            url="urn:x:a",
        )
    )
    ours = read_form(
        asked(
            choice("food", "often", "sometimes", code=FOOD), question("2", "string"), url="urn:x:b"
        )
    )
    shared = given(theirs, {"1": "often", "2": "words"}, "a", "2026-01-01")
    assert {place: old_words(one) for place, one in carried(ours, [(theirs, shared)]).items()} == {
        "food": "often"
    }
    other = given(theirs, {"1": "never"}, "a", "2026-01-01")
    assert carried(ours, [(theirs, other)]) == {}


def test_without_its_form_a_response_is_read_by_loinc_codes_as_link_ids() -> None:
    ours = read_form(asked(choice("food", "often", code=FOOD), url="urn:x:b"))
    theirs = read_form(asked(choice("/88122-7", "often"), url="urn:x:a"))
    response = given(theirs, {"/88122-7": "often"}, "a", "2026-01-01")
    assert "food" in carried(ours, [(None, response)])


def test_a_questionnaire_that_changed_loses_nothing() -> None:
    before = read_form(
        asked(
            question("same", "string"),
            question("gone", "string"),
            choice("fewer", "a", "b"),
            question("kind", "string"),
            question("number"),
            question("worded", "string"),
            question("moved", "string"),
            question("no", "string"),
            question("row", "group", repeats=True, item=[question("n")]),
            url="urn:x:q",
            version="1",
        )
    )
    after = read_form(
        asked(
            question("same", "string"),
            choice("fewer", "a", "c"),
            question("kind", "date"),
            question("number", "decimal"),
            question("worded", "string", text="Other words?"),
            question("g", "group", item=[question("moved", "string")]),
            question("no", "string"),
            question("row", "group", repeats=True, item=[question("n")]),
            url="urn:x:q",
            version="2",
        )
    )
    response = answered(
        before,
        {
            "same": "1",
            "gone": "2",
            "fewer": "b",
            "kind": "3",
            "number": "4",
            "worded": "5",
            "moved": "6",
            "no!declined": "asked-declined",
            "row.1/n": "7",
            "row.2/n": "8",
        },
    )
    response["item"].append({"linkId": "odd", "text": "Odd?", "answer": [{"valueString": "9"}]})
    found = reconciled(before, after, response)
    validate(write(found.response), "QuestionnaireResponse")
    assert found.response["questionnaire"] == "urn:x:q|2"
    assert {one.link_id: one.answer for one in found.lost} == {
        "gone": "2",
        "fewer": "b",
        "kind": "3",
        "odd": "9",
    }
    assert {one.link_id: one.why for one in found.lost}["kind"].startswith("This question asks")
    assert found.lost[0].answers == ({"valueString": "2"},)
    assert set(found.kept) >= {"same", "number", "worded", "moved", "no", "row.1/n", "row.2/n"}
    assert found.reworded == ("worded",)
    spots = spots_of(after, found.response)
    assert spots["number"].answers == [{"valueDecimal": 4}]
    assert spots["row.2/n"].answers == [{"valueInteger": 8}]
    assert spots["no"].said["extension"][0]["valueCode"] == "asked-declined"


def test_an_unchanged_questionnaire_changes_nothing() -> None:
    form = read_form(asked(question("a", "string"), choice("b", "x"), url="urn:x:q"))
    response = answered(form, {"a": "1", "b": "x"})
    found = reconciled(form, form, response)
    assert (found.lost, found.reworded) == ((), ())
    assert found.response["item"] == response["item"]


def test_the_narrative_is_safe_and_in_the_language() -> None:
    translation = [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/translation",
            "extension": [
                {"url": "lang", "valueCode": "es"},
                {"url": "content", "valueString": "¿Cómo se llama?"},
            ],
        }
    ]
    form = read_form(
        asked(
            question("name", "string", _text={"extension": translation}),
            question("g", "group", item=[question("ok", "boolean"), question("no", "string")]),
            question("empty", "string"),
            title="A < B & C",
        )
    )
    response = answered(
        form, {"name": "<script>x</script>", "ok": "true", "no!declined": "asked-declined"}
    )
    text = narrative(form, response, "es", {"yes": "sí", "declined": "no quiso contestar"})
    ET.fromstring(text)  # noqa: S314 - our own
    assert "<script" not in text
    assert "¿Cómo se llama?: <b>&lt;script&gt;" in text
    assert "<b>sí</b>" in text
    assert "no quiso contestar" in text
    assert "Question empty" not in text
    validate(write({**response, "text": {"status": "generated", "div": text}}))
    validate(
        write({**response, "text": {"status": "generated", "div": narrative(form, new(form))}})
    )
