"""What US Core and SDOH Clinical Care ask beyond R4 is asked, and what they allow is allowed."""

from __future__ import annotations

from copy import deepcopy

import pytest

from handrail.fhir import profiles
from handrail.fhir.profiles import invariants

CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "extension": [
        {
            "url": f"{CORE}us-core-race",
            "extension": [
                {
                    "url": "ombCategory",
                    "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2028-9"},
                },
                {"url": "text", "valueString": "Asian"},
            ],
        }
    ],
    "identifier": [{"system": "urn:example:mrn", "value": "1"}],
    "name": [{"family": "Moreno", "given": ["Ada"]}],
    "gender": "female",
}
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PRESSURE = {
    "resourceType": "Observation",
    "id": "bp",
    "status": "final",
    "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-03-01",
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": {"value": 120, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        },
        {
            "code": {"coding": [{"system": LOINC, "code": "8462-4"}]},
            "valueQuantity": {"value": 80, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        },
    ],
}
TASK = {
    "resourceType": "Task",
    "id": "t1",
    "status": "requested",
    "intent": "order",
    "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
    "focus": {"reference": "ServiceRequest/s1"},
    "for": {"reference": "Patient/p1"},
    "authoredOn": "2026-03-01T10:00:00Z",
    "requester": {"reference": "PractitionerRole/r1"},
}
GOOD = {
    f"{CORE}us-core-patient": PATIENT,
    f"{CORE}us-core-blood-pressure": PRESSURE,
    f"{SDOH}SDOHCC-TaskForReferralManagement": TASK,
}


def wrong(resource, profile):
    found = profiles.faults(resource, profile)
    return [fault for fault in found if fault.severity in {"error", "warning"}]


@pytest.mark.parametrize("profile", GOOD)
@pytest.mark.parametrize("version", ["", "|7.0.0", "|6.1.0"])
def test_what_follows_a_profile_has_no_faults(profile, version):
    if SDOH in profile and version:
        version = "|3.0.0"
    assert wrong(GOOD[profile], profile + version) == []


def changed(resource, *path_and_value):
    """Return a copy with one member set, or removed when the value is ``...``."""
    *path, name, value = path_and_value
    copy = deepcopy(resource)
    place = copy
    for step in path:
        place = place[step]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return copy


KG = {"value": 120, "unit": "kg", "system": UCUM, "code": "kg"}


@pytest.mark.parametrize(
    ("resource", "change", "path", "text"),
    [
        (PATIENT, ("identifier", ...), "Patient.identifier", "missing"),
        (PATIENT, ("gender", ...), "Patient.gender", "missing"),
        (PATIENT, ("identifier", 0, "value", ...), "Patient.identifier[0].value", "missing"),
        (PATIENT, ("name", 0, {"text": "Ada"}), "Patient.name[0]", "us-core-6"),
        (PATIENT, ("extension", 0, "extension", 1, ...), "Patient.extension[0].extension", "text"),
        (
            PATIENT,
            ("extension", 0, "extension", 1, {"url": "text", "valueCode": "x"}),
            "Patient.extension[0].extension[1].valueCode",
            "string",
        ),
        (
            PATIENT,
            ("extension", [PATIENT["extension"][0]] * 2),
            "Patient.extension",
            "1 times at most",
        ),
        (PRESSURE, ("category", 0, "coding", 0, "code", "exam"), "Observation.category", "VSCat"),
        (PRESSURE, ("code", "coding", 0, "code", "1-8"), "Observation.code", "85354-9"),
        (PRESSURE, ("subject", "reference", "Group/1"), "Observation.subject.reference", "Patient"),
        (PRESSURE, ("effectiveDateTime", ...), "Observation.effective[x]", "missing"),
        (PRESSURE, ("effectiveDateTime", "2026"), "Observation.effectiveDateTime", "vs-1"),
        (PRESSURE, ("component", 1, ...), "Observation.component", "diastolic"),
        (
            PRESSURE,
            ("component", 0, "valueQuantity", KG),
            "Observation.component[0].valueQuantity.code",
            "mm[Hg]",
        ),
        (
            PRESSURE,
            ("component", 0, "valueQuantity", ...),
            "Observation.component[0]",
            "vs-3",
        ),
        (TASK, ("focus", ...), "Task.focus", "missing"),
        (TASK, ("intent", "plan"), "Task.intent", "order"),
        (TASK, ("status", "received"), "Task.status", "ReferralTaskStatus"),
        (TASK, ("focus", "reference", "Patient/p1"), "Task.focus.reference", "ServiceRequest"),
        (TASK, ("code", "coding", 0, "code", "approve"), "Task.code", "fulfill"),
    ],
)
def test_what_does_not_follow_is_named_with_its_place(resource, change, path, text):
    profile = next(url for url, one in GOOD.items() if one is resource)
    found = wrong(changed(resource, *change), profile)
    assert any(fault.path == path and text in fault.text for fault in found), found


