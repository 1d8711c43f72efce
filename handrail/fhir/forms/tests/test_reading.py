from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from handrail.fhir.forms import UnreadableFormError, read_form, unsupported
from handrail.fhir.forms.tests.building import (
    CORE,
    SDC,
    VALUE_SETS,
    asked,
    calculated,
    choice,
    extended,
    formula,
    question,
    variable,
    worked,
)


def translated(language: str, text: str) -> dict:
    parts = [
        {"url": "lang", "valueCode": language},
        {"url": "content", "valueString": text},
    ]
    return {"extension": [{"url": f"{CORE}translation", "extension": parts}]}


def control(code: str) -> dict:
    return {
        "url": f"{CORE}questionnaire-itemControl",
        "valueCodeableConcept": {"coding": [{"code": code}]},
    }


def test_an_item_says_all_that_matters() -> None:
    pain = question(
        "pain",
        "choice",
        required=True,
        prefix="1.",
        code=[{"system": "http://loinc.org", "code": "72514-3"}],
        answerOption=[
            {
                "valueCoding": {"system": "urn:x", "code": "no", "display": "None"},
                "extension": [{"url": f"{CORE}itemWeight", "valueDecimal": 0}],
            },
            {
                "valueCoding": {
                    "system": "urn:x",
                    "code": "some",
                    "display": "Some",
                    "_display": translated("es", "Algo"),
                },
                "extension": [
                    {"url": f"{CORE}ordinalValue", "valueDecimal": 2.5},
                    {"url": f"{CORE}questionnaire-optionExclusive", "valueBoolean": True},
                    {"url": f"{CORE}questionnaire-optionPrefix", "valueString": "b"},
                ],
            },
        ],
        _text=translated("es", "¿Dolor?"),
        item=[extended(question("pain-help", "display"), control("help"))],
    )
    form = read_form(
        asked(
            extended(pain, control("radio-button")),
            title="Pain",
            url="urn:x:pain",
            version="2",
            language="en",
            _title=translated("es", "El dolor"),
        )
    )
    item = form.find("pain")
    assert (item.kind, item.required, item.prefix, item.control) == (
        "choice",
        True,
        "1.",
        "radio-button",
    )
    assert item.codes == (("http://loinc.org", "72514-3"),)
    assert item.help == "Question pain-help"
    assert item.items == ()
    assert item.words("es-MX") == ("¿Dolor?", True)
    assert item.words("fr") == ("Question pain", False)
    assert [one.key for one in item.options] == ["no", "some"]
    assert [one.weight for one in item.options] == [Decimal(0), Decimal("2.5")]
    assert item.options[1].exclusive
    assert item.options[1].prefix == "b"
    assert item.option_words(item.options[1], "es") == ("Algo", True)
    assert form.languages == ("en", "es")
    assert form.title_in("es") == "El dolor"
    assert form.canonical == "urn:x:pain|2"


def test_limits_are_read() -> None:
    weight = extended(
        question("weight", "decimal"),
        {"url": f"{CORE}minValue", "valueDecimal": 1},
        {"url": f"{CORE}maxValue", "valueDecimal": 300},
        {"url": f"{CORE}maxDecimalPlaces", "valueInteger": 1},
        {"url": f"{CORE}entryFormat", "valueString": "71.5"},
        {
            "url": f"{CORE}questionnaire-unit",
            "valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg"},
        },
        {"url": f"{CORE}questionnaire-hidden", "valueBoolean": True},
        {"url": f"{CORE}questionnaire-supportLink", "valueUri": "https://example.org/weigh"},
        {"url": f"{CORE}designNote", "valueMarkdown": "for authors"},
        {
            "url": f"{SDC}itemMedia",
            "valueAttachment": {"title": "A pair of scales", "url": "https://example.org/s.png"},
        },
    )
    item = read_form(asked(weight)).find("weight")
    assert (item.minimum, item.maximum, item.decimals, item.unit) == (1, 300, 1, "kg")
    assert (item.hidden, item.media, item.entry_format) == (True, "A pair of scales", "71.5")
    assert item.support_links == ("https://example.org/weigh",)
    assert unsupported(asked(weight)) == []


def test_options_come_from_a_value_set_that_is_contained_or_given() -> None:
    contained = {
        "resourceType": "ValueSet",
        "id": "yes-no",
        "status": "active",
        "compose": {
            "include": [
                {
                    "system": "urn:x",
                    "concept": [
                        {
                            "code": "y",
                            "display": "Yes",
                            "designation": [{"language": "es", "value": "Sí"}],
                            "extension": [{"url": f"{CORE}ordinalValue", "valueDecimal": 1}],
                        },
                        {"code": "n", "display": "No"},
                        {"code": "z", "display": "Not this"},
                    ],
                }
            ],
            "exclude": [{"system": "urn:x", "concept": [{"code": "z"}]}],
        },
    }
    form = read_form(
        asked(
            question("a", "choice", answerValueSet="#yes-no"),
            question("b", "choice", answerValueSet="http://loinc.org/vs/LL358-3|2.70"),
            question("c", "choice", answerValueSet="http://example.org/unknown"),
            contained=[contained],
        ),
        value_sets=VALUE_SETS,
    )
    yes = form.find("a").options[0]
    assert [one.text for one in form.find("a").options] == ["Yes", "No"]
    assert (yes.weight, yes.translations) == (1, (("es", "Sí"),))
    assert [one.weight for one in form.find("b").options] == [0, 1, 2, 3]
    assert form.find("c").options == ()


