from __future__ import annotations

from decimal import Decimal

import pytest

from handrail.fhir.errors import TooLargeError
from handrail.fhir.forms import LoopError, evaluate, laid_out, read_form
from handrail.fhir.forms.tests.building import (
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
    variable,
    worked,
)


def when(question_id: str, operator: str, **answer):
    return {"question": question_id, "operator": operator, **answer}


def shown_when(kind: str, operator: str, answer: dict, typed: str, **about) -> bool:
    base = choice("q", "a", "b", **about) if kind == "choice" else question("q", kind, **about)
    form = asked(base, question("then", "string", enableWhen=[when("q", operator, **answer)]))
    return "then" in worked(form, {"q": typed} if typed else {}).shown


A = {"answerCoding": {"system": "urn:x", "code": "a"}}


@pytest.mark.parametrize(
    ("kind", "operator", "answer", "typed", "wanted"),
    [
        ("boolean", "exists", {"answerBoolean": True}, "false", True),
        ("boolean", "exists", {"answerBoolean": True}, "", False),
        ("boolean", "exists", {"answerBoolean": False}, "", True),
        ("boolean", "=", {"answerBoolean": True}, "true", True),
        ("boolean", "=", {"answerBoolean": True}, "false", False),
        ("boolean", "=", {"answerBoolean": False}, "", False),
        ("choice", "=", A, "a", True),
        ("choice", "=", A, "b", False),
        ("choice", "!=", A, "b", True),
        ("choice", "!=", A, "a", False),
        ("choice", "!=", A, "", True),
        ("integer", ">", {"answerInteger": 3}, "4", True),
        ("integer", ">", {"answerInteger": 3}, "3", False),
        ("integer", ">=", {"answerInteger": 3}, "3", True),
        ("integer", "<", {"answerInteger": 3}, "", False),
        ("integer", "=", {"answerInteger": 3}, "3", True),
        ("decimal", "<=", {"answerDecimal": 1.5}, "1,5", True),
        ("decimal", "=", {"answerDecimal": 1.5}, "1.50", True),
        ("date", ">", {"answerDate": "2020-01-01"}, "2021-05", True),
        ("date", "<", {"answerDate": "2020-01-01"}, "2021", False),
        ("date", "=", {"answerDate": "2020-01-01"}, "1/1/2020", True),
        ("time", ">=", {"answerTime": "08:00:00"}, "8:00", True),
        ("string", "=", {"answerString": "x"}, "x", True),
        ("string", "!=", {"answerString": "x"}, "X", True),
        ("quantity", ">", {"answerQuantity": {"value": 3}}, "4", True),
    ],
)
def test_operators(kind, operator, answer, typed, wanted) -> None:
    assert shown_when(kind, operator, answer, typed) is wanted


@pytest.mark.parametrize(
    ("behavior", "typed", "wanted"),
    [
        ("all", {"a": "1"}, False),
        ("all", {"a": "1", "b": "1"}, True),
        ("any", {"b": "1"}, True),
        ("any", {}, False),
    ],
)
def test_all_or_any(behavior, typed, wanted) -> None:
    conditions = [when("a", "=", answerInteger=1), when("b", "=", answerInteger=1)]
    last = question("c", enableWhen=conditions, enableBehavior=behavior)
    found = worked(asked(question("a"), question("b"), last), typed)
    assert ("c" in found.shown) is wanted


def test_one_of_several_answers_is_enough() -> None:
    form = asked(
        choice("q", "a", "b", "c", repeats=True),
        question("then", enableWhen=[when("q", "=", **A)]),
    )
    assert "then" in worked(form, {"q": ["b", "a"]}).shown
    assert "then" not in worked(form, {"q": ["b", "c"]}).shown


def test_what_stands_below_goes_with_it_and_its_answers_do_not_count() -> None:
    form = asked(
        question("a", "boolean"),
        question(
            "g",
            "group",
            enableWhen=[when("a", "=", answerBoolean=True)],
            item=[question("b", required=True)],
        ),
        question("c", enableWhen=[when("b", "exists", answerBoolean=True)]),
    )
    on = worked(form, {"a": "true", "b": "3"})
    assert on.shown == {"a", "g", "b", "c"}
    read = read_form(form)
    off = evaluate(read, answered(read, {"a": "false"}, on.response))
    assert off.shown == {"a"}
    assert off.missing == ()
    assert [one["linkId"] for one in off.final["item"]] == ["a"]
    assert "b" in str(off.response), "the answer is kept for the case that it is asked again"
    again = evaluate(read, answered(read, {"a": "true"}, off.response))
    assert again.final == on.final


