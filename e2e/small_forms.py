"""Small questionnaires that use one part of SDC each, to be compared with LForms."""

from __future__ import annotations

from typing import Any, Final

from handrail.fhir.forms.tests.building import (
    CORE,
    FREQUENCY,
    SDC,
    asked,
    calculated,
    choice,
    extended,
    formula,
    question,
    variable,
)

Form = dict[str, Any]
_ORDERED: Final = ("exists", "=", "!=", ">", "<", ">=", "<=")
_EQUAL: Final = ("exists", "=", "!=")


def _scored(link_id: str, **about: Any) -> Form:
    options = [
        {
            "valueCoding": {key: one[key] for key in ("system", "code", "display")},
            "extension": one["extension"],
        }
        for one in FREQUENCY
    ]
    return question(link_id, "choice", answerOption=options, **about)


def _when(question_id: str, operator: str, **answer: Any) -> Form:
    given = {"answerBoolean": True} if operator == "exists" else answer
    return {"question": question_id, "operator": operator, **given}


def _operators(base: Form, operators: tuple[str, ...], **answer: Any) -> Form:
    shown = [
        question(f"when {operator}", "string", enableWhen=[_when("q", operator, **answer)])
        for operator in operators
    ]
    absent = {"question": "q", "operator": "exists", "answerBoolean": False}
    return asked(base, *shown, question("when absent", "string", enableWhen=[absent]))


def _told(item: Form, text: str) -> Form:
    return extended(item, formula(text, f"{SDC}enableWhenExpression"))


def _both(behavior: str) -> Form:
    conditions = [_when("a", "=", answerBoolean=True), _when("b", ">", answerInteger=3)]
    last = question("c", "string", enableWhen=conditions, enableBehavior=behavior)
    return asked(question("a", "boolean"), question("b"), last)


_ROW: Final = question(
    "row",
    "group",
    repeats=True,
    item=[
        question("n"),
        question("much", "string", enableWhen=[_when("n", ">", answerInteger=3)]),
    ],
)
_HIDDEN: Final = {"url": f"{CORE}questionnaire-hidden", "valueBoolean": True}
_SUM: Final = "%resource.item.answer.value.ordinal().sum()"
_WEIGHTS: Final = "%resource.item.answer.value.weight().sum()"
_ONE: Final = "%resource.item.where(linkId='a').answer.value"
_TWO: Final = "%resource.item.where(linkId='a' or linkId='b').answer.value"

SMALL: Final[dict[str, Form]] = {
    "boolean": _operators(question("q", "boolean"), _EQUAL, answerBoolean=True),
    "not boolean": _operators(question("q", "boolean"), _EQUAL, answerBoolean=False),
    "integer": _operators(question("q"), _ORDERED, answerInteger=3),
    "decimal": _operators(question("q", "decimal"), _ORDERED, answerDecimal=3.0),
    "day": _operators(question("q", "date"), _ORDERED, answerDate="2026-01-04"),
    "string": _operators(question("q", "string"), _EQUAL, answerString="3"),
    "choice": _operators(
        choice("q", "a", "b", "c"), _EQUAL, answerCoding={"system": "urn:x", "code": "b"}
    ),
    "several": _operators(
        choice("q", "a", "b", "c", repeats=True),
        _EQUAL,
        answerCoding={"system": "urn:x", "code": "b"},
    ),
    "all": _both("all"),
    "any": _both("any"),
    "cascade": asked(
        question("a", "boolean"),
        question("b", enableWhen=[_when("a", "=", answerBoolean=True)]),
        question("c", "string", enableWhen=[_when("b", "exists")]),
        question(
            "g",
            "group",
            enableWhen=[_when("c", "exists")],
            item=[question("d"), question("e", enableWhen=[_when("d", ">", answerInteger=1)])],
        ),
    ),
    "below a question": asked(
        question("a", "boolean", item=[question("b", item=[question("c", "string")])]),
        question("d", "string", enableWhen=[_when("b", ">", answerInteger=3)]),
    ),
    "rows": asked(_ROW),
    "hidden": asked(question("a"), extended(calculated("b", f"{_ONE} * 2"), _HIDDEN)),
    "weights": asked(
        _scored("a"),
        _scored("b"),
        calculated("sum", _WEIGHTS),
        calculated("too", "%sum + 1"),
        extension=[variable("sum", _WEIGHTS)],
    ),
    "ordinals": asked(_scored("a"), _scored("b"), calculated("sum", _SUM)),
    "chain": asked(
        question("a"),
        calculated("c", "%resource.item.where(linkId='b').answer.value + 1"),
        calculated("b", "%resource.item.where(linkId='a').answer.value * 2"),
        _told(question("d", "string"), "%resource.item.where(linkId='c').answer.value > 7"),
    ),
    "words": asked(
        question("a"),
        calculated(
            "b", "iif(%resource.item.where(linkId='a').answer.value > 3, 'many', 'few')", "string"
        ),
        calculated("c", "%resource.item.where(linkId='a').answer.value > 3", "boolean"),
    ),
    "decimals": asked(
        question("a", "decimal"),
        question("b", "decimal"),
        calculated("c", "(%a / (%b * %b)).round(1)", "decimal"),
        extension=[
            variable("a", "%resource.item.where(linkId='a').answer.value"),
            variable("b", "%resource.item.where(linkId='b').answer.value"),
        ],
    ),
    "told": asked(
        question("a"),
        question("b"),
        _told(question("c", "string"), f"{_TWO}.sum() > 5"),
        _told(question("d", "string"), "%resource.item.where(linkId='a').answer.empty()"),
        _told(question("e", "group", item=[question("f")]), f"{_TWO}.count() = 2"),
    ),
    "not counted": asked(
        question("a", "boolean"),
        question("b", enableWhen=[_when("a", "=", answerBoolean=True)]),
        calculated("c", "%resource.item.where(linkId='b').answer.value.sum() + 1"),
    ),
}
"""What is compared, by name."""