def test_keys_are_stable_and_safe_in_html() -> None:
    odd = question(
        "q",
        "choice",
        answerOption=[
            {"valueCoding": {"system": "urn:a", "code": "x"}},
            {"valueCoding": {"system": "urn:b", "code": "x"}},
            {"valueCoding": {"display": 'Words "only" <b>'}},
            {"valueString": "two words"},
            {"valueInteger": 3},
            {"valueDate": "2026-01-01"},
        ],
    )
    keys = [one.key for one in read_form(asked(odd)).find("q").options]
    assert keys == [one.key for one in read_form(asked(odd)).find("q").options]
    assert len(set(keys)) == 6
    assert keys[4:] == ["3", "2026-01-01"]
    assert all(one.isascii() and not set(one) & set("\"'<>& ") for one in keys)


def test_the_digest_changes_with_the_meaning_only() -> None:
    before = read_form(asked(choice("q", "a", "b"), title="One")).digest
    assert before == read_form(asked(choice("q", "a", "b"), title="Two")).digest
    assert before != read_form(asked(choice("q", "a", "c"))).digest
    assert before != read_form(asked(choice("q", "a", "b", text="Other words"))).digest


@pytest.mark.parametrize(
    ("questionnaire", "words"),
    [
        ({"resourceType": "Patient"}, "Questionnaire"),
        (asked(question("a"), question("a")), "twice"),
        (asked(question("a", "nonsense")), "type"),
        (asked({"type": "string", "text": "no linkId"}), "linkId"),
        ([], "not a FHIR resource"),
        (
            asked(question("g", "group", repeats=True, item=[question("b")]), question("g.1/b")),
            "Rename",
        ),
        (asked(question("a"), question("a!other")), "Rename"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(questionnaire, words) -> None:
    with pytest.raises(UnreadableFormError) as refused:
        read_form(questionnaire)
    assert words in refused.value.message


def test_what_is_not_supported_is_said() -> None:
    told = unsupported(
        asked(
            question("file", "attachment"),
            question("who", "reference"),
            question("c", "choice", answerValueSet="http://example.org/unknown"),
            extended(question("x", "choice"), formula("%resource", f"{SDC}answerExpression")),
            calculated("cql", "1"),
            calculated("odd", "%resource.item.conformsTo('x')"),
            calculated("bad", "1 +"),
            calculated("kg", "%resource.item.answer.value > 3 'kg'", "boolean"),
            calculated("user", "%user.name"),
            extended(question("r", "string"), {"url": f"{CORE}regex", "valueString": "(?=a)b"}),
            extended(question("s"), control("spinning-wheel")),
            question("m", modifierExtension=[{"url": "urn:x:m", "valueBoolean": True}]),
            question(
                "e",
                enableWhen=[{"question": "nowhere", "operator": "exists", "answerBoolean": True}],
            ),
            implicitRules="http://example.org/rules",
            extension=[
                {"url": f"{SDC}targetStructureMap", "valueCanonical": "http://example.org/map"}
            ],
        )
    )
    said = {one.link_id: f"{one.what} {one.consequence}" for one in told}
    for link_id, words in {
        "file": "asks for a file",
        "who": "resource of the record",
        "c": "not kept here",
        "odd": "conformsTo()",
        "bad": "no FHIRPath",
        "kg": "compares quantities",
        "user": "%user",
        "r": "looking around",
        "s": "spinning-wheel",
        "m": "urn:x:m",
        "e": "nowhere",
        "": "StructureMap",
    }.items():
        assert words in said[link_id], link_id
    assert any("worked out by an expression" in one.what for one in told if one.link_id == "x")
    assert any("follows rules" in one.what for one in told)
    assert "cql" not in said


def test_another_language_of_expressions_is_said() -> None:
    item = question("a")
    item["extension"] = [
        {
            "url": f"{SDC}calculatedExpression",
            "valueExpression": {"language": "text/cql", "expression": "1"},
        }
    ]
    assert "text/cql" in unsupported(asked(item))[0].what
    assert read_form(asked(item)).find("a").calculated is False


def test_the_example_in_the_documentation_works() -> None:
    page = Path(__file__).parents[4] / "docs" / "forms.md"
    block = page.read_text("utf-8").partition("```json")[2].partition("```")[0]
    assert unsupported(json.loads(block)) == []
    assert worked(json.loads(block), {"nights": "some"}).shown == {"nights", "total", "why"}
    assert worked(json.loads(block), {"nights": "never"}).scores == {"total": 0}


def test_a_loop_is_said_before_it_is_met() -> None:
    told = unsupported(
        asked(
            question("a"),
            extension=[variable("x", "%y + 1"), variable("y", "%x + 1")],
        )
    )
    assert any("worked out from each other" in one.what for one in told)