def test_rows_look_at_their_own_row() -> None:
    row = [
        question("sick", "boolean"),
        question("why", "string", enableWhen=[when("sick", "=", answerBoolean=True)]),
    ]
    form = asked(
        question("person", "group", repeats=True, item=row),
        question("any", enableWhen=[when("sick", "=", answerBoolean=True)]),
    )
    found = worked(form, {"person.1/sick": "false", "person.2/sick": "true"})
    assert "person.1/why" not in found.shown
    assert "person.2/why" in found.shown
    assert "any" in found.shown


def test_hidden_items_are_worked_out_but_not_shown() -> None:
    hidden = {"url": f"{CORE}questionnaire-hidden", "valueBoolean": True}
    form = asked(
        question("a"),
        extended(calculated("b", "%resource.item.where(linkId='a').answer.value * 2"), hidden),
    )
    found = worked(form, {"a": "4"})
    assert "b" not in found.shown
    assert found.scores == {"b": Decimal(8)}


def test_a_condition_on_a_question_that_is_not_there_is_left_out() -> None:
    for behavior in ("any", "all"):
        item = question("a", enableWhen=[when("x", "=", answerInteger=1)], enableBehavior=behavior)
        assert worked(asked(item), {}).shown == {"a"}


def phq(count: int = 2, **about):
    items = [
        question(f"q{n}", "choice", answerValueSet="http://loinc.org/vs/LL358-3", required=True)
        for n in range(1, count + 1)
    ]
    weights = f"answer.valueCoding.extension.where(url='{CORE}ordinalValue').valueDecimal"
    return asked(
        *items,
        calculated("total", "%score"),
        extended(question("hard", "string"), formula("%score > 0", f"{SDC}enableWhenExpression")),
        extension=[variable("score", f"%resource.item.{weights}.sum()")],
        **about,
    )


def test_scores_add_up_and_switch_items_on() -> None:
    found = worked(phq(), {"q1": "LA6571-9", "q2": "LA6570-1"})
    assert found.scores == {"total": Decimal(5)}
    assert "hard" in found.shown
    assert "total" in found.read_only
    assert found.missing == ()
    none = worked(phq(), {"q1": "LA6568-5"})
    assert "hard" not in none.shown
    assert none.missing == ("q2",)
    assert worked(phq(), {}).scores == {}


@pytest.mark.parametrize(
    "total",
    [
        "%resource.item.answer.value.ordinal().sum()",
        "%resource.item.answer.value.weight().sum()",
        "%resource.item.where(linkId.startsWith('q')).answer.weight().sum()",
        "%resource.descendants().where(linkId = 'q1' or linkId = 'q2').answer.value.weight().sum()",
        "%resource.item.where(linkId.startsWith('q')).answer.weight().aggregate($this + $total, 0)",
    ],
)
def test_ways_to_add_up(total) -> None:
    form = phq()
    form["item"][2] = calculated("total", total)
    assert worked(form, {"q1": "LA6571-9", "q2": "LA6570-1"}).scores == {"total": Decimal(5)}


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (
            "decimal",
            "%resource.item.where(linkId='n').answer.value / 3",
            {"valueDecimal": Decimal("2.33333333")},
        ),
        ("integer", "7.0", {"valueInteger": 7}),
        ("string", "'a' & 'b'", {"valueString": "ab"}),
        ("boolean", "%resource.item.where(linkId='n').answer.value > 3", {"valueBoolean": True}),
        ("date", "today()", {"valueDate": "2026-11-22"}),
        ("date", "today() - 1 year", {"valueDate": "2025-11-22"}),
        (
            "string",
            "iif(%resource.item.where(linkId='n').answer.value > 3, 'many', 'few')",
            {"valueString": "many"},
        ),
        ("quantity", "5 'mg'", {"valueQuantity": {"value": 5, "unit": "mg"}}),
        ("choice", "'LA6569-3'", {"code": "LA6569-3"}),
        ("choice", "%qitem.answerOption.valueCoding.first()", None),
        ("string", "%questionnaire.title", {"valueString": "Title"}),
        ("string", "%patient.name.family", {"valueString": "Reyes"}),
    ],
)
def test_kinds_of_results(kind, text, wanted) -> None:
    item = calculated("x", text, kind)
    if kind == "choice":
        item["answerValueSet"] = "http://loinc.org/vs/LL358-3"
    form = read_form(asked(question("n"), item, title="Title"), value_sets=VALUE_SETS)
    person = {"resourceType": "Patient", "name": [{"family": "Reyes"}]}
    found = evaluate(form, answered(form, {"n": "7"}), context={"patient": person})
    given = laid_out(form, found.response).places["x"].answers
    if kind == "choice" and wanted:
        assert given[0]["valueCoding"]["code"] == wanted["code"]
    else:
        assert given == ([wanted] if wanted else [])


