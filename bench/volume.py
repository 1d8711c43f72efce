"""A caseload of any size: one invented person's record, copied with new identities.

Each coordinator has :data:`CASELOAD` patients, so that Today is the same page at any volume. It all
goes in through ``handrail load``, as an organization's own data would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.house import House

CASELOAD = 120
SMALL, LARGE = CASELOAD, 10_000
FAMILIES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gingko", "Hazel", "Ivy", "Juniper")
GIVEN = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gia", "Hal", "Ida", "Jon", "Kai")
AUTHORITY = "urn:handrail:authority:bench"  # as hospital messages from BENCH name their patients
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
CHRONIC = (("84114007", "Heart failure"), ("44054006", "Diabetes mellitus type 2"))
KINDS = ("step", "tcm-contact", "step", "medication-reconciliation", "step")
Resource = dict[str, Any]


def fill(house: House, patients: int, manager: str) -> float:
    """Load ``patients`` people; ``manager`` looks after the first of them. Return resources/s."""
    path = house.data / "volume.ndjson"
    with path.open("w", encoding="utf-8") as file:
        for number in range(patients):
            for resource in record(number, manager if number < CASELOAD else ""):
                file.write(json.dumps(resource, separators=(",", ":")) + "\n")
    told = json.loads(house.run("load", "--json", str(path)).said)
    path.unlink()
    house.settle()
    return float(told["resources_per_second"])


def record(number: int, manager: str, now: datetime | None = None) -> Iterator[Resource]:
    """Yield the record of one person: who they are, what they have, what is to be done."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    patient = {"reference": f"Patient/b{number}"}
    owner = {"reference": f"Practitioner/{manager or f'c{number // CASELOAD}'}"}
    yield person(number)
    yield {
        "resourceType": "EpisodeOfCare",
        "id": f"ep{number}",
        "status": "active",
        "type": [{"coding": [{"system": "urn:handrail:program", "code": "complex-care"}]}],
        "patient": patient,
        "period": {"start": (now - timedelta(days=90)).date().isoformat()},
        "careManager": owner,
    }
    for place, (code, text) in enumerate(CHRONIC):
        yield _condition(f"co{number}-{place}", patient, code, text)
    for place in range(4):
        yield _reading(f"ob{number}-{place}", patient, now - timedelta(days=30 * place + 1))
    yield _stay(f"en{number}", patient, now - timedelta(days=60 + number % 30))
    yield _call(f"cm{number}", patient, owner, now - timedelta(days=3 + number % 9))
    yield _task(number, patient, owner, now)


def person(number: int) -> Resource:
    """Return the Patient."""
    return {
        "resourceType": "Patient",
        "id": f"b{number}",
        "identifier": [
            {
                "type": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                            "code": "MR",
                        }
                    ]
                },
                "system": AUTHORITY,
                "value": mrn(number),
            }
        ],
        "name": [{"family": family(number), "given": [GIVEN[number % len(GIVEN)]]}],
        "gender": ("female", "male")[number % 2],
        "birthDate": f"{1930 + number % 70}-{1 + number % 12:02}-{1 + number % 28:02}",
        "telecom": [{"system": "phone", "value": f"555-{number % 1000:03}-{number // 1000:04}"}],
        "communication": [
            {
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]},
                "preferred": True,
            }
        ],
    }


def mrn(number: int) -> str:
    """Return the medical record number of a person."""
    return f"B{number:06}"


def family(number: int) -> str:
    """Return the family name of a person; about ten people share one."""
    letters = "abcdefghij"
    tail = "".join(letters[int(digit)] for digit in f"{number // 100:03}")
    return FAMILIES[number % len(FAMILIES)] + tail


def _condition(identity: str, patient: Resource, code: str, text: str) -> Resource:
    kind = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": {"coding": [{"system": kind, "code": "active"}]},
        "code": {"coding": [{"system": SNOMED, "code": code}], "text": text},
        "subject": patient,
        "onsetDateTime": "2019-04-01",
    }


def _reading(identity: str, patient: Resource, at: datetime) -> Resource:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}], "text": "Body weight"},
        "subject": patient,
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": {
            "value": 71.5,
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
    }


def _stay(identity: str, patient: Resource, left: datetime) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"system": ACT, "code": "IMP"},
        "subject": patient,
        "period": {"start": (left - timedelta(days=4)).isoformat(), "end": left.isoformat()},
        "reasonCode": [{"text": "Heart failure"}],
    }


def _call(identity: str, patient: Resource, by: Resource, at: datetime) -> Resource:
    return {
        "resourceType": "Communication",
        "id": identity,
        "status": "completed",
        "category": [{"coding": [{"system": "urn:handrail:contact", "code": "phone"}]}],
        "subject": patient,
        "sent": at.isoformat(),
        "sender": by,
    }


def _task(number: int, patient: Resource, owner: Resource, now: datetime) -> Resource:
    due = now + timedelta(days=number % 9 - 3, minutes=number % 60)
    return {
        "resourceType": "Task",
        "id": f"ta{number}",
        "status": "requested",
        "intent": "order",
        "priority": "urgent" if number % 11 == 0 else "routine",
        "code": {
            "coding": [
                {"system": "urn:handrail:task-kind", "code": KINDS[number % len(KINDS)]},
            ]
        },
        "description": "Call and ask how things are",
        "for": patient,
        "authoredOn": (now - timedelta(days=5)).isoformat(),
        "owner": owner,
        "reasonCode": {"text": "No two-way contact since the last visit"},
        "restriction": {"period": {"end": due.isoformat()}},
    }
