"""The instruments that come with Handrail, and what is known of their answers."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from handrail.fhir.forms import Form, begin, entered, evaluate, field_name, read_form
from handrail.fhir.forms.form import Item
from handrail.fhir.forms.unsupported import unsupported
from handrail.fhir.resource import Resource
from handrail.fhir.rulebook import Rule
from tests.data import data, reference

RULES: Final = Path(__file__).parent.parent / "rules"
FILES: Final = sorted((RULES / "instruments").glob("*.json"))
SLUGS: Final = [file.stem for file in FILES]
TRANSLATED: Final = "urn:handrail:translation-status"
OWNERS: Final = {
    "audit-c": "public domain",
    "exercise-vital-sign": "Kaiser Permanente",
    "gad-7": "No permission required to reproduce",
    "hunger-vital-sign": "Children's HealthWatch",
    "intake-visit": "Children's HealthWatch",
    "phq-2": "No permission required to reproduce",
    "phq-4": "No permission required to reproduce",
    "phq-9": "No permission required to reproduce",
    "steadi-key-questions": "Centers for Disease Control and Prevention",
    "taps-1": "National Institute on Drug Abuse",
}
DOMAINS: Final = frozenset(
    [
        "food-insecurity",
        "housing-instability",
        "homelessness",
        "inadequate-housing",
        "transportation-insecurity",
        "financial-insecurity",
        "material-hardship",
        "educational-attainment",
        "employment-status",
        "veteran-status",
        "stress",
        "social-connection",
        "intimate-partner-violence",
        "elder-abuse",
        "personal-health-literacy",
        "health-insurance-coverage-status",
        "medical-cost-burden",
        "digital-literacy",
        "digital-access",
        "utility-insecurity",
        "incarceration-status",
        "language-access",
        "protective-factor",
        "sdoh-category-unspecified",
    ]
)
CATEGORIES: Final = frozenset(
    {"sdoh", "functional-status", "disability-status", "cognitive-status", ""}
)
# What is asked by forms that are not shipped: PRAPARE, AHC-HRSN and the EPDS, the latter without
# item codes. Their rows are checked against the forms where the reference folder is there.
MAX_SEEN: Final = 60
PATIENT: Final[Resource] = {
    "resourceType": "Patient",
    "gender": "male",
    "telecom": [{"system": "phone", "value": "617-555-0142"}],
    "communication": [
        {
            "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]},
            "preferred": True,
        }
    ],
}


def questionnaire(slug: str) -> dict[str, Any]:
    """Return the shipped Questionnaire as it stands in its file."""
    read: dict[str, Any] = json.loads((RULES / "instruments" / f"{slug}.json").read_text("utf-8"))
    return read


def form(slug: str) -> Form:
    """Return the shipped form, read."""
    return read_form(questionnaire(slug))


def rules(file: str, prefix: str) -> list[Rule]:
    """Return the rules of one file whose id starts with ``prefix``."""
    entries = tomllib.loads((RULES / f"{file}.toml").read_text("utf-8"))["rule"]
    return [Rule(**entry) for entry in entries if entry["id"].startswith(prefix)]


def items(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every item of a Questionnaire, whatever its depth."""
    for item in raw.get("item", ()):
        yield item
        yield from items(item)


def answer_codes(item: Mapping[str, Any]) -> list[str]:
    """Return the codes of the answers that an item offers."""
    return [option["valueCoding"]["code"] for option in item.get("answerOption", ())]


def names(item: Mapping[str, Any]) -> set[str]:
    """Return what rules may call an item: its codes and the last part of its linkId."""
    return {one["code"] for one in item.get("code", ())} | {item["linkId"].rpartition("/")[2]}


def answered(slug: str, answers: Mapping[str, str], *, patient: Resource = PATIENT) -> Any:
    """Return the form evaluated with these answers, given by linkId."""
    asked = form(slug)
    response = begin(asked, patient="Patient/1", author="Practitioner/1", at="2026-11-22T09:00:00Z")
    fields = {field_name(link_id): [value] for link_id, value in answers.items()}
    given = entered(asked, response, fields)
    assert not given.faults
    return evaluate(asked, given.response, context={"patient": patient})


def keys(slug: str, weight: int) -> dict[str, str]:
    """Return for every weighted question the answer that weighs this much."""
    return {
        item.link_id: option.key
        for item in form(slug).walk()
        for option in item.options
        if option.weight == weight
    }