def test_variables_of_items_and_rows() -> None:
    row = extended(
        question(
            "row",
            "group",
            repeats=True,
            item=[question("n"), calculated("twice", "%mine * %factor")],
        ),
        variable("mine", "item.where(linkId='n').answer.value"),
    )
    form = asked(
        row,
        calculated("all", "%resource.item.item.where(linkId='twice').answer.value.sum()"),
        extension=[variable("factor", "2")],
    )
    found = worked(form, {"row.1/n": "3", "row.2/n": "4"})
    assert found.scores == {"twice": 6, "all": 14}
    assert laid_out(read_form(form), found.response).places["row.2/twice"].answers == [
        {"valueInteger": 8}
    ]


def test_long_chains_come_to_rest() -> None:
    chain = [
        calculated(f"c{n}", f"%resource.item.where(linkId='c{n + 1}').answer.value + 1")
        for n in range(30)
    ]
    found = worked(asked(*chain, question("c30")), {"c30": "1"})
    assert found.scores["c0"] == 31


def test_an_answer_that_is_taken_away_takes_the_score_away() -> None:
    form = read_form(phq(), value_sets=VALUE_SETS)
    full = evaluate(form, answered(form, {"q1": "LA6571-9"}))
    empty = evaluate(form, answered(form, {"q1": ""}, full.response))
    assert empty.scores == {}
    assert "item" not in empty.final


LOOPS = {
    "each other": [
        calculated("a", "%resource.item.where(linkId='b').answer.value + 1"),
        calculated("b", "%resource.item.where(linkId='a').answer.value + 1"),
    ],
    "itself": [calculated("a", "%resource.item.where(linkId in ('a' | 'x')).answer.value")],
    "everything": [
        question("n", initial=[{"valueInteger": 1}]),
        calculated("a", "%resource.descendants().where(linkId.exists()).answer.value.sum() + 1"),
    ],
    "shown by what it shows": [
        question("a", enableWhen=[when("b", "exists", answerBoolean=True)]),
        question("b", enableWhen=[when("a", "exists", answerBoolean=True)]),
    ],
    "shown by what is in it": [
        question(
            "a", "group", item=[question("b")], enableWhen=[when("b", "exists", answerBoolean=True)]
        ),
    ],
    "on and off": [
        extended(
            question("a", initial=[{"valueInteger": 1}]),
            formula(
                "%resource.item.where(linkId.startsWith('a')).empty()", f"{SDC}enableWhenExpression"
            ),
        )
    ],
    "through a variable": [
        extended(
            calculated("a", "%v + 1"),
            variable("v", "%resource.item.where(linkId = 'a').answer.value"),
        )
    ],
}


@pytest.mark.parametrize("items", LOOPS.values(), ids=LOOPS)
def test_a_loop_is_refused_and_its_items_are_named(items) -> None:
    form = read_form(asked(*items))
    with pytest.raises(LoopError, match=r"\ba\b"):
        evaluate(form, new(form))


def test_variables_in_a_circle_are_refused() -> None:
    form = read_form(
        asked(calculated("a", "%x"), extension=[variable("x", "%y"), variable("y", "%x")])
    )
    with pytest.raises(LoopError, match=r"%x, %y|%y, %x"):
        evaluate(form, new(form))


def test_reading_its_own_definition_is_no_loop() -> None:
    text = "%questionnaire.item.where(linkId='a').answerOption.valueCoding.where(code='x')"
    form = asked({**choice("a", "x", "y"), "extension": [formula(text)]})
    assert answers(worked(form, {}))[0]["valueCoding"]["code"] == "x"


def answers(found):
    return found.response["item"][0]["answer"]


