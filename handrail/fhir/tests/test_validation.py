"""Each kind of fault is found, by both layers, with the path and words that help."""

import json

import pytest

from handrail.fhir.errors import Fault, InvalidResourceError, NotFoundError
from handrail.fhir.outcome import MOST, operation_outcome
from handrail.fhir.validation import faults, validate
from handrail.fhir.validation.fast import certain

OBSERVATION = {
    "resourceType": "Observation",
    "id": "bp-1",
    "meta": {"versionId": "1", "lastUpdated": "2026-11-20T10:00:00Z"},
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "subject": {"reference": "Patient/rosa"},
    "effectiveDateTime": "2026-11-19T09:30:00-05:00",
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "valueQuantity": {
                "value": 128.0,
                "unit": "mmHg",
                "system": "http://unitsofmeasure.org",
                "code": "mm[Hg]",
            },
        }
    ],
}
PATIENT = {
    "resourceType": "Patient",
    "id": "rosa",
    "name": [{"given": ["Rosa"], "family": "Invented", "period": {"start": "2001-02-03"}}],
    "gender": "female",
    "birthDate": "1951-02-28",
    "contact": [{"name": {"text": "Her son"}}],
    "extension": [{"url": "http://example.org/a", "valueString": "b"}],
}
CONDITION = {
    "resourceType": "Condition",
    "clinicalStatus": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                "code": "active",
            }
        ]
    },
    "subject": {"reference": "Patient/rosa"},
}
REQUEST = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "#m"},
    "subject": {"reference": "Patient/rosa"},
    "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "A tablet"}}],
}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "resource": PATIENT}],
}
GONE = object()


def text(resource):
    return json.dumps(resource).encode()


def changed(resource, path, value):
    """Return a copy of ``resource`` with the member at ``path`` replaced, added or gone."""
    copy = json.loads(json.dumps(resource))
    where = copy
    *way, last = path
    for step in way:
        where = where[step]
    if value is GONE:
        del where[last]
    elif isinstance(where, list) and last == len(where):
        where.append(value)
    else:
        where[last] = value
    return copy


