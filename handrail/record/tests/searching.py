"""A small record for the tests of search: a bit of everything, all invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
Resource = dict[str, Any]


def concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def to(reference: str) -> Resource:
    return {"reference": reference}


def everybody() -> list[Resource]:
    return [*_directory(), *(one for number in range(6) for one in _record(number))]


def _directory() -> Iterator[Resource]:
    yield {"resourceType": "Organization", "id": "north", "name": "North Clinic"}
    yield {
        "resourceType": "Organization",
        "id": "ward",
        "name": "Ward",
        "partOf": to("Organization/north"),
    }
    yield {"resourceType": "Organization", "id": "south", "name": "South House"}
    yield {"resourceType": "Location", "id": "site", "name": "Site"}
    yield {
        "resourceType": "Location",
        "id": "floor",
        "name": "Floor",
        "partOf": to("Location/site"),
    }
    yield {"resourceType": "Location", "id": "room", "name": "Room", "partOf": to("Location/floor")}
    for name in ("ada", "ben"):
        yield {"resourceType": "Practitioner", "id": name, "name": [{"given": [name.title()]}]}
        yield {
            "resourceType": "PractitionerRole",
            "id": f"role-{name}",
            "practitioner": to(f"Practitioner/{name}"),
            "organization": to(f"Organization/{'ward' if name == 'ada' else 'south'}"),
            "specialty": [concept(SNOMED, f"spec-{name}")],
        }


def _record(number: int) -> Iterator[Resource]:
    patient = to(f"Patient/p{number}")
    yield {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [{"family": ("Moreno", "Okafor", "Lindqvist")[number % 3], "given": ["Kim"]}],
        "gender": ("female", "male")[number % 2],
        "birthDate": f"{1940 + 10 * number}-02-03",
        "managingOrganization": to(f"Organization/{('north', 'ward', 'south')[number % 3]}"),
        "generalPractitioner": [to(f"Practitioner/{('ada', 'ben')[number % 2]}")],
        "active": number != 5,
    }
    yield {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": patient,
        "period": {"start": f"2026-0{number + 1}-01", "end": f"2026-0{number + 2}-10"},
        "location": [{"location": to(f"Location/{('site', 'floor', 'room')[number % 3]}")}],
        "serviceProvider": to("Organization/ward"),
    }
    yield {
        "resourceType": "Condition",
        "id": f"c{number}",
        "code": concept(SNOMED, ("44054006", "84114007")[number % 2]),
        "subject": patient,
        "encounter": to(f"Encounter/e{number}"),
        "onsetDateTime": f"201{number}-05",
    }
    for day in range(1, 4):
        yield {
            "resourceType": "Observation",
            "id": f"o{number}-{day}",
            "status": ("final", "amended")[day % 2],
            "category": [concept("urn:c", ("vital", "lab")[day % 2])],
            "code": concept(LOINC, f"code{day}"),
            "subject": patient,
            "encounter": to(f"Encounter/e{number}"),
            "effectiveDateTime": f"2026-01-{day + number:02}T10:00:00Z",
            "valueQuantity": {
                "value": 10 * number + day,
                "system": "http://unitsofmeasure.org",
                "code": "kg",
            },
        }
    yield from _work(number, patient)


def _work(number: int, patient: Resource) -> Iterator[Resource]:
    yield {
        "resourceType": "ServiceRequest",
        "id": f"s{number}",
        "status": "active",
        "intent": "order",
        "subject": patient,
        "code": concept(SNOMED, "710824005"),
    }
    yield {
        "resourceType": "Task",
        "id": f"t{number}",
        "status": ("requested", "accepted", "on-hold")[number % 3],
        "intent": "order",
        "for": patient,
        "owner": to(f"Practitioner/{('ada', 'ben')[number % 2]}"),
        "focus": to(f"ServiceRequest/s{number}"),
        "authoredOn": f"2026-03-0{number + 1}",
        "restriction": {"period": {"end": f"2026-05-{20 - number}"}},
    }
