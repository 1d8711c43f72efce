"""No questionnaire and no typed text breaks the forms: every refusal is one of the house."""

from __future__ import annotations

import math
from contextlib import suppress
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.fhir.errors import HandrailError
from handrail.fhir.forms import (
    carried,
    entered,
    evaluate,
    laid_out,
    narrative,
    read_form,
    reconciled,
    unsupported,
)
from handrail.fhir.forms.form import ANSWERED
from handrail.fhir.forms.tests.building import CORE, SDC, asked, new
from handrail.fhir.text import write
from handrail.fhir.validation import validate

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
LINKS = st.sampled_from(["a", "b", "c", "d.1", "a.1/b", "e!other", "ß", "/x"])
TEXTS = st.text("ab <&\"'1%.()\u00e9\u2028", max_size=8)
EXPRESSIONS = st.sampled_from(
    [
        "%resource.item.where(linkId='a').answer.value",
        "%resource.descendants().answer.value.weight().sum()",
        "%x > 1",
        "item.answer.value + 1",
        "today()",
        "1 +",
        "%nothing",
        "'a'",
        "true",
        "{}",
        "iif(%context.answer.exists(), 1, 'b')",
        "%resource.item.answer.value.matches('(a+)+')",
    ]
)
URLS = st.sampled_from(
    [
        f"{SDC}calculatedExpression",
        f"{SDC}enableWhenExpression",
        f"{SDC}initialExpression",
        f"{CORE}variable",
        f"{CORE}minValue",
        f"{CORE}maxDecimalPlaces",
        f"{CORE}regex",
        f"{CORE}ordinalValue",
        f"{CORE}questionnaire-itemControl",
        f"{CORE}questionnaire-hidden",
        f"{CORE}questionnaire-unit",
        f"{CORE}questionnaire-minOccurs",
        f"{CORE}translation",
        f"{SDC}itemMedia",
        "urn:x",
    ]
)
VALUES = st.one_of(
    st.builds(
        lambda text, name: {
            "valueExpression": {"language": "text/fhirpath", "expression": text, **name}
        },
        EXPRESSIONS,
        st.sampled_from([{}, {"name": "x"}, {"name": "y"}]),
    ),
    st.sampled_from(
        [
            {"valueInteger": 2},
            {"valueDecimal": -0.5},
            {"valueBoolean": True},
            {"valueString": "(a|b)*"},
            {"valueString": "(?<=a)"},
            {"valueCode": "slider"},
            {"valueCoding": {"system": "urn:x", "code": "kg"}},
            {"valueCodeableConcept": {"coding": [{"code": "help"}]}},
            {"valueDate": "2026-01-01"},
            {
                "extension": [
                    {"url": "lang", "valueCode": "es"},
                    {"url": "content", "valueString": "x"},
                ]
            },
        ]
    ),
)
EXTENSIONS = st.lists(st.builds(lambda url, value: {"url": url, **value}, URLS, VALUES), max_size=3)
OPTIONS = st.lists(
    st.sampled_from(
        [
            {"valueCoding": {"system": "urn:x", "code": "a", "display": "A"}},
            {"valueCoding": {"code": "a"}},
            {"valueCoding": {"display": "<b>"}},
            {"valueString": "b"},
            {"valueInteger": 1, "initialSelected": True},
            {"valueDate": "2026"},
        ]
    ),
    max_size=3,
)
CONDITIONS = st.lists(
    st.builds(
        lambda question, operator, answer: {"question": question, "operator": operator, **answer},
        LINKS,
        st.sampled_from(["exists", "=", "!=", ">", "<", ">=", "<="]),
        st.sampled_from(
            [
                {"answerBoolean": True},
                {"answerInteger": 1},
                {"answerString": "b"},
                {"answerCoding": {"code": "a"}},
                {"answerDate": "2026-01"},
                {"answerQuantity": {"value": 1}},
            ]
        ),
    ),
    max_size=2,
)
KINDS = st.sampled_from(sorted(ANSWERED | {"group", "display", "attachment", "reference"}))