VALID = [OBSERVATION, PATIENT, CONDITION, REQUEST, BUNDLE]
HARMLESS = [
    (PATIENT, ("name", 0, "given"), ["Rosa", "María"]),
    (PATIENT, ("_birthDate",), {"extension": [{"url": "http://e.org/t", "valueTime": "08:30:00"}]}),
    (PATIENT, ("birthDate",), "2024-02-29"),
    (PATIENT, ("birthDate",), "1951"),
    (PATIENT, ("birthDate",), "1951-02"),
    (PATIENT, ("generalPractitioner",), [{"reference": "https://ehr.test/fhir/Practitioner/7"}]),
    (PATIENT, ("generalPractitioner",), [{"display": "Dr. Invented"}]),
    (PATIENT, ("deceasedBoolean",), False),
    (PATIENT, ("name", 0, "text"), 'A quote " a slash / a tab \t é 中 😀'),
    (OBSERVATION, ("status",), "entered-in-error"),
    (OBSERVATION, ("valueString",), "beside components with other codes"),
    (OBSERVATION, ("focus",), [{"reference": "Task/9/_history/2"}]),
    (BUNDLE, ("entry", 0, "link"), [{"relation": "self", "url": "http://example.org"}]),
]
KINDS = {
    "required element dropped": (OBSERVATION, ("code",), GONE, "Observation.code"),
    "required status dropped": (OBSERVATION, ("status",), GONE, "Observation.status"),
    "unknown at the top": (PATIENT, ("birthdate",), "1951-02-28", "Patient.birthdate"),
    "unknown below": (
        OBSERVATION,
        ("component", 0, "valueQuantity", "units"),
        "x",
        "Observation.component[0].valueQuantity.units",
    ),
    "unknown type": (PATIENT, ("resourceType",), "Patiant", "resourceType"),
    "scalar for a list": (PATIENT, ("name",), {"text": "Rosa"}, "Patient.name"),
    "list for a scalar": (PATIENT, ("gender",), ["female"], "Patient.gender"),
    "list in a list": (PATIENT, ("name", 0, "given", 0), ["Rosa"], "Patient.name[0].given[0]"),
    "text for an object": (PATIENT, ("contact", 0), "son", "Patient.contact[0]"),
    "number for text": (PATIENT, ("name", 0, "family"), 7, "Patient.name[0].family"),
    "code outside its binding": (OBSERVATION, ("status",), "done", "Observation.status"),
    "gender outside its binding": (PATIENT, ("gender",), "woman", "Patient.gender"),
    "concept outside its binding": (
        CONDITION,
        ("clinicalStatus", "coding", 0, "code"),
        "ok",
        "Condition.clinicalStatus",
    ),
    "text for a decimal": (
        OBSERVATION,
        ("component", 0, "valueQuantity", "value"),
        "128",
        "Observation.component[0].valueQuantity.value",
    ),
    "text for a boolean": (PATIENT, ("deceasedBoolean",), "no", "Patient.deceasedBoolean"),
    "null": (PATIENT, ("gender",), None, "Patient.gender"),
    "null in a list": (PATIENT, ("name", 0, "given", 1), None, "Patient.name[0].given[1]"),
    "malformed date": (PATIENT, ("birthDate",), "28.02.1951", "Patient.birthDate"),
    "month 13": (PATIENT, ("birthDate",), "1951-13-01", "Patient.birthDate"),
    "30 February": (PATIENT, ("birthDate",), "1951-02-30", "Patient.birthDate"),
    "29 February, no leap year": (PATIENT, ("birthDate",), "1900-02-29", "Patient.birthDate"),
    "31 April": (PATIENT, ("birthDate",), "1951-04-31", "Patient.birthDate"),
    "time without zone": (
        OBSERVATION,
        ("effectiveDateTime",),
        "2026-11-19T09:30:00",
        "Observation.effectiveDateTime",
    ),
    "instant without time": (
        OBSERVATION,
        ("meta", "lastUpdated"),
        "2026-11-20",
        "Observation.meta.lastUpdated",
    ),
    "two values": (
        OBSERVATION,
        ("component", 0, "valueString"),
        "high",
        "Observation.component[0].value[x]",
    ),
    "required choice missing": (
        REQUEST,
        ("medicationReference",),
        GONE,
        "MedicationRequest.medication[x]",
    ),
    "empty list": (PATIENT, ("name",), [], "Patient.name"),
    "empty object": (PATIENT, ("contact", 0), {}, "Patient.contact[0]"),
    "empty text": (PATIENT, ("name", 0, "family"), "", "Patient.name[0].family"),
    "blank text": (PATIENT, ("name", 0, "family"), " \t\n ", "Patient.name[0].family"),
    "control character": (PATIENT, ("name", 0, "family"), "a\u0000b", "Patient.name[0].family"),
    "per-1": (PATIENT, ("name", 0, "period", "end"), "2000-01-01", "Patient.name[0].period"),
    "obs-6": (
        {**OBSERVATION, "valueString": "high"},
        ("dataAbsentReason",),
        {"text": "not asked"},
        "Observation.dataAbsentReason",
    ),
    "obs-7": (
        {**OBSERVATION, "valueString": "high"},
        ("component", 0, "code"),
        OBSERVATION["code"],
        "Observation.component[0].code",
    ),
    "ext-1, neither": (PATIENT, ("extension", 0, "valueString"), GONE, "Patient.extension[0]"),
    "ext-1, both": (
        PATIENT,
        ("extension", 0, "extension"),
        [{"url": "c", "valueCode": "d"}],
        "Patient.extension[0]",
    ),
    "qty-3": (
        OBSERVATION,
        ("component", 0, "valueQuantity", "system"),
        GONE,
        "Observation.component[0].valueQuantity.system",
    ),
    "con-4": (CONDITION, ("abatementDateTime",), "2020", "Condition.clinicalStatus"),
    "pat-1": (PATIENT, ("contact", 0), {"gender": "male"}, "Patient.contact[0]"),
    "wrong reference target": (
        OBSERVATION,
        ("subject", "reference"),
        "Practitioner/1",
        "Observation.subject.reference",
    ),
    "wrong target in an address": (
        OBSERVATION,
        ("subject", "reference"),
        "https://ehr.test/Practitioner/1",
        "Observation.subject.reference",
    ),
    "unknown reference target": (
        OBSERVATION,
        ("focus",),
        [{"reference": "Patiant/1"}],
        "Observation.focus[0].reference",
    ),
    "no reference": (
        OBSERVATION,
        ("subject", "reference"),
        "rosa",
        "Observation.subject.reference",
    ),
    "bad uuid": (
        OBSERVATION,
        ("subject", "reference"),
        "urn:uuid:1234",
        "Observation.subject.reference",
    ),
    "query as a reference": (
        OBSERVATION,
        ("subject", "reference"),
        "Patient?identifier=1",
        "Observation.subject.reference",
    ),
    "id with a space": (PATIENT, ("id",), "ro sa", "Patient.id"),
    "id too long": (PATIENT, ("id",), "a" * 65, "Patient.id"),
    "uri with a space": (
        PATIENT,
        ("extension", 0, "url"),
        "http://a b",
        "Patient.extension[0].url",
    ),
    "code with two spaces": (PATIENT, ("language",), "en  US", "Patient.language"),
    "negative positiveInt": (PATIENT, ("telecom",), [{"rank": -1}], "Patient.telecom[0].rank"),
    "zero positiveInt": (PATIENT, ("telecom",), [{"rank": 0}], "Patient.telecom[0].rank"),
    "integer with a fraction": (PATIENT, ("multipleBirthInteger",), 1.0, None),
    "integer too large": (PATIENT, ("multipleBirthInteger",), 2**31, None),
    "unknown contained type": (
        REQUEST,
        ("contained", 0, "resourceType"),
        "Pill",
        "MedicationRequest.contained[0].resourceType",
    ),
    "fault in a contained resource": (
        REQUEST,
        ("contained", 0, "status"),
        "gone",
        "MedicationRequest.contained[0].status",
    ),
    "fragment to nowhere": (
        REQUEST,
        ("medicationReference", "reference"),
        "#x",
        "MedicationRequest.medicationReference.reference",
    ),
    "fragment to a wrong type": (
        REQUEST,
        ("subject", "reference"),
        "#m",
        "MedicationRequest.subject.reference",
    ),
    "dom-2": (REQUEST, ("contained", 0, "contained"), [PATIENT], None),
    "dom-3": (
        REQUEST,
        ("contained", 1),
        {"resourceType": "Basic", "id": "b", "code": {"text": "x"}},
        "MedicationRequest.contained[1]",
    ),
    "dom-4": (
        REQUEST,
        ("contained", 0, "meta"),
        {"versionId": "1"},
        "MedicationRequest.contained[0].meta.versionId",
    ),
    "dom-5": (
        REQUEST,
        ("contained", 0, "meta"),
        {"security": [{"code": "R"}]},
        "MedicationRequest.contained[0].meta.security",
    ),
    "the same contained id": (
        REQUEST,
        ("contained", 1),
        {"resourceType": "Medication", "id": "m"},
        "MedicationRequest.contained[1].id",
    ),
    "fault in an entry": (
        BUNDLE,
        ("entry", 0, "resource", "gender"),
        "woman",
        "Bundle.entry[0].resource.gender",
    ),
    "bdl-1": (BUNDLE, ("total",), 1, "Bundle.total"),
    "bdl-3": (BUNDLE, ("type",), "transaction", "Bundle.entry[0].request"),
    "bdl-7": (BUNDLE, ("entry", 1), BUNDLE["entry"][0], "Bundle.entry[1].fullUrl"),
    "bdl-8": (
        BUNDLE,
        ("entry", 0, "fullUrl"),
        "http://a.test/Patient/1/_history/2",
        "Bundle.entry[0].fullUrl",
    ),
    "bdl-5": (BUNDLE, ("entry", 0), {"fullUrl": "http://a.test/Patient/1"}, "Bundle.entry[0]"),
    "not an object in an entry": (BUNDLE, ("entry", 0, "resource"), 5, "Bundle.entry[0].resource"),
}


