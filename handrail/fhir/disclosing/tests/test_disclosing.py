"""On which basis facts leave, what is sensitive, and what a receiver is told before it says yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from handrail.fhir import disclosing as d
from handrail.fhir.rulebook import Rule, Rulebook
from tests.rules import shipped_rules

RULES = shipped_rules()
BOOK = Rulebook(RULES)
TODAY = date(2026, 11, 22)
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
ELEMENTS = frozenset(
    [
        "patient",
        "discloser",
        "what",
        "recipient",
        "purpose",
        "revoke",
        "expiry",
        "signature",
        "date",
    ]
)
AGREED = d.Agreement(recipient="Organization/pantry", name="Pantry", ends_on="2027-01-31")
SIGNED = replace(
    AGREED, how="written", elements=ELEMENTS, kinds=frozenset({"part-2", "substance-use"})
)


def consent(agreed=AGREED, identity="c1", **more):
    made = d.consent_for(
        "maria",
        agreed,
        on=TODAY,
        organization={"type": "Organization", "display": "Harbor"},
        source="DocumentReference/d1",
    )
    return {**made, "id": identity, **more}


def basis(*consents, rules=BOOK, at=TODAY, **more):
    asked = {"recipient": "Organization/pantry", "purpose": "service"} | more
    kind = asked.pop("recipient_kind", "community")
    return d.basis_for(consents, recipient_kind=kind, at=at, rules=rules, **asked)


def test_a_community_organization_needs_a_consent_and_the_refusal_says_what_to_do():
    found = basis()
    assert (found.kind, found.stands) == ("none", False)
    assert "Ask the person" in found.to_do
    assert basis(consent()).consent == "Consent/c1"
    assert basis(consent()).expires == "2027-01-31"


def test_health_care_needs_none_for_treatment_unless_the_organization_says_so():
    found = basis(
        recipient="PractitionerRole/heart", purpose="treatment", recipient_kind="health-care"
    )
    assert (found.kind, found.kinds, found.part2) == ("treatment", frozenset(), False)
    basis_rule = BOOK.rule("disclosing.basis", TODAY)
    strict = replace(basis_rule, values={**basis_rule.values, "ask_for_treatment": True})
    assert not basis(
        recipient="PractitionerRole/heart",
        purpose="treatment",
        recipient_kind="health-care",
        rules=Rulebook([*RULES, strict]),
    ).stands
    assert not basis(recipient="", purpose="treatment", recipient_kind="health-care").stands
    assert not basis(purpose="service", recipient_kind="health-care").stands


def test_every_consent_that_does_not_count_says_why():
    taken = d.revoked(consent(), TODAY)
    for one, why in (
        (consent(replace(AGREED, recipient="Organization/other")), "another recipient"),
        (consent(replace(AGREED, purpose="coordination")), "another purpose"),
        (consent(replace(AGREED, ends_on="2026-11-21")), "ended on 2026-11-21"),
        (consent(replace(AGREED, given_on="2026-12-01")), "begins on 2026-12-01"),
        (consent(replace(AGREED, about=("ServiceRequest/9",))), "another request"),
        (taken, "taken back on 2026-11-22"),
        (consent(status="inactive"), "not in force"),
        (consent(sourceReference=None), "Nothing proves it"),
        (consent(replace(AGREED, ends_on="")), "until when"),
    ):
        found = basis(one)
        assert not found.stands
        assert why in found.passed_over[0][1]
    denied = consent()
    denied["provision"]["provision"] = [{"type": "deny"}]
    assert not basis(denied).stands


def test_its_last_day_counts_and_the_request_it_is_for():
    assert basis(consent(), at=date(2027, 1, 31)).stands
    assert not basis(consent(), at=date(2027, 2, 1)).stands
    one = consent(replace(AGREED, about=("ServiceRequest/9",)))
    assert basis(one, about="ServiceRequest/9").stands
    assert basis(consent(), recipient=["HealthcareService/h", "Organization/pantry"]).stands


def test_what_family_may_know_is_no_consent_for_a_disclosure_and_one_from_elsewhere_is_read_first():
    family = consent()
    family["provision"]["class"] = [{"system": "urn:handrail:permitted-part", "code": "plan"}]
    nobody = consent()
    del nobody["provision"]
    assert d.disclosable(family) is None
    assert d.disclosable(nobody) is None
    assert not basis(family, nobody).stands


def test_part_2_needs_every_element_on_a_signed_paper():
    assert basis(consent(SIGNED)).part2
    assert not basis(consent(replace(SIGNED, how="said"))).part2
    for one in ELEMENTS:
        assert not basis(consent(replace(SIGNED, elements=ELEMENTS - {one}))).part2
    assert basis(consent(replace(SIGNED, elements=frozenset()))).stands
    assert d.missing_elements(ELEMENTS, "health-care", BOOK) == ("redisclosure",)
    treated = {"purpose": "treatment", "recipient_kind": "health-care"}
    wide = replace(SIGNED, purpose="treatment", elements=ELEMENTS | {"redisclosure"})
    assert basis(consent(wide), **treated).part2
    assert basis(consent(wide), **treated).kind == "treatment"


def test_a_class_of_recipients_may_be_named():
    many = replace(AGREED, recipient="", recipient_class="community-services")
    assert basis(consent(many)).stands
    assert not basis(consent(many), recipient="").stands
    assert not basis(consent(many), recipient_kind="health-care").stands


def coded(system, code, kind="Condition", **more):
    return {
        "resourceType": kind,
        "id": "x",
        "code": {"coding": [{"system": system, "code": code}]},
    } | more


@pytest.mark.parametrize(
    ("resource", "kinds"),
    [
        (coded(ICD, "F10.20"), {"substance-use"}),
        (coded(ICD, "F1120"), {"substance-use"}),
        (coded(ICD, "F32.9"), {"mental-health"}),
        (coded(ICD, "B20"), {"hiv"}),
        (coded(ICD, "O09.90"), {"sexual-health"}),
        (coded(ICD, "T74.11XA"), {"violence"}),
        (coded(ICD, "I50.9"), set()),
        (coded(ICD, "F03.90"), set()),
        (coded(LOINC, "75626-2", "Observation"), {"substance-use"}),
        (coded(LOINC, "44261-6", "Observation"), {"mental-health"}),
        (coded(LOINC, "76501-6", "Observation"), {"violence"}),
        (coded("http://www.nlm.nih.gov/research/umls/rxnorm", "6813"), {"substance-use"}),
        (
            {"resourceType": "Condition", "code": {"text": "Abuso de ALCOHOL"}},
            {"substance-use", "violence"},
        ),
        (
            {"resourceType": "MedicationStatement", "note": [{"text": "takes Suboxone"}]},
            {"substance-use"},
        ),
        ({"resourceType": "Condition", "code": {"text": "Nonalcoholic fatty liver"}}, set()),
        (
            {
                "resourceType": "QuestionnaireResponse",
                "questionnaire": "urn:handrail:questionnaire:audit-c|1",
            },
            {"substance-use"},
        ),
        (
            {
                "resourceType": "QuestionnaireResponse",
                "item": [{"item": [{"linkId": "/a/44250-9"}]}],
            },
            {"mental-health"},
        ),
        (
            {
                "resourceType": "Condition",
                "meta": {
                    "security": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                            "code": "HIV",
                        },
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                            "code": "R",
                        },
                    ]
                },
            },
            {"hiv"},
        ),
        (
            {
                "resourceType": "Observation",
                "meta": {
                    "security": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                            "code": "V",
                        }
                    ]
                },
            },
            {"restricted"},
        ),
        (
            {
                "resourceType": "Observation",
                "meta": {
                    "security": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                            "code": "NEWLABEL",
                        }
                    ]
                },
            },
            {"restricted"},
        ),
        (
            {
                "resourceType": "Observation",
                "meta": {
                    "security": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                            "code": "N",
                        }
                    ]
                },
            },
            set(),
        ),
    ],
)
def test_sensitive_by_label_code_form_and_word(resource, kinds):
    assert d.sensitive(resource, BOOK) == kinds


def test_what_a_part_2_program_made_is_of_that_kind_and_a_request_to_it_tells_of_substance_use():
    own = Rule(
        id="disclosing.programs",
        title="t",
        source="s",
        values={"references": ["Organization/harbor-sud"]},
    )
    rules = Rulebook([*RULES, own])
    made = coded(
        ICD, "I10", asserter={"reference": "https://x.example/fhir/Organization/harbor-sud"}
    )
    asked = {
        "resourceType": "ServiceRequest",
        "note": [{"x": {"reference": "Organization/harbor-sud"}}],
    }
    assert d.sensitive(made, rules) == {"part-2"}
    assert d.sensitive(asked, rules) == {"substance-use"}


def test_what_is_only_text_or_a_local_code_is_unread():
    assert d.unread({"resourceType": "Condition", "code": {"text": "Some trouble"}}, BOOK)
    assert d.unread(coded("urn:oid:1.2.3", "77"), BOOK)
    assert d.unread({"resourceType": "DocumentReference"}, BOOK)
    assert not d.unread(coded(ICD, "I10"), BOOK)


def test_the_minimum_names_nobody():
    person = {
        "resourceType": "Patient",
        "id": "maria",
        "name": [{"family": "Santos"}],
        "birthDate": "1948-02-29",
        "address": [{"postalCode": "02139-4307", "city": "Cambridge"}],
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}},
            {
                "preferred": True,
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]},
            },
        ],
    }
    sdoh = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
    asked = {
        "resourceType": "ServiceRequest",
        "category": [{"coding": [{"system": sdoh, "code": "food-insecurity"}]}],
        "code": {"text": "Food for Maria Santos"},
        "occurrencePeriod": {"end": "2026-11-28"},
    }
    covered = {"status": "active", "type": {"coding": [{"code": "x"}], "text": "Medicaid plan"}}
    found = d.minimum(person, asked, at=TODAY, rules=BOOK, coverages=[covered])
    assert dict(found.pairs()) == {
        "age": "70 to 79",
        "need": "food insecurity",
        "payer": "Medicaid",
        "language": "es",
        "needed": "within a week",
        "area": "021",
    }
    shown = str(found)
    assert not any(secret in shown for secret in ("Maria", "Santos", "1948", "02139", "2026"))


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("1936-11-22", "90 or older"),
        ("1936-11-23", "80 to 89"),
        ("1900", "90 or older"),
        ("2008-11-23", "under 18"),
        ("2008-11-22", "18 to 19"),
        ("1980-06", "40 to 49"),
        ("", "unknown"),
        ("2030-01-01", "unknown"),
        ("9999-99-99", "unknown"),
        ("\x00", "unknown"),
    ],
)
def test_age_bands(born, band):
    found = d.minimum({"birthDate": born}, {}, at=TODAY, rules=BOOK)
    assert found.age == band


def test_three_digits_where_few_people_live_are_not_told():
    for zip_code, area in (("03601", ""), ("02139", "021"), ("2139", ""), ("K1A 0B1", "")):
        found = d.minimum({"address": [{"postalCode": zip_code}]}, {}, at=TODAY, rules=BOOK)
        assert found.area == area


def test_a_dispatch_tells_what_it_disclosed_and_a_note_here_what_stayed():
    sent = d.Packet((), (d.LeftOut("hiv", 2, "Not agreed."),), ("n",))
    bare = {
        "resourceType": "Communication",
        "id": "m1",
        "status": "completed",
        "category": [{"coding": [{"system": "urn:handrail:dispatch", "code": "packet"}]}],
        "subject": {"reference": "Patient/maria"},
        "recipient": [{"reference": "Organization/pantry", "display": "Pantry"}],
        "sent": "2026-11-22T09:00:00-05:00",
    }
    one = d.told(
        bare,
        basis=basis(consent()),
        purpose="service",
        address="a@b.example",
        what="Request",
        sent=sent,
    )
    [seen] = d.disclosures([one, {**bare, "status": "not-done"}, {"resourceType": "Communication"}])
    assert (seen.basis, seen.consent, seen.address) == ("consent", "Consent/c1", "a@b.example")
    assert "hiv" not in str(one)
    note = d.left_behind(one, sent)
    assert d.behind(note) == ("m1", sent.left_out)
    excluded = ("treatment", "consent")
    assert not d.owed(seen, "2020-11-22", "2023-11-22", excluded)
    assert d.owed(replace(seen, basis=""), "2020-11-22", "2023-11-22", excluded)
    assert d.owed(replace(seen, part2=True), "2020-11-22", "2023-11-22", excluded)
    nameless = d.told(
        bare, basis=None, purpose="service", address="", what="Request without a name"
    )
    assert not next(d.disclosures([nameless])).named
