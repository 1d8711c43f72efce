"""Search rows of another shape are of another kind, so that an upgrade makes stored ones anew."""

from __future__ import annotations

import hashlib
from pathlib import Path

from handrail.fhir.searching import compiled
from handrail.fhir.searching.extract import KIND, index

RESOURCES = (
    {
        "resourceType": "Patient",
        "id": "a",
        "meta": {"tag": [{"system": "http://example.org/tags", "code": "x"}]},
        "identifier": [{"system": "http://example.org/mrn", "value": "70-1"}],
        "name": [{"family": "Ashdown-Müller", "given": ["Édith", "Ann"], "text": "Edith Ashdown"}],
        "telecom": [
            {"system": "phone", "value": "(555) 010-4477"},
            {"system": "email", "value": "Edith@Example.org"},
        ],
        "gender": "female",
        "birthDate": "1951-02",
        "address": [{"line": ["1 Elm Street"], "city": "Springfield", "postalCode": "01101"}],
        "managingOrganization": {"reference": "Organization/o"},
    },
    {
        "resourceType": "Observation",
        "id": "b",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}], "text": "Pressure"},
        "subject": {"reference": "Patient/a"},
        "effectivePeriod": {"start": "2026-03-01T08:00:00-05:00"},
        "valueQuantity": {
            "value": 5.40,
            "unit": "mg",
            "system": "http://unitsofmeasure.org",
            "code": "mg",
        },
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
                "valueQuantity": {"value": 120, "unit": "mm[Hg]"},
            }
        ],
    },
    {
        "resourceType": "Task",
        "id": "c",
        "status": "requested",
        "intent": "order",
        "owner": {"identifier": {"system": "http://example.org/staff", "value": "7"}},
        "for": {"reference": "Patient/a"},
        "focus": {"reference": "https://ehr.example.org/fhir/ServiceRequest/1/_history/2"},
        "authoredOn": "2026-03-01",
        "restriction": {"period": {"end": "2026-03-09"}},
    },
    {
        "resourceType": "Location",
        "id": "d",
        "name": "Harbor Clinic",
        "position": {"longitude": -71.06, "latitude": 42.36},
    },
    {
        "resourceType": "ValueSet",
        "id": "e",
        "url": "http://example.org/sets/housing",
        "version": "1.2",
        "status": "active",
    },
    {
        "resourceType": "RiskAssessment",
        "id": "f",
        "status": "final",
        "subject": {"reference": "Patient/a"},
        "occurrenceDateTime": "2026",
        "prediction": [{"probabilityDecimal": 0.25}],
    },
)
PINNED = ("3", "98b74a2945d692de")


def test_a_change_of_search_rows_counts_their_kind_up():
    found = hashlib.sha256()
    for source in sorted(Path(compiled.__path__[0]).glob("*.py")):
        found.update(source.read_bytes())
    for resource in RESOURCES:
        found.update(repr(index(resource)).encode())
    assert (KIND, found.hexdigest()[:16]) == PINNED, (
        "Resources get other search rows than before. Count KIND up in searching/extract.py, so"
        " that stored rows are made anew, and pin the new pair here."
    )
