"""Forms from elsewhere: what is read, refused, proposed and kept, decided without the record."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from handrail.duties.intake.rules.importing import (
    MOST_BYTES,
    NoFormError,
    count_items,
    opened,
    refuse_endless,
    refuse_invalid,
)
from handrail.duties.intake.rules.permission import (
    May,
    Permission,
    is_open,
    is_shipped,
    permission_of,
    permitted,
)
from handrail.duties.intake.rules.versions import (
    addition,
    completed,
    free_version,
    named,
    ready,
    says_the_same,
)
from handrail.fhir.errors import (
    HandrailError,
    InvalidResourceError,
    TooLargeError,
    UnreadableError,
)
from handrail.fhir.forms import LoopError, read_form
from handrail.fhir.rulebook import Rulebook
from handrail.record.rulebook import rules_in
from tests.data import reference

TODAY = date(2026, 11, 22)
AT = "2026-11-22T09:00:00-05:00"
FORM = {
    "resourceType": "Questionnaire",
    "url": "urn:example:q",
    "version": "1",
    "title": "Sleep",
    "status": "draft",
    "item": [{"linkId": "1", "text": "Do you sleep well?", "type": "boolean"}],
}
YES = Permission(answer=May.FREE, by="Practitioner/ada", name="Ada Whitlock", at=AT, note="Letter")
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"


def bundle(*resources):
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


@pytest.fixture(scope="module")
def rules():
    path = Path(__file__).parents[4] / "rules" / "questionnaires.toml"
    return Rulebook(rules_in(path.read_text("utf-8"), path.name))


def test_a_form_is_found_by_itself_and_in_a_bundle_with_its_value_sets():
    assert opened(json.dumps(FORM)).forms == (FORM,)
    terms = {"resourceType": "ValueSet", "url": "urn:example:v", "status": "active"}
    found = opened(bundle(FORM, terms, {"resourceType": "Patient"}, {"resourceType": "Patient"}))
    assert found.forms == (FORM,)
    assert found.terms == (terms,)
    assert found.left_out == (("Patient", 2),)


def test_xml_is_read_too():
    xml = (
        '<Questionnaire xmlns="http://hl7.org/fhir"><status value="draft"/>'
        '<item><linkId value="1"/><text value="Well?"/><type value="boolean"/></item>'
        "</Questionnaire>"
    )
    assert opened(xml).forms[0]["item"][0]["text"] == "Well?"


@pytest.mark.parametrize(
    ("typed", "error", "words"),
    [
        ("", NoFormError, "nothing here yet"),
        ("   \n", NoFormError, "nothing here yet"),
        ('{"resourceType": "Patient"}', NoFormError, "Patient"),
        (bundle(), NoFormError, "no Questionnaire"),
        ('{"resourceType": "Bundle", "entry": 3}', NoFormError, "no Questionnaire"),
        ('{"resourceType": 7}', NoFormError, "no resource"),
        ("hello", UnreadableError, "neither FHIR JSON"),
        ("[1, 2]", UnreadableError, "neither FHIR JSON"),
        ("<html></html>", UnreadableError, ""),
        ("<!DOCTYPE x><Questionnaire/>", UnreadableError, ""),
        ("{" * 5000, UnreadableError, "neither FHIR JSON"),
        ("x" * (MOST_BYTES + 1), TooLargeError, "at most 2 million"),
    ],
)
def test_what_is_no_form_is_refused_with_words(typed, error, words):
    with pytest.raises(error) as refused:
        opened(typed)
    assert words in refused.value.message


def test_a_slip_in_json_is_told_by_its_line():
    with pytest.raises(UnreadableError) as refused:
        opened('{\n "resourceType": "Questionnaire",\n "status" "draft"\n}')
    assert "line 3" in refused.value.faults[0].text


def test_every_fault_says_where_it_is():
    broken = {**FORM, "status": "ready", "item": [{"linkId": "1", "text": "No type"}]}
    with pytest.raises(InvalidResourceError) as refused:
        refuse_invalid([broken])
    places = {fault.path for fault in refused.value.faults}
    assert {"Questionnaire.status", "Questionnaire.item[0].type"} <= places


def test_a_loop_in_expressions_is_refused():
    def sums(link_id, other):
        text = f"%resource.descendants().where(linkId='{other}').answer.value + 1"
        value = {"language": "text/fhirpath", "expression": text}
        extension = [{"url": CALCULATED, "valueExpression": value}]
        return {"linkId": link_id, "type": "integer", "extension": extension}

    form = read_form({**FORM, "item": [sums("a", "b"), sums("b", "a")]})
    with pytest.raises(LoopError):
        refuse_endless(form, AT)


def test_a_form_of_two_thousand_items_is_counted_and_taken():
    items = [{"linkId": str(n), "text": f"Question {n}", "type": "boolean"} for n in range(2000)]
    form = read_form({**FORM, "item": items})
    refuse_endless(form, AT)
    assert count_items(form) == 2000


@pytest.mark.parametrize(
    ("name", "code", "adds_code", "adds_notice"),
    [
        ("conditional/Questionnaire-SDOHCC-QuestionnairePRAPARE.json", "93025-5", True, True),
        ("free/Questionnaire-SDOHCC-QuestionnaireHungerVitalSign.json", "88121-9", True, True),
        ("conditional/uscore-prapare-example.json", "", False, False),
        ("conditional/ahc-hrsn-96777-8.json", "", False, False),
        ("free/jmandel-gad-7.json", "", False, False),
    ],
)
def test_known_instruments_without_a_code_or_notice_get_a_proposal(
    rules, name, code, adds_code, adds_notice
):
    given = json.loads(reference(f"questionnaires/{name}").read_text())
    found = addition(read_form(given), rules, TODAY)
    if not adds_code:
        assert found is None
        return
    assert found.code == code
    assert bool(found.notice) == adds_notice
    made = completed(given, found)
    assert made["code"][-1]["code"] == code
    assert made["copyright"]
    assert addition(read_form(made), rules, TODAY) is None
    assert "code" not in given


def test_a_form_that_asks_something_else_gets_no_proposal(rules):
    assert addition(read_form(FORM), rules, TODAY) is None


def test_a_form_without_address_and_version_gets_both_and_always_the_same():
    bare = {key: value for key, value in FORM.items() if key not in {"url", "version"}}
    one, other = named(bare, TODAY), named({**bare, "id": "x", "status": "active"}, TODAY)
    assert one["url"] == other["url"]
    assert one["url"].startswith("urn:uuid:")
    assert one["version"] == "2026-11-22"
    assert named(FORM, TODAY) == FORM
    assert says_the_same(one, other)
    assert not says_the_same(one, {**other, "title": "Rest"})


def test_a_version_that_is_taken_becomes_a_free_one():
    assert free_version("1", ()) == "1"
    assert free_version("1", {"1"}) == "1-2"
    assert free_version("1", {"1", "1-2"}) == "1-3"


def test_what_is_stored_is_the_form_without_its_former_id():
    given = {**FORM, "id": "other", "meta": {"versionId": "7", "profile": ["urn:example:p"]}}
    made = ready(given, identity="", organization="Harbor", active=True)
    assert "id" not in made
    assert made["meta"] == {"profile": ["urn:example:p"]}
    assert made["status"] == "active"
    assert ready(given, identity="mine", organization="H", active=False)["status"] == "draft"
    taken = ready({**FORM, "publisher": "Handrail"}, identity="x", organization="H", active=True)
    assert taken["publisher"] == "H"


def test_the_answer_about_permission_is_kept_with_who_and_when():
    assert permission_of(FORM) is None
    assert is_open(FORM)
    made = permitted(FORM, YES)
    assert permission_of(made) == YES
    assert not is_open(made)
    refuse_invalid([made])
    unclear = permitted(made, Permission(answer=May.UNCLEAR, by="P/a", name="A", at=AT))
    assert len(unclear["extension"]) == 1
    assert is_open(unclear)


def test_nobody_is_asked_about_what_handrail_ships():
    shipped = {**FORM, "id": "handrail-sleep", "publisher": "Handrail"}
    assert is_shipped(shipped)
    assert not is_open(shipped)
    assert is_open({**FORM, "id": "else", "publisher": "Handrail"})


def test_an_answer_that_is_not_ours_counts_as_none():
    odd = {"url": "urn:handrail:permission", "extension": [{"url": "answer", "valueCode": "sure"}]}
    assert permission_of({**FORM, "extension": [odd]}) is None


def test_every_reason_is_an_error_of_the_house():
    assert issubclass(NoFormError, HandrailError)
