"""Requests that are right, to be spoilt."""

from __future__ import annotations

import base64
import json
from typing import Any

PATCH = [
    {"op": "test", "path": "/name/0/family", "value": "Moreno"},
    {"op": "add", "path": "/name/0/given/-", "value": "Ida"},
    {"op": "copy", "from": "/name/0", "path": "/name/-"},
    {"op": "move", "from": "/name/1", "path": "/name/0"},
    {"op": "replace", "path": "/birthDate", "value": "1950-01-01"},
    {"op": "remove", "path": "/name/0"},
]


def _operation(**parts: Any) -> dict[str, Any]:
    said = [{"name": name, **value} for name, value in parts.items()]
    return {"name": "operation", "part": said}


FHIRPATH_PATCH: dict[str, Any] = {
    "resourceType": "Parameters",
    "parameter": [
        _operation(
            type={"valueCode": "add"},
            path={"valueString": "Patient"},
            name={"valueString": "maritalStatus"},
            value={"valueCodeableConcept": {"text": "widowed"}},
        ),
        _operation(
            type={"valueCode": "insert"},
            path={"valueString": "Patient.name.where(use='official').given"},
            index={"valueInteger": 0},
            value={"valueString": "Ida"},
        ),
        _operation(
            type={"valueCode": "replace"},
            path={"valueString": "Patient.name[0].extension('urn:x').value"},
            value={"valueString": "Ida"},
        ),
        _operation(
            type={"valueCode": "move"},
            path={"valueString": "Patient.name"},
            source={"valueInteger": 1},
            destination={"valueInteger": 0},
        ),
        _operation(type={"valueCode": "delete"}, path={"valueString": "Patient.birthDate"}),
        _operation(
            type={"valueCode": "add"},
            path={"valueString": "Patient"},
            name={"valueString": "contact"},
            value={"part": [{"name": "name", "valueHumanName": {"text": "a neighbour"}}]},
        ),
    ],
}

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">A</div>'},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "O"}],
    "extension": [{"url": "urn:x", "valueQuantity": {"value": 1.50, "unit": "mg"}}],
    "identifier": [{"system": "urn:example:mrn", "value": "A-1", "period": {"start": "2020"}}],
    "name": [
        {
            "use": "official",
            "family": "Moreno",
            "given": ["Ada", None],
            "_given": [None, {"id": "g"}],
            "extension": [{"url": "urn:x", "valueString": "y"}],
        },
        {"text": "Ada"},
    ],
    "gender": "female",
    "birthDate": "1950-04-01",
    "_birthDate": {"extension": [{"url": "urn:t", "valueDateTime": "1950-04-01T10:00:00Z"}]},
    "managingOrganization": {"reference": "#o"},
    "multipleBirthInteger": 2,
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"system": "urn:c", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-11-01T10:00:00+01:00",
    "valueQuantity": {"value": 1.80, "system": "http://unitsofmeasure.org", "code": "m"},
    "component": [
        {
            "code": {"text": "x"},
            "valueRatio": {"numerator": {"value": 1e-7}, "denominator": {"value": 2}},
        }
    ],
}
TASK: dict[str, Any] = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "code": {"coding": [{"system": "urn:handrail:task", "code": "x"}]},
    "for": {"reference": "Patient/p1"},
    "owner": {"reference": "CareTeam/intake"},
    "restriction": {"period": {"end": "2026-12-01"}},
    "input": [{"type": {"text": "x"}, "valueDate": "2026-12-01"}],
}
SUBSCRIPTION: dict[str, Any] = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "r",
    "criteria": "http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic/Task",
    "_criteria": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
                "backport-filter-criteria",
                "valueString": "Task?status=requested",
            }
        ]
    },
    "end": "2030-01-01T00:00:00Z",
    "channel": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
                "backport-heartbeat-period",
                "valueUnsignedInt": 60,
            }
        ],
        "type": "rest-hook",
        "endpoint": "https://hook.example.org/x",
        "payload": "application/fhir+json",
        "_payload": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
                    "backport-payload-content",
                    "valueCode": "id-only",
                }
            ]
        },
        "header": ["Authorization: Bearer x"],
    },
}
VALUE_SET: dict[str, Any] = {
    "resourceType": "ValueSet",
    "id": "v1",
    "url": "urn:vs",
    "status": "active",
    "compose": {
        "include": [
            {"system": "urn:cs", "concept": [{"code": "a", "display": "A"}]},
            {"system": "urn:cs", "filter": [{"property": "concept", "op": "is-a", "value": "a"}]},
            {"valueSet": ["urn:vs"]},
        ],
        "exclude": [{"system": "urn:cs", "concept": [{"code": "b"}]}],
    },
}
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "id": "c1",
    "url": "urn:cs",
    "status": "active",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "b", "display": "B"}]}],
}
RESOURCES = (PATIENT, OBSERVATION, TASK, SUBSCRIPTION, VALUE_SET, CODE_SYSTEM)