@pytest.mark.parametrize("resource", VALID, ids=lambda each: each["resourceType"])
def test_valid_resources_pass_quickly(resource):
    validate(text(resource), resource["resourceType"])
    validate(json.dumps(resource, indent=3).encode())
    assert certain(text(resource))
    assert faults(text(resource)) == []


@pytest.mark.parametrize(("resource", "path", "value"), HARMLESS)
def test_harmless_changes_pass(resource, path, value):
    made = changed(resource, path, value)
    validate(text(made))
    validate(json.dumps(made, ensure_ascii=False).encode())
    assert faults(text(made)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_fault_is_found_where_it_is(kind):
    resource, path, value, where = KINDS[kind]
    made = text(changed(resource, path, value))
    assert not certain(made)
    with pytest.raises(InvalidResourceError) as caught:
        validate(made)
    found = caught.value.faults
    assert where is None or where in [each.path for each in found]
    assert all(each.text[-1] in ".?" for each in found)


def test_every_fault_of_a_resource_is_named():
    made = changed(OBSERVATION, ("status",), "done")
    made = changed(made, ("effectiveDateTime",), "yesterday")
    made = changed(made, ("component", 0, "valueQuantity", "value"), "high")
    made = changed(made, ("sujbect",), {"reference": "Patient/1"})
    assert [each.path for each in faults(text(made))] == [
        "Observation.status",
        "Observation.effectiveDateTime",
        "Observation.component[0].valueQuantity.value",
        "Observation.sujbect",
    ]
    assert "Did you mean “subject”?" in faults(text(made))[-1].text


def test_a_member_given_twice_is_found_wherever_it_is():
    plain = text(PATIENT).decode()
    for old, new, where in (
        ('"gender"', '"gender": "female", "gender"', "Patient.gender"),
        ('"family"', '"family": "Other", "family"', "Patient.name[0].family"),
        ('"text"', '"\\u0074ext": "Her daughter", "text"', "Patient.contact[0].name.text"),
        ('"url"', '"url" : "http://example.org/a", "url"', "Patient.extension[0].url"),
    ):
        made = plain.replace(old, new, 1).encode()
        assert not certain(made)
        assert [each.path for each in faults(made)] == [where]


def test_escapes_that_html_safe_writers_use_stay_fast():
    assert certain(
        b'{"resourceType":"Patient","name":[{"text":"A \\u003cb\\u003e \\u0026 \\u00e9"}]}'
    )
    assert not certain(b'{"resourceType":"Patient","name":[{"text":"\\u0020"}]}')


def test_names_may_be_null_where_an_extension_stands_in():
    reason = {"extension": [{"url": "http://example.org/why", "valueCode": "unknown"}]}
    name = {"given": [None, "María"], "_given": [reason, None], "family": "Invented"}
    made = changed(PATIENT, ("name",), [name])
    validate(text(made))
    assert faults(text(changed(made, ("name", 0, "_given", 0), None)))[0].path in {
        "Patient.name[0].given[0]",
        "Patient.name[0]._given[0]",
    }


def test_a_required_element_may_be_absent_with_a_reason():
    reason = {"extension": [{"url": "http://example.org/why", "valueCode": "unknown"}]}
    made = changed(changed(OBSERVATION, ("status",), GONE), ("_status",), reason)
    validate(text(made))


def test_references_by_query_are_allowed_for_loads():
    made = text(changed(OBSERVATION, ("subject", "reference"), "Patient?identifier=1"))
    validate(made, conditional=True)
    assert certain(made, conditional=True)
    wrong = text(changed(OBSERVATION, ("subject", "reference"), "Practitioner?identifier=1"))
    assert not certain(wrong, conditional=True)
    assert faults(wrong, conditional=True)


def test_the_wanted_type_must_be_the_type():
    with pytest.raises(InvalidResourceError, match="a Practitioner is expected"):
        validate(text(PATIENT), "Practitioner")


def test_bundles_in_bundles_and_parameters_are_walked():
    inner = changed(BUNDLE, ("entry", 0, "resource", "gender"), "woman")
    outer = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]}
    assert faults(text(outer))[0].path == "Bundle.entry[0].resource.entry[0].resource.gender"
    part = {"name": "a", "part": [{"name": "b", "resource": changed(PATIENT, ("gender",), "x")}]}
    made = {"resourceType": "Parameters", "parameter": [part]}
    assert faults(text(made))[0].path == "Parameters.parameter[0].part[0].resource.gender"
    assert not certain(text(made))
    part["part"][0]["resource"] = PATIENT
    assert certain(text(made))


def test_the_outcome_names_path_and_text():
    with pytest.raises(InvalidResourceError) as caught:
        validate(text(changed(PATIENT, ("gender",), "woman")))
    outcome = operation_outcome(caught.value)
    validate(text(outcome))
    assert outcome["issue"][0]["expression"] == ["Patient.gender"]
    assert outcome["issue"][0]["severity"] == "error"
    assert "female" in outcome["issue"][0]["diagnostics"]
    assert operation_outcome(NotFoundError("No such patient."))["issue"][0] == {
        "severity": "error",
        "code": "not-found",
        "diagnostics": "No such patient.",
    }
    many = operation_outcome([Fault("Patient.\ud800", "\x00 not good", "type")] * 500)
    validate(text(many))
    assert len(many["issue"]) == MOST + 1
    assert many["issue"][-1]["diagnostics"] == "400 more faults are not listed."
