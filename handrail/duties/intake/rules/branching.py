"""The branches of a form in words: when a question is asked, and where to go on after an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.duties.intake.rules.paper_words import said
from handrail.fhir.forms.form import Condition, Form, Item

_WORDS: Final[Mapping[str, str]] = {
    "=": "is",
    "!=": "is-not",
    ">": "more",
    ">=": "least",
    "<": "less",
    "<=": "most",
}


@dataclass(frozen=True, slots=True)
class Branches:
    """A form, what its questions are called, and the language in which it is said."""

    form: Form
    numbers: Mapping[str, str]
    language: str = ""
    order: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the order in which the questions stand."""
        object.__setattr__(self, "order", tuple(self.numbers))


def only_if(item: Item, branches: Branches) -> str:
    """Return when the item is asked, in words; an empty string: always."""
    if item.enable_expression is not None:
        return said(branches.language, "applies")
    if not item.enable_when:
        return ""
    told = [_told(condition, branches) for condition in item.enable_when]
    if not all(told):
        return said(branches.language, "applies")
    joined = said(branches.language, "or" if item.enable_any else "and")
    return said(branches.language, "only", when=f", {joined} ".join(dict.fromkeys(told)))


def _told(condition: Condition, branches: Branches) -> str:
    """Return one condition in words; an empty string: it is about what is not on the sheet."""
    number = branches.numbers.get(condition.question)
    asked = branches.form.index.get(condition.question)
    if number is None or asked is None:
        return ""
    if condition.operator == "exists":
        there = condition.answer.get("valueBoolean", True)
        return said(branches.language, "answered" if there else "left-out", n=number)
    key = _WORDS.get(condition.operator)
    words = _answer_words(asked, condition, branches.language)
    return said(branches.language, key, n=number, answer=words) if key and words else ""


def _answer_words(asked: Item, condition: Condition, language: str) -> str:
    option = asked.chosen(condition.answer)
    if option is not None:
        return asked.option_words(option, language)[0]
    value = next(iter(condition.answer.values()), None)
    if isinstance(value, bool):
        return said(language, "yes" if value else "no")
    if isinstance(value, Mapping):
        return _structured(value)
    return "" if value is None else str(value)


def _structured(value: Mapping[str, Any]) -> str:
    """Return the words of a Coding, a Quantity or a Reference."""
    if "value" in value:
        return f"{value['value']} {value.get('unit', '')}".strip()
    return str(value.get("display") or value.get("code") or "")


def jumps(item: Item, branches: Branches) -> dict[str, str]:
    """Return where to go on for each answer that skips what follows, by the key of the option.

    Told only of questions with one answer, and of what follows them directly and depends on them
    alone: everything else is told where it is asked.
    """
    if item.repeats or item.link_id not in branches.numbers:
        return {}
    here = branches.order.index(item.link_id)
    following = _depending(item, branches, here)
    if not following:
        return {}
    answers = _answers(item)
    return {
        key: go for key, answer in answers.items() if (go := _go(answer, here, following, branches))
    }


def _depending(item: Item, branches: Branches, here: int) -> list[Item]:
    """Return the questions right after ``item`` that are asked or not by its answer alone."""
    found = []
    for link_id in branches.order[here + 1 :]:
        one = branches.form.index[link_id]
        if not _hangs_on(one, item.link_id, branches):
            break
        found.append(one)
    return found


def _conditions(item: Item, branches: Branches) -> list[Item]:
    """Return the item and those above it that have conditions."""
    found, link_id = [], item.link_id
    while link_id:
        one = branches.form.index[link_id]
        if one.enable_when or one.enable_expression:
            found.append(one)
        link_id = branches.form.parents.get(link_id, "")
    return found


def _hangs_on(item: Item, link_id: str, branches: Branches) -> bool:
    found = _conditions(item, branches)
    return bool(found) and all(
        one.enable_expression is None
        and all(c.question == link_id and c.operator in {"=", "!="} for c in one.enable_when)
        for one in found
    )


def _answers(item: Item) -> dict[str, Mapping[str, Any]]:
    if item.kind == "boolean":
        return {"yes": {"valueBoolean": True}, "no": {"valueBoolean": False}}
    return {option.key: option.value for option in item.options}


def _go(answer: Mapping[str, Any], here: int, following: list[Item], branches: Branches) -> str:
    """Return where this answer leads; an empty string: to the next question."""
    asked = branches.form.index[branches.order[here]]
    for skipped, one in enumerate(following):
        if all(_holds(each, asked, answer) for each in _conditions(one, branches)):
            return _to(branches, here + 1 + skipped) if skipped else ""
    return _to(branches, here + 1 + len(following))


def _to(branches: Branches, place: int) -> str:
    if place >= len(branches.order):
        return said(branches.language, "end")
    return said(branches.language, "go", n=branches.numbers[branches.order[place]])


def _holds(item: Item, asked: Item, answer: Mapping[str, Any]) -> bool:
    """Tell whether ``item`` is asked when ``asked`` has this answer."""
    found = [
        _is(asked, condition.answer, answer) == (condition.operator == "=")
        for condition in item.enable_when
    ]
    return any(found) if item.enable_any else all(found)


def _is(asked: Item, wanted: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    if asked.kind == "boolean":
        return wanted.get("valueBoolean") is answer.get("valueBoolean")
    one, other = asked.chosen(wanted), asked.chosen(answer)
    return one is not None and other is not None and one.key == other.key