@pytest.mark.parametrize(
    "text",
    [
        "%nowhere",
        "1 +",
        "resolve()",
        "'a' + 1",
        "%resource.item.where(linkId='q').answer.value.replaceMatches('a+', 'b')",
        "Patient.name",
        "{}.single() & 5",
    ],
)
def test_an_expression_that_cannot_be_worked_out_is_said_and_stops_nothing(text) -> None:
    found = worked(asked(question("q", "string"), calculated("x", text)), {"q": "a"})
    assert "x" not in found.scores
    assert all(one.warning for one in found.faults)
    shown = worked(
        asked(extended(question("q"), formula(text, f"{SDC}enableWhenExpression"))), {}
    ).shown
    assert shown <= {"q"}


@pytest.mark.parametrize(
    "text",
    [
        "(1|2|3).repeat($this + 1)",
        "'abcdefghij'" + ".select($this & $this)" * 60,
        "(9)" + ".select($this * $this)" * 60,
        "(1|2|3)" + ".select($this.combine($this))" * 40,
        "2.power(100000)",
        "(1|2|3|4|5|6|7|8|9).aggregate($total & $total & $total & $total, 'abcd')",
    ],
)
def test_no_expression_runs_without_end(text) -> None:
    form = read_form(asked(calculated("x", text)))
    with pytest.raises(TooLargeError):
        evaluate(form, new(form))


def test_constraints_speak_in_their_own_words() -> None:
    parts = [
        {"url": "key", "valueId": "c1"},
        {"url": "severity", "valueCode": "error"},
        {"url": "human", "valueString": "End must be after start."},
        {
            "url": "expression",
            "valueString": "%resource.item.where(linkId='a').answer.value"
            " < %resource.item.where(linkId='b').answer.value",
        },
    ]
    rule = {"url": f"{CORE}questionnaire-constraint", "extension": parts}
    form = asked(question("a"), extended(question("b"), rule))
    assert worked(form, {"a": "1", "b": "2"}).faults == ()
    fault = worked(form, {"a": "2", "b": "1"}).faults[0]
    assert (fault.place, fault.message, fault.warning) == ("b", "End must be after start.", False)


def test_ranges_lengths_and_patterns() -> None:
    def limit(name, **value):
        return {"url": f"{CORE}{name}", **value}

    form = asked(
        extended(
            question("n"), limit("minValue", valueInteger=0), limit("maxValue", valueInteger=10)
        ),
        extended(question("d", "date"), limit("maxValue", valueDate="2026-01-01")),
        extended(question("w", "decimal"), limit("maxDecimalPlaces", valueInteger=1)),
        question("s", "string", maxLength=3),
        extended(
            question("z", "string"),
            limit("regex", valueString=r"\d{5}"),
            limit("entryFormat", valueString="12345"),
        ),
        extended(
            question("m", "string", repeats=True), limit("questionnaire-maxOccurs", valueInteger=1)
        ),
    )
    assert (
        worked(
            form, {"n": "10", "d": "2026-01-01", "w": "1.5", "s": "abc", "z": "12345", "m": "a"}
        ).faults
        == ()
    )
    found = worked(
        form, {"n": "11", "d": "2026-01-02", "w": "1.55", "s": "abcd", "z": "1234", "m": ["a", "b"]}
    )
    assert [one.link_id for one in found.faults] == ["n", "d", "w", "s", "z", "m"]
    assert found.faults[0].message == "11 is more than 10, the most that is possible."
    assert found.faults[0].typed == ("11",)
    assert "12345" in found.faults[4].message


def test_an_answer_that_is_none_of_the_options_any_more() -> None:
    form = read_form(asked(choice("q", "a")))
    response = {
        **new(form),
        "item": [
            {
                "linkId": "q",
                "answer": [{"valueCoding": {"system": "urn:x", "code": "z", "display": "Z"}}],
            }
        ],
    }
    assert "“Z”" in evaluate(form, response).faults[0].message


def test_declined_is_not_missing() -> None:
    found = worked(asked(question("q", required=True)), {"q!declined": "asked-declined"})
    assert found.missing == ()


def test_a_required_group_that_repeats_needs_its_rows() -> None:
    at_least = {"url": f"{CORE}questionnaire-minOccurs", "valueInteger": 2}
    form = asked(extended(question("g", "group", repeats=True, item=[question("n")]), at_least))
    assert worked(form, {"g.1/n": "1"}).faults[0].message == "Give at least 2 of these."
    assert worked(form, {"g.1/n": "1", "g.2/n": "1"}).faults == ()