def test_every_instrument_of_the_list_is_there() -> None:
    assert sorted(OWNERS) == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_an_instrument_says_who_it_is(slug: str) -> None:
    raw = questionnaire(slug)
    assert raw["id"] == f"handrail-{slug}"
    assert raw["url"] == f"urn:handrail:questionnaire:{slug}"
    assert (raw["publisher"], raw["status"], raw["language"]) == ("Handrail", "active", "en")
    assert raw["subjectType"] == ["Patient"]
    assert raw["version"].startswith("2026.11.")
    assert raw["code"][0]["system"] in {"http://loinc.org", "urn:handrail:intake"}


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_in_an_instrument_is_left_out_on_the_screen(slug: str) -> None:
    assert not unsupported(questionnaire(slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_the_notices_of_the_owners_are_kept(slug: str) -> None:
    notice = questionnaire(slug)["copyright"]
    assert OWNERS[slug] in notice
    assert "LOINC is copyright" in notice
    assert "http://loinc.org/license" in notice


@pytest.mark.parametrize("slug", SLUGS)
def test_everything_that_is_read_aloud_is_there_in_spanish(slug: str) -> None:
    status = {each["url"]: each.get("valueCode") for each in questionnaire(slug)["extension"]}
    assert status[TRANSLATED] in {"published", "handrail-unreviewed"}
    asked = form(slug)
    assert asked.languages == ("en", "es")
    assert asked.title_in("es") != asked.title_in("en")
    for item in asked.walk():
        assert item.words("es")[1], item.link_id
        for option in item.options:
            assert asked_in_spanish(item, option), (item.link_id, option.text)
    assert all("_text" in item for item in items(questionnaire(slug)))


def asked_in_spanish(item: Item, option: Any) -> bool:
    """Tell whether an answer has Spanish words."""
    return item.option_words(option, "es")[1]


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_is_asked_under_two_codes_or_answered_twice(slug: str) -> None:
    everything = list(items(questionnaire(slug)))
    links = Counter(item["linkId"] for item in everything)
    codes = Counter(code["code"] for item in everything for code in item.get("code", ()))
    assert links.most_common(1)[0][1] == 1
    assert codes.most_common(1)[0][1] == 1
    for item in everything:
        answers = answer_codes(item)
        assert len(answers) == len(set(answers)), item["linkId"]
        assert not item.get("required"), item["linkId"]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_question_keeps_its_words_and_answers_from_form_to_form(slug: str) -> None:
    """What two instruments ask alike is the same question: an answer can be carried forward."""
    here = {code: item for item in items(questionnaire(slug)) for code in names(item)}
    for other in SLUGS:
        for item in items(questionnaire(other)):
            for code in {one["code"] for one in item.get("code", ())} & set(here):
                assert answer_codes(here[code]) == answer_codes(item), (slug, other, code)


SUMS: Final = [
    ("phq-9", "44261-6", 27),
    ("phq-2", "55758-7", 6),
    ("phq-4", "70272-0", 12),
    ("phq-4", "gad-2", 6),
    ("phq-4", "55758-7", 6),
    ("gad-7", "70274-6", 21),
    ("audit-c", "75626-2", 12),
]


@pytest.mark.parametrize(("slug", "total", "most"), SUMS)
def test_the_highest_answers_make_the_highest_score(slug: str, total: str, most: int) -> None:
    highest = 4 if slug == "audit-c" else 3
    seen = answered(slug, keys(slug, highest))
    assert seen.scores[total] == most


@pytest.mark.parametrize(("slug", "total", "most"), SUMS)
def test_the_lowest_answers_make_a_zero(slug: str, total: str, most: int) -> None:
    assert most
    assert answered(slug, keys(slug, 0)).scores[total] == 0


@pytest.mark.parametrize(("slug", "total", "most"), SUMS)
def test_a_score_waits_until_all_is_answered(slug: str, total: str, most: int) -> None:
    assert most
    given = keys(slug, 1)
    given.pop(next(iter(given)))
    assert total not in answered(slug, given).scores or total in {"gad-2", "55758-7"}


def test_a_mixed_phq_9_adds_up_and_asks_how_hard_it_is() -> None:
    links = [item.link_id for item in form("phq-9").walk() if len(item.options) == 4][:9]
    given = dict(zip(links, ("LA6569-3", "LA6570-1", "LA6571-9") * 3, strict=True))
    seen = answered("phq-9", given)
    assert seen.scores["44261-6"] == Decimal(18)
    assert "69722-7" in seen.shown
    assert "69722-7" not in answered("phq-9", dict.fromkeys(links, "LA6568-5")).shown


def test_somebody_who_never_drinks_is_asked_once() -> None:
    seen = answered("audit-c", {"68518-0": "LA6270-8"})
    assert seen.scores["75626-2"] == 0
    assert "68519-8" not in seen.shown
    assert "68519-8" in answered("audit-c", {"68518-0": "LA18927-6"}).shown


@pytest.mark.parametrize(
    ("first", "second", "risk"),
    [
        ("LA28397-0", "LA28398-8", "LA19952-3"),
        ("LA28398-8", "LA6729-3", "LA19952-3"),
        ("LA28398-8", "LA28398-8", "LA19983-8"),
    ],
)
def test_either_statement_means_a_risk_of_hunger(first: str, second: str, risk: str) -> None:
    seen = answered("hunger-vital-sign", {"88122-7": first, "88123-5": second})
    found = next(each for each in seen.response["item"] if each["linkId"] == "88124-3")
    assert found["answer"][0]["valueCoding"]["code"] == risk


def test_minutes_a_week_are_days_times_minutes() -> None:
    seen = answered("exercise-vital-sign", {"89555-7": "3", "68516-4": "30"})
    assert seen.scores["evs-minutes-per-week"] == 90
    assert answered("exercise-vital-sign", {"89555-7": "0"}).scores["evs-minutes-per-week"] == 0


def test_falls_are_counted_over_the_three_key_questions() -> None:
    seen = answered(
        "steadi-key-questions",
        {"steadi-fallen": "LA33-6", "steadi-hurt": "LA33-6", "steadi-unsteady": "LA32-8"}
        | {"steadi-worried": "LA33-6"},
    )
    assert seen.scores["steadi-yes"] == 2


def test_women_and_men_are_asked_about_their_own_number_of_drinks() -> None:
    woman = answered("taps-1", {}, patient={"resourceType": "Patient", "gender": "female"}).shown
    unknown = answered("taps-1", {}, patient={"resourceType": "Patient"}).shown
    assert ("75889-6" in woman, "88037-7" in woman) == (True, False)
    assert ("75889-6" in unknown, "88037-7" in unknown) == (False, True)


ELSEWHERE: Final = ("PRAPARE", "AHC-HRSN", "EPDS")
"""Forms that are not shipped; the rows about them name them in their source."""
_COMPUTED: Final = {"95614-4", "71354-5"}
"""Totals that are not asked but worked out by their score rule."""


def offered(forms: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return for every question of the forms the codes of all answers it offers anywhere."""
    found: dict[str, set[str]] = {}
    for raw in forms:
        for item in items(raw):
            for name in names(item):
                found.setdefault(name, set()).update(answer_codes(item))
    return found


def parts(rule: Rule) -> set[str]:
    """Return the questions that a rule is about."""
    return {*rule.values.get("items", ()), *rule.values.get("link_ids", ())}


def missing_in(rule: Rule, known: Mapping[str, set[str]]) -> set[str]:
    """Return what the rule speaks of and no form asks or offers."""
    unknown = parts(rule) - set(known) - _COMPUTED
    offers = {code for part in parts(rule) & set(known) for code in known[part]}
    answers = {*rule.values.get("answers", ()), *rule.values.get("item_answers", ())}
    return unknown | (answers - offers - {"POS"} if not unknown else set())


ABOUT_ANSWERS: Final = [
    *rules("instruments", "score."),
    *rules("instruments", "safety."),
    *rules("needs", "need."),
]


@pytest.mark.parametrize("rule", ABOUT_ANSWERS, ids=lambda rule: rule.id)
def test_every_rule_is_about_an_answer_that_somebody_can_give(rule: Rule) -> None:
    known = offered([questionnaire(slug) for slug in SLUGS])
    assert not missing_in(rule, known) or any(name in rule.source for name in ELSEWHERE)


def test_rules_about_forms_from_elsewhere_fit_those_forms() -> None:
    folder = reference("questionnaires/conditional")
    others = [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]
    known = offered([*(questionnaire(slug) for slug in SLUGS), *others])
    wrong = {rule.id: missing for rule in ABOUT_ANSWERS if (missing := missing_in(rule, known))}
    assert not wrong


@pytest.mark.parametrize("rule", rules("instruments", "score."), ids=lambda rule: rule.id)
def test_a_score_says_where_its_numbers_come_from(rule: Rule) -> None:
    said = rule.values
    assert rule.source
    assert rule.url
    assert rule.effective_from
    assert (rule.verified_on is None) == (said.get("status") == "verify")
    starts = [band["from"] for band in said["bands"]]
    ends = [band["to"] for band in said["bands"]]
    assert starts[1:] == [end + 1 for end in ends[:-1]]
    assert ends[-1] == said["maximum"]
    assert all(band["words"] and band["words_es"] for band in said["bands"])
    assert {"positive_at", "positive_below", "positive_answers"} & set(said)


def test_every_total_that_a_form_works_out_has_its_score_rule() -> None:
    totals = {item.link_id: slug for slug in SLUGS for item in form(slug).walk() if item.calculated}
    ruled = {rule.values["item"] for rule in rules("instruments", "score.")} - {""}
    assert ruled == set(totals)


@pytest.mark.parametrize(
    ("slug", "given", "protocol"),
    [
        ("phq-9", {"44260-8": "LA6569-3"}, "suicide"),
        ("intake-visit", {"safe-partner": "LA33-6"}, "violence"),
        ("intake-visit", {"safe-helper": "LA33-6"}, "abuse"),
    ],
)
def test_an_answer_that_cannot_wait_opens_a_protocol(
    slug: str, given: dict[str, str], protocol: str
) -> None:
    asked = form(slug).find(next(iter(given)))
    opened = {
        rule.values["protocol"]
        for rule in rules("instruments", "safety.")
        if {code for _, code in asked.codes} & parts(rule)
        and set(given.values()) & set(rule.values["answers"])
    }
    assert opened == {protocol}
    assert rules("instruments", f"protocol.{protocol}")


@pytest.mark.parametrize("rule", rules("instruments", "protocol."), ids=lambda rule: rule.id)
def test_a_protocol_says_what_to_do_in_both_languages(rule: Rule) -> None:
    said = rule.values
    assert [code for code, _ in said["steps"]] == [code for code, _ in said["steps_es"]]
    assert len(said["say"]) == len(said["say_es"])
    assert len(said["tell"]) == len(said["tell_es"])
    assert 0 < said["due_minutes"] <= 60
    numbers = {line["phone"] for line in said["hotlines"]}
    wanted = {"suicide": "988", "violence": "1-800-799-7233", "abuse": "1-800-677-1116"}
    assert wanted[rule.id.partition(".")[2]] in numbers


NEEDS: Final = rules("needs", "need.")


def test_the_ids_of_needs_are_unique_and_their_fields_complete() -> None:
    assert len({rule.id for rule in NEEDS}) == len(NEEDS)
    for rule in NEEDS:
        said = rule.values
        assert said["kind"] in {"need", "strength"}, rule.id
        assert said["domain"] in DOMAINS | {""}, rule.id
        assert said["category"] in CATEGORIES, rule.id
        assert (said["category"] == "sdoh") == (bool(said["domain"]) and said["kind"] == "need")
        assert said["text"], rule.id
        assert said["text_es"], rule.id
        assert said["ask_again_days"] > 0, rule.id
        assert bool(said["icd10cm"]) == bool(said["icd10cm_display"]), rule.id
        assert "answers" in said or "at_least" in said or "at_most" in said, rule.id


def test_the_intake_visit_reaches_all_24_domains() -> None:
    known = offered([questionnaire("intake-visit")])
    reached = {
        rule.values["domain"] for rule in NEEDS if parts(rule) and not missing_in(rule, known)
    }
    assert reached - {""} == DOMAINS


def test_a_proposed_diagnosis_code_is_a_valid_leaf_of_icd_10_cm() -> None:
    file = data("terminology/icd10cm_2026-04_tabular.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        known = {row["code"]: row for row in csv.DictReader(lines)}
    for rule in NEEDS:
        code = rule.values["icd10cm"]
        if code:
            assert known[code]["description"] == rule.values["icd10cm_display"], rule.id
            assert known[code]["leaf_in_tabular"] == "1", rule.id


AVERAGE: Final = {
    "consent-talk": "LA33-6",
    "language": "en",
    "help-daily": "no-help",
    "meds-count": "meds-few",
    "meds-miss": "miss-never",
    "helper": "helper-no-need",
    "gives-care": "LA32-8",
    "housing": "home-own",
    "steadi-fallen": "LA32-8",
    "veteran": "LA32-8",
    "internet": "net-yes",
    "other-need": "LA32-8",
}


def asked_of(answers: Mapping[str, str]) -> set[str]:
    """Return the questions of the intake visit that somebody with these answers is asked."""
    seen = answered("intake-visit", answers)
    return {
        item.link_id
        for item in form("intake-visit").walk()
        if item.link_id in seen.shown and item.takes_answers and not item.read_only
    }


def test_an_average_person_is_asked_at_most_sixty_questions() -> None:
    seen = asked_of(AVERAGE)
    assert len(seen) <= MAX_SEEN
    assert not seen & {"do-wash", "interpreter", "steadi-times", "helper-strain", "veteran-care"}


@pytest.mark.parametrize(
    ("answer", "opened"),
    [
        ({"help-daily": "both"}, {"do-wash", "do-walk", "do-steps"}),
        ({"language": "es"}, {"interpreter", "language-barrier"}),
        ({"steadi-fallen": "LA33-6"}, {"steadi-times", "steadi-hurt"}),
        ({"helper": "helper-family"}, {"helper-name", "helper-strain", "helper-break"}),
        ({"gives-care": "LA33-6"}, {"gives-care-strain"}),
        ({"meds-miss": "miss-few"}, {"meds-why"}),
        ({"veteran": "LA33-6"}, {"veteran-care"}),
        ({"other-need": "LA33-6"}, {"other-need-what"}),
    ],
)
def test_a_need_opens_its_details(answer: dict[str, str], opened: set[str]) -> None:
    assert opened <= asked_of(AVERAGE | answer)


KNOWN: Final[Resource] = {
    "resourceType": "Patient",
    "telecom": [
        {"system": "email", "value": "rosa@example.org"},
        {
            "system": "phone",
            "value": "617-555-0101",
            "extension": [{"url": "urn:handrail:message-consent", "valueCode": "no"}],
        },
    ],
    "contact": [
        {
            "name": {"given": ["Ana"], "family": "Ruiz"},
            "telecom": [{"system": "phone", "value": "617-555-0102"}],
        }
    ],
    "communication": [
        {
            "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es-US"}]},
            "preferred": True,
        }
    ],
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
            "valueCoding": {"system": "http://snomed.info/sct", "code": "373066001"},
        }
    ],
}


def prefilled(patient: Resource) -> dict[str, Any]:
    """Return the answers that an intake visit begins with, by linkId."""
    begun = begin(
        form("intake-visit"),
        patient="Patient/1",
        author="Practitioner/1",
        at="2026-11-22T09:00:00Z",
        context={"patient": patient},
    )
    return {
        item["linkId"]: next(iter(item["answer"][0].values()))
        for item in items(begun)
        if "answer" in item
    }


def test_what_the_record_knows_is_not_asked_again() -> None:
    known = prefilled(KNOWN)
    assert known["language"]["code"] == "es"
    assert known["interpreter"]["code"] == "LA33-6"
    assert known["phone"] == "617-555-0101"
    assert known["phone-message"]["code"] == "LA32-8"
    assert known["helper-name"] == "Ana Ruiz 617-555-0102"


def test_nothing_is_made_up_about_somebody_new() -> None:
    assert not prefilled({"resourceType": "Patient"})


def test_a_language_outside_the_list_is_kept() -> None:
    somali = {"language": {"coding": [{"code": "so", "display": "Somali"}]}}
    found = prefilled({"resourceType": "Patient", "communication": [somali]})
    assert found["language"] == "Somali"
    assert "interpreter" in asked_of(AVERAGE | {"language!other": "Somali", "language": ""})


def test_somebody_without_medicines_is_not_asked_about_them() -> None:
    assert not asked_of(AVERAGE | {"meds-count": "meds-none"}) & {"meds-who", "meds-afford"}


_VOWELS: Final = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Count the syllables of an English word, roughly: groups of vowels without a silent e."""
    plain = word.lower()
    silent = plain.endswith("e") and not plain.endswith(("le", "ee", "ye"))
    return max(1, len(_VOWELS.findall(plain)) - silent)


def grade(texts: list[str]) -> float:
    """Return the Flesch-Kincaid grade of sentences, each text being at least one."""
    sentences = [part for text in texts for part in re.split(r"[.?!;:]+", text) if part.strip()]
    words = [word for part in sentences for word in re.findall(r"[A-Za-z']+", part)]
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59


def test_the_intake_visit_is_read_at_sixth_grade_or_below() -> None:
    everything = list(form("intake-visit").walk())
    questions = [item.text for item in everything if item.text]
    answers = [option.text for item in everything for option in item.options]
    assert grade(questions) <= 6
    assert grade(answers) <= 6
    hard = [text for text in questions if len(text.split()) >= 8 and grade([text]) > 9]
    assert not [text for text in hard if text not in official()]


def official() -> set[str]:
    """Return the words of instruments of others: they are asked as they are."""
    return {item.text for slug in SLUGS if slug != "intake-visit" for item in form(slug).walk()}
