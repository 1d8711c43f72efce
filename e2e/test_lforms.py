"""Our forms and NLM's LForms: the same questions shown, the same values worked out.

Each questionnaire is given the same answers in both. What is known to differ, and why, is in
``DIFFERENT``; anything else that differs fails.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from e2e.lforms import LForms, opened
from e2e.small_forms import SMALL
from handrail.fhir.forms import Evaluated, Form, begin, entered, evaluate, laid_out, read_form
from handrail.fhir.forms.tests.building import AT, FREQUENCY, SDC
from handrail.fhir.text import write
from tests.data import reference

SHIPPED = Path(__file__).parent.parent / "rules" / "instruments"
INITIAL = f"{SDC}initialExpression"
PATIENTS: Final = [
    {"resourceType": "Patient", "id": "1", "gender": gender, "birthDate": born}
    for gender, born in (
        ("female", "1950-02-03"),
        ("male", "1960-01-01"),
        ("other", "2015-05-05"),
        ("unknown", "1990-12-31"),
        ("female", "2001-01-01"),
        ("male", "1940-06-30"),
    )
]
LIKELY: Final = (10, 10, 8, 6, 3, 0)
"""How many of ten questions are answered, for each person."""
DIFFERENT: Final[dict[tuple[str, str], str]] = {
    ("day", f"when {operator}"): "LForms 40.1.3 compares numbers, words and codes in enableWhen;"
    " a date is equal to none and not before or after any (its _checkSkipLogicCondition has no"
    " case for dates). Dates are compared here, as FHIR says."
    for operator in ("=", "!=", ">", "<", ">=", "<=")
}
"""(questionnaire, linkId): why LForms says something else. Each must differ somewhere."""


class Chance:
    """The same choices in every run."""

    def __init__(self, seed: str) -> None:
        self.state = seed

    def upto(self, count: int) -> int:
        self.state = hashlib.sha256(self.state.encode()).hexdigest()
        return int(self.state[:8], 16) % count


def others() -> list[Any]:
    try:
        found = sorted(reference("questionnaires").rglob("*.json"))
    except pytest.skip.Exception as absent:
        return [pytest.param("", {}, id="others", marks=pytest.mark.skip(reason=str(absent)))]
    return [pytest.param(one.stem, json.loads(one.read_bytes()), id=one.stem) for one in found]


def shipped() -> list[Any]:
    return [
        pytest.param(one.stem, json.loads(one.read_bytes()), id=f"handrail-{one.stem}")
        for one in sorted(SHIPPED.glob("*.json"))
    ]


def small() -> list[Any]:
    return [pytest.param(name, form, id=name) for name, form in SMALL.items()]


@pytest.fixture(scope="module")
def lforms(browser) -> Iterator[LForms]:
    found = opened(browser)
    yield found
    found.page.context.close()


@pytest.mark.parametrize(("name", "questionnaire"), [*small(), *shipped(), *others()])
def test_both_show_and_work_out_the_same(lforms, name, questionnaire) -> None:
    asked = comparable(questionnaire)
    form = read_form(asked)
    pinned = {link_id for where, link_id in DIFFERENT if where == name}
    seen: set[str] = set()
    for number, patient in enumerate(PATIENTS):
        response = answered(form, Chance(f"{name} {number}"), LIKELY[number], patient)
        ours = evaluate(form, response, context={"patient": patient})
        theirs = lforms.told(asked, json.loads(write(response)), patient)
        differ = [
            *different(shown_here(form, ours), by_link(theirs.items)),
            *different(values(form, ours.final), values(form, theirs.response)),
        ]
        assert [one for one in differ if one[0] not in pinned] == [], number
        seen |= {one[0] for one in differ}
    assert seen == pinned


def comparable(part: Any) -> Any:
    """Return a questionnaire that both can read alone.

    Answers that come from LOINC's list LL358-3 are written out. Initial expressions are left out:
    LForms would put their values in place of the answers that are given here.
    """
    if isinstance(part, list):
        return [comparable(one) for one in part if not is_initial(one)]
    if not isinstance(part, dict):
        return part
    found = {key: comparable(one) for key, one in part.items()}
    if str(found.get("answerValueSet", "")).endswith("/LL358-3"):
        del found["answerValueSet"]
        found["answerOption"] = [
            {
                "valueCoding": {key: one[key] for key in ("system", "code", "display")},
                "extension": one["extension"],
            }
            for one in FREQUENCY
        ]
    return {key: one for key, one in found.items() if key != "extension" or one}


def is_initial(part: Any) -> bool:
    return isinstance(part, dict) and part.get("url") == INITIAL


def answered(form: Form, chance: Chance, likely: int, patient: dict[str, Any]) -> dict[str, Any]:
    response = begin(form, patient="Patient/1", author="", at=AT, context={"patient": patient})
    fields: dict[str, list[str]] = {}
    for spot in [*laid_out(form, {}, blank=repeating(form)).walk()]:
        item = spot.item
        if item.takes_answers and not item.calculated and chance.upto(10) < likely:
            fields[f"a:{spot.place}"] = typed(item, chance)
    found = entered(form, response, fields)
    assert found.faults == ()
    return found.response


def repeating(form: Form) -> list[str]:
    return [item.link_id for item in form.walk() if item.has_rows]


def typed(item: Any, chance: Chance) -> list[str]:
    if item.options:
        count = 1 + chance.upto(2) if item.repeats else 1
        first = chance.upto(len(item.options))
        chosen = [item.options[(first + n) % len(item.options)] for n in range(count)]
        alone = [one.key for one in chosen if one.exclusive]
        return alone[:1] or [one.key for one in chosen]
    number = 1 + chance.upto(7)
    texts = {
        "boolean": ("false", "true")[number % 2],
        "date": f"2026-01-0{3 + number % 3}",
        "dateTime": f"2026-01-0{number}T10:00:00Z",
        "time": f"0{number}:00",
        "url": "https://example.org",
    }
    return [texts.get(item.kind, str(number))]


def by_link(pairs: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for link_id, one in pairs:
        found.setdefault(link_id, []).append(one)
    return found


def shown_here(form: Form, ours: Evaluated) -> dict[str, list[Any]]:
    sheet = laid_out(form, ours.response)
    return by_link((one.item.link_id, one.place in ours.shown) for one in sheet.walk())


def values(form: Form, response: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what was worked out: numbers, codes, words."""
    sheet = laid_out(form, response)
    return by_link(
        (one.item.link_id, [bare(answer) for answer in one.answers])
        for one in sheet.walk()
        if one.item.calculated
    )


def bare(answer: dict[str, Any]) -> Any:
    value = next(iter(answer.values()))
    value = value.get("code", value.get("value")) if isinstance(value, dict) else value
    is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return float(value) if is_number else value


def different(ours: dict[str, list[Any]], theirs: dict[str, list[Any]]) -> list[Any]:
    return [
        (link_id, ours.get(link_id), theirs.get(link_id))
        for link_id in sorted({*ours, *theirs})
        if ours.get(link_id) != theirs.get(link_id)
    ]