def test_a_national_provider_number_is_checked_digit_by_digit():
    doctor = {
        "resourceType": "Practitioner",
        "name": [{"family": "Okafor"}],
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
    }
    profile = f"{CORE}us-core-practitioner"
    assert wrong(doctor, profile) == []
    for number in ("1234567890", "12345"):
        broken = changed(doctor, "identifier", 0, "value", number)
        assert {fault.path for fault in wrong(broken, profile)} == {"Practitioner.identifier[0]"}


def test_a_binding_to_codes_that_are_not_kept_is_told_as_not_checked():
    found = profiles.faults(PATIENT, f"{CORE}us-core-patient")
    assert [fault.severity for fault in found] == ["information"]
    assert "Not checked" in found[0].text


def test_a_version_may_ask_more_than_another():
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "A home by autumn"},
        "subject": {"reference": "Group/family"},
    }
    paths = {fault.path for fault in wrong(goal, f"{CORE}us-core-goal|6.1.0")}
    assert paths == {"Goal.subject.reference"}
    assert wrong(goal, f"{CORE}us-core-goal|7.0.0") == []
    assert profiles.profile_of(f"{CORE}us-core-goal|5.0.0") is None


def test_profiles_are_those_the_resource_names_unless_one_is_given():
    both = {**PATIENT, "meta": {"profile": [f"{CORE}us-core-patient", "urn:example:unknown"]}}
    found = profiles.faults(changed(both, "gender", ...))
    assert [fault.path for fault in found if fault.severity == "error"] == ["Patient.gender"]
    assert any("urn:example:unknown" in fault.text for fault in found)
    assert profiles.faults(changed(PATIENT, "gender", ...)) == []


def test_a_profile_of_another_type_does_not_fit():
    found = profiles.faults(PATIENT, f"{CORE}us-core-goal")
    assert [fault.path for fault in found] == ["Patient"]
    assert "for Goal" in found[0].text


def test_entries_of_a_bundle_are_checked_where_they_are():
    patient = {**changed(PATIENT, "gender", ...), "meta": {"profile": [f"{CORE}us-core-patient"]}}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    paths = {fault.path for fault in profiles.faults(bundle) if fault.severity == "error"}
    assert paths == {"Bundle.entry[0].resource.gender"}


def test_a_contained_target_is_looked_at():
    inside = {**TASK, "contained": [{"resourceType": "Patient", "id": "x"}]}
    broken = changed(inside, "focus", "reference", "#x")
    found = wrong(broken, f"{SDOH}SDOHCC-TaskForReferralManagement")
    assert [fault.path for fault in found] == ["Task.focus.reference"]


def test_of_many_names_the_wrong_one_is_told():
    names = [{"family": "Moreno"}] * 3
    names[1] = {"text": "Ada"}
    found = wrong({**PATIENT, "name": names}, f"{CORE}us-core-patient")
    assert [fault.path for fault in found] == ["Patient.name[1]"]


def test_ten_thousand_names_are_no_work():
    many = {**PATIENT, "name": [{"family": f"Moreno {n}"} for n in range(10_000)]}
    asked: list[str] = []
    holds = invariants.holds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(invariants, "holds", lambda *of: asked.append(of[1]) or holds(*of))
        assert wrong(many, f"{CORE}us-core-patient") == []
    assert len(asked) < 10


def test_a_resource_that_claims_very_much_is_judged_by_some_of_it():
    claims = [f"{CORE}us-core-patient", *(f"urn:example:{n}" for n in range(1000))]
    found = profiles.faults({**PATIENT, "meta": {"profile": claims}})
    assert len(found) < 30
    assert "first 20" in found[-1].text
