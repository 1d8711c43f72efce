"""What is due, what a score comes to, what cannot wait: without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from handrail.duties.intake.rules import safety, scoring
from handrail.duties.intake.rules.due import Done, Person, due
from handrail.duties.intake.rules.instruments import (
    all_scores,
    protocol,
    safety_rules,
    scores,
)
from handrail.duties.intake.rules.pages import MOST, pages
from handrail.duties.intake.screens.questions import digits_of
from handrail.fhir import text
from handrail.fhir.calendar import Calendar
from handrail.fhir.forms import Option, read_form
from handrail.fhir.rulebook import Rulebook
from handrail.record.rulebook import rules_in

RULES = Path(__file__).parents[4] / "rules"
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    files = [RULES / f"{name}.toml" for name in ("instruments", "assessments", "needs")]
    return Rulebook(rule for file in files for rule in rules_in(file.read_text("utf-8"), file.name))


def said(**answers: object) -> dict:
    items = []
    for link, value in answers.items():
        name = link.replace("_", "-").removeprefix("n")
        coded = isinstance(value, str)
        answer = {"valueCoding": {"code": value}} if coded else {"valueDecimal": value}
        items.append({"linkId": name, "answer": [answer]})
    return {"resourceType": "QuestionnaireResponse", "item": items}


def count(book: Rulebook, panel: str, response: dict, gender: str = "") -> scoring.Counted:
    (rule,) = scores(book, [panel], TODAY)
    return scoring.count(rule, scoring.parts_of(response, {}), gender)


def test_every_score_has_a_band_for_each_value_and_every_protocol_can_be_read(book):
    for rule in all_scores(book, TODAY):
        if rule.maximum is not None and rule.combine != "product":
            values = range(int(rule.bands[0].least), int(rule.maximum) + 1)
            assert all(rule.band(Decimal(value)) for value in values), rule.id
    for rule in safety_rules(book, TODAY):
        found = protocol(book, rule.protocol, TODAY)
        assert found.steps
        assert found.say
        assert found.hotlines
        assert protocol(book, rule.protocol, TODAY, "es").say != found.say


def test_audit_c_differs_by_sex_and_counts_nothing_for_who_never_drinks(book):
    response = said(n68518_0=1, n68519_8=1, n68520_6=1)
    assert not count(book, "72109-2", response, "male").positive
    assert count(book, "72109-2", response, "female").positive
    never = count(book, "72109-2", said(n68518_0="LA6270-8"))
    assert never.value == 0
    assert never.answered == never.of


def test_a_missing_answer_leaves_a_score_uncounted_but_says_what_there_is(book):
    found = count(book, "55757-9", said(n44250_9=2))
    assert (found.value, found.so_far, found.answered, found.why) == (None, 2, 1, "unknown")


def test_minutes_are_days_times_minutes_and_positive_below(book):
    found = count(book, "89574-8", said(n89555_7=3, n68516_4=30))
    assert found.value == 90
    assert found.positive


def test_one_yes_is_enough_where_any_answer_decides(book):
    found = count(book, "88121-9", said(n88122_7="LA28397-0"))
    assert found.value == 1
    assert found.positive
    assert count(book, "88121-9", said(n88122_7="LA28398-8")).value is None


def test_an_old_answer_that_nobody_confirmed_counts_nothing(book):
    response = said(n44250_9=3, n44255_8=3)
    response["item"][0]["extension"] = [
        {"url": "urn:handrail:carried-from", "valueReference": {"reference": "X/1"}}
    ]
    assert count(book, "55757-9", response).value is None


@pytest.mark.parametrize(
    ("response", "protocols"),
    [
        (said(n44260_8="LA6568-5"), []),
        (said(n44260_8="LA6569-3"), ["suicide"]),
        (said(n95618_5="LA10082-8"), ["violence"]),
        (said(n95618_5=5, n95617_7=5, n95616_9=1, n95615_1=1), ["violence"]),
        ({"resourceType": "QuestionnaireResponse"}, []),
    ],
)
def test_answers_that_cannot_wait_are_found(book, response, protocols):
    links = [item["linkId"] for item in response.get("item", ())]
    codes = {link: (("http://loinc.org", link),) for link in links}
    found = safety.met(response, codes, book, NOW)
    assert [rule.protocol for rule in found] == protocols


def person(born: date | None = date(1954, 2, 14), *done: Done, programs: str = "") -> Person:
    return Person(born=born, programs=frozenset(programs.split()), done=done)


def wanted(book: Rulebook, who: Person) -> list[str]:
    return [each.rule for each in due(who, book, TODAY, Calendar())]


@pytest.fixture(scope="module")
def without_visits(book) -> Rulebook:
    """The rules of an organization that makes no intake visits."""
    return Rulebook(rule for rule in book.all() if rule.id != "assessment.intake-visit")


def test_what_is_due_follows_age_and_what_was_asked(without_visits):
    book, adult = without_visits, date(1980, 1, 1)
    assert wanted(book, person()) == [
        "assessment.food",
        "assessment.depression",
        "assessment.falls",
    ]
    assert "assessment.falls" not in wanted(book, person(adult))
    assert "assessment.falls" not in wanted(book, person(None))
    assert wanted(book, person(date(2015, 1, 1))) == ["assessment.food"]
    form = "urn:handrail:questionnaire:phq-9"
    recent, long_ago = Done(form, date(2026, 1, 2)), Done(form, date(2025, 1, 2))
    assert "assessment.depression" not in wanted(book, person(adult, recent))
    assert "assessment.depression" in wanted(book, person(adult, long_ago))
    total = Done("44261-6", date(2026, 9, 1))
    assert "assessment.depression" not in wanted(book, person(adult, total))


def test_one_visit_is_asked_for_instead_of_all_it_counts_for(book):
    assert wanted(book, person()) == ["assessment.intake-visit"]


def test_digits_are_weights_where_each_has_its_own_else_places():
    def option(key: str, weight: int | None) -> Option:
        return Option(key, {}, key, None if weight is None else Decimal(weight))

    assert digits_of([option("a", 0), option("b", 3)]) == ["0", "3"]
    assert digits_of([option("a", 1), option("b", 1)]) == ["1", "2"]
    assert digits_of([option("a", None), option("b", 0)]) == ["1", "2"]
    assert digits_of([option(str(n), None) for n in range(11)])[-2:] == ["", ""]


def test_long_forms_are_divided_and_short_ones_are_not():
    file = RULES / "instruments" / "phq-9.json"
    assert len(pages(read_form(text.parse(file.read_bytes())).items)) == 1
    item = {"type": "string", "text": "?"}
    sections = [
        {
            "linkId": f"s{s}",
            "type": "group",
            "text": f"Part {s}",
            "item": [{**item, "linkId": f"s{s}q{n}"} for n in range(50)],
        }
        for s in range(3)
    ]
    rows = [{**item, "linkId": f"l{n}"} for n in range(130)]
    long = {"linkId": "l", "type": "group", "item": rows}
    form = {"resourceType": "Questionnaire", "status": "active", "item": [*sections, long]}
    found = pages(read_form(form).items)
    assert [page.questions for page in found] == [50, 50, 50, MOST, MOST, 10]
    assert found[0].title == "Part 0"
    assert "l" in found[4].links
