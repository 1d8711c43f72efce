"""Invariants of questionnaires, their answers, and value sets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from handrail.fhir.invariants.rules import (
    Broken,
    Element,
    any_of,
    has,
    has_choice,
    needs,
    not_both,
    resource_rule,
    rule,
)

_CHOICE = frozenset(
    "choice open-choice decimal integer date dateTime time string quantity".split()  # noqa: SIM905 - reads better
)
_MEASURED = frozenset({"boolean", "decimal", "integer", "string", "text", "url", "open-choice"})
_SILENT = ("code", "required", "repeats", "readOnly", "item", "initial")


@resource_rule("Questionnaire")
def _questionnaire(element: Element) -> Broken:
    seen: set[str] = set()
    for identity in _link_ids(element):
        if identity in seen:
            yield "", f"The linkId “{identity[:60]}” is used twice (que-2). Rename one."
        seen.add(identity)


def _link_ids(element: Element) -> Iterator[str]:
    for item in element.get("item", ()):
        yield item.get("linkId", "")
        yield from _link_ids(item)


@rule("Questionnaire.item")
def _item(element: Element) -> Broken:
    kind = element.get("type", "")
    if kind == "group" and not has(element, "item"):
        yield "item", "A group needs items (que-1)."
    for name in _SILENT if kind == "display" else ("initial",) if kind == "group" else ():
        if has(element, name):
            yield name, f"An item of type {kind} has no “{name}” (que-1, 3, 6, 8, 9)."
    yield from chain(_item_answers(element, kind), _item_limits(element, kind))


def _item_answers(element: Element, kind: str) -> Broken:
    yield from not_both(element, "answerOption", "answerValueSet", "que-4")
    yield from not_both(element, "answerOption", "initial", "que-11")
    if has(element, "answerOption", "answerValueSet") and kind not in _CHOICE:
        yield "", f"An item of type {kind} has no answer options (que-5)."


def _item_limits(element: Element, kind: str) -> Broken:
    if has(element, "maxLength") and kind not in _MEASURED:
        yield "maxLength", f"An item of type {kind} has no maxLength (que-10)."
    if len(element.get("enableWhen", ())) > 2 and not has(element, "enableBehavior"):  # noqa: PLR2004 - so says que-12
        yield "enableBehavior", "More than two conditions need enableBehavior (que-12)."
    if len(element.get("initial", ())) > 1 and element.get("repeats") is not True:
        yield "initial", "Only an item that repeats has several initial values (que-13)."


@rule("Questionnaire.item.enableWhen")
def _enable_when(element: Element) -> Broken:
    if element.get("operator") == "exists" and "answerBoolean" not in element:
        yield "answer[x]", "The operator “exists” needs answerBoolean (que-7)."


@rule("QuestionnaireResponse.item")
def _answered(element: Element) -> Broken:
    yield from not_both(element, "answer", "item", "qrs-1")


@rule("ValueSet.compose.include")
def _include(element: Element) -> Broken:
    yield from any_of(element, ("valueSet", "system"), "vsd-1")
    yield from needs(element, "concept", "system", "vsd-2")
    yield from needs(element, "filter", "system", "vsd-2")
    yield from not_both(element, "concept", "filter", "vsd-3")


@rule("ValueSet.expansion.contains")
def _contains(element: Element) -> Broken:
    yield from any_of(element, ("code", "display"), "vsd-6")
    yield from needs(element, "code", "system", "vsd-10")
    if not has(element, "code") and element.get("abstract") is not True:
        yield "code", "An entry without a code must be abstract (vsd-9)."


@resource_rule("Measure")
def _measure(element: Element) -> Broken:
    for place, group in enumerate(element.get("group", ())):
        for at, each in enumerate(group.get("stratifier", ())):
            alone = has(each, "code", "description") or has_choice(each, "criteria")
            if alone == has(each, "component"):
                text = "A stratifier has either criteria or components (mea-1)."
                yield f"group[{place}].stratifier[{at}]", text