def item(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"linkId": LINKS, "type": KINDS},
        optional={
            "text": TEXTS.filter(str.strip),
            "repeats": st.booleans(),
            "required": st.booleans(),
            "extension": EXTENSIONS,
            "answerOption": OPTIONS,
            "answerValueSet": st.just("http://example.org/v"),
            "enableWhen": CONDITIONS,
            "enableBehavior": st.sampled_from(["all", "any"]),
            "maxLength": st.integers(0, 3),
            "initial": st.just([{"valueString": "b"}]),
            "item": st.lists(inner, min_size=1, max_size=3),
        },
    )


ITEMS = st.lists(
    st.recursive(
        st.builds(dict, linkId=LINKS, type=KINDS),
        item,
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


_OF_GROUPS = {"initial", "answerOption", "answerValueSet", "maxLength"}
_OF_DISPLAYS = _OF_GROUPS | {"item", "required", "repeats"}
_OF_OTHERS = {"answerOption", "answerValueSet", "maxLength"}
NOT_IN = {
    "group": _OF_GROUPS,
    "display": _OF_DISPLAYS,
    "choice": {"maxLength"},
    "date": {"maxLength"},
    "open-choice": set(),
    "integer": set(),
    "string": set(),
}


def tidy(items: Any, seen: set[str]) -> Any:
    """Make most of what was drawn valid, so that more than the first refusal is tried."""
    return [tidied(one, seen) for one in items]


def tidied(drawn: Any, seen: set[str]) -> Any:
    unwanted = NOT_IN.get(drawn["type"], _OF_OTHERS)
    if "answerOption" in drawn:
        unwanted = unwanted | {"initial", "answerValueSet"}
    one = {key: value for key, value in drawn.items() if value != [] and key not in unwanted}
    while one["linkId"] in seen:
        one["linkId"] += "z"
    seen.add(one["linkId"])
    if one["type"] == "group" and "item" not in one:
        one["item"] = [{"linkId": "in", "type": "string"}]
    if "enableWhen" in one:
        one["enableWhen"] = [sensible(each) for each in one["enableWhen"]]
    return {**one, "item": tidy(one["item"], seen)} if "item" in one else one


def sensible(condition: Any) -> Any:
    if condition["operator"] != "exists":
        return condition
    return {"question": condition["question"], "operator": "exists", "answerBoolean": True}


@SLOW
@given(ITEMS, st.dictionaries(TEXTS, JSON, max_size=2), st.data())
def test_any_questionnaire_is_read_and_worked_out_or_refused(items, odd, data) -> None:
    questionnaire = asked(*tidy(deepcopy(items), set()), **odd)
    with suppress(HandrailError):
        unsupported(questionnaire)
        form = read_form(questionnaire)
        response = new(form)
        places = sorted(laid_out(form, response).places)
        marks = st.sampled_from(["", "!declined", "!other", "!unit", "!removed", "!confirmed"])
        names = st.builds(lambda place, mark: f"a:{place}{mark}", st.sampled_from(places), marks)
        typed = st.lists(
            st.sampled_from(["1", "b", "true", "2026-01-01", "", "a", "1,5"]), max_size=2
        )
        found = entered(form, response, data.draw(st.dictionaries(names, typed, max_size=6)))
        validate(write(found.response), "QuestionnaireResponse")
        validate(write(evaluate(form, found.response).final), "QuestionnaireResponse")
        narrative(form, found.response, "es")
        carried(form, [(form, found.response), (None, found.response)])
        assert reconciled(form, form, found.response).lost == ()


ANSWERS = st.lists(
    st.sampled_from(
        [
            {"valueBoolean": True},
            {"valueInteger": 5},
            {"valueDecimal": 1.5},
            {"valueString": "<b>b</b>"},
            {"valueDate": "2026"},
            {"valueTime": "10:00:00"},
            {"valueUri": "urn:x"},
            {"valueCoding": {"code": "a"}},
            {"valueCoding": {"display": "A"}},
            {"valueQuantity": {"value": 2, "unit": "kg"}},
            {"valueReference": {"reference": "Patient/1"}},
            {"valueAttachment": {"title": "x"}},
        ]
    ),
    min_size=1,
    max_size=3,
)
GIVEN = st.recursive(
    st.builds(lambda link, answers: {"linkId": link, "answer": answers}, LINKS, ANSWERS),
    lambda inner: st.builds(
        lambda link, items: {"linkId": link, "item": items},
        LINKS,
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@SLOW
@given(ITEMS, st.lists(GIVEN, min_size=1, max_size=4))
def test_answers_from_elsewhere_may_be_anything(items, given_items) -> None:
    """What another system answered to some questionnaire is taken as far as it goes."""
    with suppress(HandrailError):
        form = read_form(asked(*tidy(deepcopy(items), set())))
        response = {**new(form), "item": given_items}
        found = evaluate(form, response)
        validate(write(found.response), "QuestionnaireResponse")
        validate(write(found.final), "QuestionnaireResponse")
        narrative(form, response)
        carried(form, [(None, response), (form, response)])
        told = reconciled(form, form, response)
        validate(write(told.response), "QuestionnaireResponse")


@SLOW
@given(JSON)
def test_any_json_is_refused_in_words(junk) -> None:
    with suppress(HandrailError):
        read_form(junk)
    with suppress(HandrailError):
        read_form({"resourceType": "Questionnaire", "status": "active", "item": junk})
    with suppress(HandrailError):
        read_form({"resourceType": "Questionnaire", "status": "active", "contained": junk})


def test_numbers_that_are_none_are_refused() -> None:
    for odd in (math.nan, math.inf):
        extension = {"url": f"{CORE}maxValue", "valueDecimal": odd}
        with suppress(HandrailError):
            read_form(asked({"linkId": "a", "type": "decimal", "extension": [extension]}))


@SLOW
@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "0", "1", "7", "x"])), max_size=6)
)
def test_what_is_entered_is_what_is_written(changes) -> None:
    """The fields that a response would show, sent back, change nothing."""
    kinds = ["integer", "string", "boolean", "decimal", "open-choice"]
    items = [{"linkId": f"q{n}", "type": kind, "repeats": n == 1} for n, kind in enumerate(kinds)]
    form = read_form(asked(*items))
    response = new(form)
    for number, typed in changes:
        response = entered(form, response, {f"a:q{number}": [typed]}).response
    fields = {
        f"a:{place}": [
            str(value).lower() if value in (True, False) else str(value)
            for one in spot.answers
            for value in one.values()
        ]
        or [""]
        for place, spot in laid_out(form, response).places.items()
    }
    again = entered(form, response, fields)
    assert (again.changed, again.faults) == ((), ())
    assert again.response == response
    once = evaluate(form, response)
    assert evaluate(form, once.response) == once


@SLOW
@given(
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.lists(st.integers(-1, 5), min_size=6, max_size=6),
    st.sampled_from(["all", "any"]),
)
def test_what_is_shown_agrees_with_its_conditions(answers, questions, behavior) -> None:
    """Each item looks at an earlier one; enabled says the same as reading the rule by hand."""
    items = []
    for n in range(6):
        one = {"linkId": f"q{n}", "type": "boolean"}
        asks = questions[n]
        if 0 <= asks < n:
            one |= {
                "enableWhen": [{"question": f"q{asks}", "operator": "=", "answerBoolean": True}],
                "enableBehavior": behavior,
            }
        items.append(one)
    form = read_form(asked(*items))
    fields = {f"a:q{n}": [str(one).lower()] for n, one in enumerate(answers)}
    found = evaluate(form, entered(form, new(form), fields).response)
    wanted: dict[int, bool] = {}
    for n in range(6):
        asks = questions[n]
        wanted[n] = not 0 <= asks < n or (wanted[asks] and answers[asks])
    assert found.shown == {f"q{n}" for n, shown in wanted.items() if shown}
    assert {one["linkId"] for one in found.final.get("item", ())} == found.shown