def _entry(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    return made | ({"resource": resource} if resource is not None else {})


_LINK = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        _entry("POST", "Patient", PATIENT, ifNoneExist="identifier=urn:example:mrn|A-1")
        | {"fullUrl": _LINK},
        _entry("POST", "Observation", OBSERVATION | {"subject": {"reference": _LINK}}),
        _entry("PUT", "Task/t1", TASK | {"id": "t1"}, ifMatch='W/"1"'),
        _entry("PUT", "Patient?identifier=a|b", {"resourceType": "Patient"}),
        _entry("PATCH", "Patient/p1", FHIRPATH_PATCH),
        _entry(
            "PATCH",
            "Patient/p1",
            {
                "resourceType": "Binary",
                "contentType": "application/json-patch+json",
                "data": base64.b64encode(json.dumps(PATCH).encode()).decode(),
            },
        ),
        _entry("DELETE", "Observation?code=x"),
        _entry("DELETE", "Observation/none"),
        _entry("GET", "Patient?name=a&_include=Patient:organization"),
        _entry("GET", "Patient/p1", ifNoneMatch='W/"1"', ifModifiedSince="2026-01-01T00:00:00Z"),
        _entry("POST", "Patient/$match", {"resourceType": "Parameters"}),
    ],
}
PARAMETERS: dict[str, Any] = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "resource", "resource": PATIENT},
        {"name": "onlyCertainMatches", "valueBoolean": True},
        {"name": "count", "valueInteger": 5},
        {"name": "mode", "valueCode": "create"},
        {"name": "profile", "valueUri": "http://hl7.org/fhir/StructureDefinition/Patient"},
        {"name": "url", "valueUri": "urn:vs"},
        {"name": "system", "valueUri": "urn:cs"},
        {"name": "code", "valueCode": "a"},
        {"name": "codeA", "valueCode": "a"},
        {"name": "codeB", "valueCode": "b"},
        {"name": "coding", "valueCoding": {"system": "urn:cs", "code": "a"}},
        {"name": "codingA", "valueCoding": {"system": "urn:cs", "code": "a"}},
        {"name": "codeableConcept", "valueCodeableConcept": {"coding": [{"code": "a"}]}},
        {"name": "filter", "valueString": "a"},
        {"name": "offset", "valueInteger": 0},
        {"name": "valueSet", "resource": VALUE_SET},
        {"name": "codeSystem", "resource": CODE_SYSTEM},
        {"name": "patient", "valueReference": {"reference": "Patient/p1"}},
        {"name": "patient", "valueId": "p1"},
        {"name": "start", "valueDate": "2020-01-01"},
        {"name": "end", "valueDate": "2030-01-01"},
        {"name": "type", "valueCodeableConcept": {"coding": [{"code": "34133-9"}]}},
        {"name": "on-demand", "valueBoolean": False},
        {"name": "_since", "valueInstant": "2020-01-01T00:00:00Z"},
        {"name": "_type", "valueString": "Patient,Observation"},
        {"name": "_count", "valueInteger": 10},
        {"name": "_typeFilter", "valueString": "Observation?status=final"},
        {"name": "_outputFormat", "valueString": "application/fhir+ndjson"},
        {"name": "_elements", "valueString": "Patient.name"},
        {"name": "includeAssociatedData", "valueCode": "LatestProvenanceResources"},
        {"name": "id", "valueId": "s1"},
        {"name": "status", "valueCode": "active"},
        {"name": "eventsSinceNumber", "valueInteger64": "1"},
        {"name": "eventsUntilNumber", "valueString": "2"},
        {"name": "content", "valueCode": "full-resource"},
        {"name": "job", "valueString": "00000000000000000000000000000000"},
        {"name": "inputFormat", "valueString": "application/fhir+ndjson"},
        {"name": "inputSource", "valueUri": "https://example.org"},
        {
            "name": "input",
            "part": [
                {"name": "url", "valueUrl": "https://example.org/a.ndjson"},
                {"name": "type", "valueCode": "Patient"},
            ],
        },
    ],
}
