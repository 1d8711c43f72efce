"""People with records of the same shape, at any number: what the FHIR section searches.

However many people there are, each question has the same answer in size: three people share a
family name, 25 a rare condition, 34 a coordinator, who has ten Tasks for each of them (as many as
in the answers that :mod:`bench.medplum` was measured with). The first :data:`CHARTS` people have
long charts of :data:`CHART` Observations.

``python -m bench.panel`` writes them with the record's own functions: the same text, hashes, search
values, projections and hash chain, without the checks and the reactions, which the rest of the
benchmark measures. Nothing but the benchmark may do this.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.house import CODE, BenchError, House

NAMESAKES = 3  # people with one family name
COMRADES = 25  # people with one rare condition
CARESEEKERS = 34  # people of one coordinator
CHARTS = 40  # people with long charts
CHART = 380  # Observations in one
TASKS = 10  # of each person
OPEN = ("requested", "accepted", "in-progress", "on-hold")
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
BATCH = 2_000  # resources
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_START = datetime(2026, 1, 1, 8, tzinfo=UTC)
_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru")
Resource = dict[str, Any]


def family(number: int) -> str:
    """Return the family name of a person."""
    digits = f"{number // NAMESAKES:05}"
    return "".join(_SYLLABLES[int(digit)] for digit in digits).capitalize()


def coordinator(number: int) -> str:
    """Return the reference of a person's coordinator."""
    return f"Practitioner/c{number // CARESEEKERS}"


def rare(number: int) -> str:
    """Return the code of a person's rare condition."""
    return f"9{number // COMRADES:07}"


def record(number: int) -> Iterator[Resource]:
    """Yield one person's record."""
    patient = {"reference": f"Patient/p{number}"}
    owner = {"reference": coordinator(number)}
    yield _person(number)
    yield _condition(f"co{number}-0", patient, "44054006", "Diabetes mellitus type 2")
    yield _condition(f"co{number}-1", patient, rare(number), "A rare condition")
    for place in range(CHART if number < CHARTS else 4):
        yield _reading(f"ob{number}-{place}", patient, place)
    yield {
        "resourceType": "Encounter",
        "id": f"en{number}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": patient,
        "period": {"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T09:30:00Z"},
    }
    yield {
        "resourceType": "CareTeam",
        "id": f"ct{number}",
        "status": "active",
        "subject": patient,
        "participant": [{"member": owner}],
    }
    yield {
        "resourceType": "ServiceRequest",
        "id": f"sr{number}",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": SNOMED, "code": "710824005", "display": "Assessment"}]},
        "subject": patient,
        "authoredOn": "2026-01-06T09:00:00Z",
    }
    for place in range(TASKS):
        yield task(number, place)


def _person(number: int) -> Resource:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [
            {"type": {"coding": [kind]}, "system": "urn:bench:mrn", "value": f"M{number:07}"}
        ],
        "active": True,
        "name": [{"use": "official", "family": family(number), "given": ["Ada", "Kai"]}],
        "telecom": [{"system": "phone", "value": f"555-{number:07}", "use": "home"}],
        "gender": ("female", "male")[number % 2],
        "birthDate": f"{1930 + number % 70}-{1 + number % 12:02}-{1 + number % 28:02}",
        "address": [{"line": [f"{number} Mill Road"], "city": "Elmford", "state": "MA"}],
        "maritalStatus": {"text": "Married"},
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}}],
    }


def _condition(identity: str, patient: Resource, code: str, text: str) -> Resource:
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": SNOMED, "code": code, "display": text}], "text": text},
        "subject": patient,
        "onsetDateTime": "2019-04-01",
    }


def _reading(identity: str, patient: Resource, place: int) -> Resource:
    kind = ("vital-signs", "laboratory")[place % 2]
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": kind}]}],
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}], "text": "Body weight"},
        "subject": patient,
        "effectiveDateTime": (_START - timedelta(days=place)).isoformat(),
        "valueQuantity": {
            "value": 60 + place % 40 + 0.5,
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
    }


def task(number: int, place: int) -> Resource:
    """Return one of a person's Tasks: about 600 bytes."""
    authored = _START + timedelta(days=place, seconds=number % CARESEEKERS)
    due = authored + timedelta(days=30 + place)
    return {
        "resourceType": "Task",
        "id": f"ta{number}-{place}",
        "status": OPEN[place % len(OPEN)],
        "intent": "order",
        "priority": "routine",
        "description": "Call and ask how things are going since the last visit",
        "focus": {"reference": f"ServiceRequest/sr{number}"},
        "for": {"reference": f"Patient/p{number}"},
        "authoredOn": authored.isoformat(),
        "owner": {"reference": coordinator(number)},
        "restriction": {"period": {"end": due.isoformat()}},
    }


def fill(house: House, people: int) -> float:
    """Write ``people`` records with two processes; return resources a second."""
    began = time.perf_counter()
    parts = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.panel", str(people), str(part), "2"],
            cwd=CODE,
            env=dict(house.environment) | {"HANDRAIL_DATABASE_URL": house.cluster.url()},
            stderr=subprocess.PIPE,
        )
        for part in range(2)
    ]
    said = [one.communicate()[1].decode() for one in parts]
    if any(one.returncode for one in parts):
        raise BenchError("\n".join(said)[-2000:])
    return amount(people) / (time.perf_counter() - began)


def amount(people: int) -> int:
    """Return how many resources ``people`` records have."""
    return people * (10 + TASKS) + min(people, CHARTS) * (CHART - 4)


def write(people: int, part: int, parts: int) -> None:
    """Write every ``parts``-th person, in batches of a commit each."""
    from handrail.access.principal import system

    by = system(_organization(), "bench", "bench")
    batch: list[Resource] = []
    for number in range(part, people, parts):
        batch += record(number)
        if len(batch) >= BATCH:
            _commit(by, batch)
            batch = []
    if batch:
        _commit(by, batch)


def _organization() -> int:
    from handrail.access.models import Organization

    return int(Organization.objects.values_list("id", flat=True)[0])


def _commit(by: Any, resources: Sequence[Resource]) -> None:
    from handrail.access.database import acting, writing
    from handrail.record.appending import append
    from handrail.record.prepare import whose
    from handrail.record.projecting import project
    from handrail.record.writing import Act

    at = datetime.now(UTC).replace(microsecond=0)
    versions = [_prepared(resource, at) for resource in resources]
    act = Act(by.org, 0, at, by.person, by.name, "bench", "", "")
    with acting(by), writing(savepoint=False):
        rooms = project(by.org, versions)
        append(act, [(version, whose(version)) for version in versions], rooms, by=by)


def _prepared(resource: Resource, at: datetime) -> Any:
    from handrail.fhir import text
    from handrail.record.prepare import Prepared, compose, take_apart

    one = take_apart(text.write(resource))
    return Prepared(
        one.resource_type, one.id, 1, at, compose(one, 1, at), one.content, submitted=one
    )


def main() -> None:
    """Write one part."""
    options = argparse.ArgumentParser(prog="bench.panel", description=__doc__)
    for name in ("people", "part", "parts"):
        options.add_argument(name, type=int)
    chosen = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handrail.site.settings")
    import django

    django.setup()
    gc.disable()
    write(chosen.people, chosen.part, chosen.parts)


if __name__ == "__main__":
    main()
