"""Invented people and work for the browser tests: written through the record, relative to now.

Run inside Django: ``python -m e2e.seed`` fills the database of ``HANDRAIL_DATABASE_URL``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

ORG = 1
PASSWORD = "harbor-lantern-42"
COORDINATOR = "Practitioner/dana"
PEOPLE = (
    ("dana", "Dana Rivera", ("coordinator",), ("CareTeam/intake",)),
    ("lee", "Lee Chen", ("coordinator",), ("CareTeam/intake",)),
    ("sam", "Sam Osei", ("supervisor",), ()),
    ("fran", "Fran Boyd", ("front-desk",), ()),
    ("ada", "Ada Whitlock", ("administrator",), ()),
    ("rosa", "Rosa Quint", ("coordinator",), ()),
)
FAMILIES = [
    *("Alvarez", "Lee", "Reed", "Okafor", "Washington", "Tran", "Nguyen", "Morales", "Hughes"),
    *("Brown", "Kim", "Ortiz", "Haddad", "Johnson", "Bailey", "Petrov", "Ali", "Cho", "Garcia"),
    "Santos",
]  # fmt: skip
GIVEN = [
    *("Maria", "Omar", "Yusuf", "Robert", "Helen", "Irene", "Fatima", "Luis", "Kofi", "Viktor"),
    *("Ifeoma", "James", "Thuy", "Carla", "Aisha", "Samuel", "Tomas", "Daniel", "Mei", "Anna"),
]  # fmt: skip
SPEAKS = ("en", "es", "en", "vi", "en", "ar", "en", "en")
WORK: tuple[tuple[str, str, str, str, int], ...] = (
    ("Call after discharge", "Discharged home from Harbor General", "Harbor General", "", 2),
    ("Send 2 referrals", "Food and transport needs, no referral yet", "Needs assessment", "", 1),
    ("Check status with plan", "Authorization pending 6 days", "Payer portal", "Plan", 0),
    ("Book ride", "No ride booked for dialysis", "Appointment", "", 0),
    ("Review the care plan", "Last review 24 Aug", "Care plan", "", -1),
    ("Call patient", "Missed two therapy visits", "Therapy office", "", -2),
    (
        "Finish letter, attach notes",
        "Appeal due to the plan in 4 days",
        "Letter",
        "County office",
        -3,
    ),
)


def fill(people: int = 60) -> None:
    """Make the organization, its members, patients, work, contacts and a history."""
    from e2e import answers, others
    from handrail.access import accounts
    from handrail.access.database import acting
    from handrail.access.models import CareRelationship, Organization, Team
    from handrail.access.principal import Principal, Role, system
    from handrail.record import store

    by = system(ORG, "tests", "Tests")
    with acting(by):
        Organization.objects.create(
            id=ORG, name="Harbor Care Partners", slug="harbor", intake_pool="CareTeam/intake"
        )
        Team.objects.create(org=ORG, id="intake", name="Intake team")
        for username, name, roles, teams in PEOPLE:
            accounts.add(
                by,
                accounts.NewMember(
                    username=username,
                    name=name,
                    roles=frozenset(Role(role) for role in roles),
                    teams=teams,
                    password=PASSWORD,
                    practitioner=username,
                ),
            )
        for number in range(people):
            store.commit(resources(number), by=by, reason="made up")
        said = [answers.answers(patient) for patient in answers.PATIENTS]
        store.commit([answers.form(), answers.prapare(), *said], by=by, reason="made up")
        CareRelationship.objects.bulk_create(
            CareRelationship(
                org=ORG,
                source=f"p{number}",
                patient=f"p{number}",
                person=COORDINATOR,
                kind="manages",
            )
            for number in range(people)
            if f"p{number}" != "p9"
        )
        store.commit(others.resources(), by=by, reason="made up")
    roles = frozenset({Role.COORDINATOR})
    others.ask(Principal(org=ORG, person=others.ROSA, name="Rosa Quint", roles=roles))


def resources(number: int) -> list[dict[str, Any]]:
    """Return one person with one piece of work and some history."""
    now = datetime.now(UTC).replace(microsecond=0)
    patient = {"reference": f"Patient/p{number}"}
    step, why, source, waiting, late = WORK[number % len(WORK)]
    due = now - timedelta(days=late) + timedelta(minutes=7 * number)
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": f"t{number}",
        "status": "requested",
        "intent": "order",
        "priority": "urgent" if number % 11 == 0 else "routine",
        "code": {"coding": [{"system": "urn:handrail:task-kind", "code": kind_for(step)}]},
        "description": step,
        "for": patient,
        "authoredOn": (now - timedelta(days=3 + late)).isoformat(),
        "owner": owner_for(number),
        "reasonCode": {"text": why},
        "restriction": {"period": {"end": due.isoformat()}},
        "input": [
            {"type": typed("source"), "valueString": source},
            *([{"type": typed("deadline"), "valueDateTime": due.isoformat()}] if late > 1 else []),
        ],
    }
    if waiting:
        task |= {
            "status": "on-hold",
            "statusReason": {
                "coding": [{"system": "urn:handrail:task-status-reason", "code": "waiting-on"}],
                "text": waiting,
            },
        }
    return [person(number), task, *history(number, now, patient)]


def kind_for(step: str) -> str:
    """Return the kind of work of a step."""
    return {"Call after discharge": "tcm-contact"}.get(step, "step")


def owner_for(number: int) -> dict[str, str]:
    """Return who does it: Dana, now and then a colleague or the team."""
    if number % 13 == 12:
        return {"reference": "CareTeam/intake", "display": "Intake team"}
    if number % 10 == 9:
        return {"reference": "Practitioner/lee", "display": "Lee Chen"}
    return {"reference": COORDINATOR, "display": "Dana Rivera"}


def typed(code: str) -> dict[str, Any]:
    """Return the type of a Task's input."""
    return {"coding": [{"system": "urn:handrail:task-input", "code": code}]}


def person(number: int) -> dict[str, Any]:
    """Return a Patient."""
    language = SPEAKS[number % len(SPEAKS)]
    found: dict[str, Any] = {
        "resourceType": "Patient",
        "id": f"p{number}",
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
                "system": "urn:example:mrn",
                "value": f"{100200 + number}",
            }
        ],
        "name": [
            {
                "family": FAMILIES[number % len(FAMILIES)],
                "given": [GIVEN[(number * 7) % len(GIVEN)]],
            }
        ],
        "gender": ("female", "male", "other")[number % 3],
        "birthDate": date(1936 + (number * 5) % 80, 1 + number % 12, 1 + number % 28).isoformat(),
        "telecom": [{"system": "phone", "value": f"555-01{number % 90 + 10}"}],
        "communication": [
            {
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": language}]},
                "preferred": True,
            }
        ],
    }
    if language != "en":
        found["extension"] = [
            {
                "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
                "valueCoding": {"system": "http://snomed.info/sct", "code": "373066001"},
            }
        ]
    return found


def history(number: int, now: datetime, patient: dict[str, str]) -> list[dict[str, Any]]:
    """Return a stay and an attempted call."""
    left = now - timedelta(days=2 + number % 5)
    found: list[dict[str, Any]] = [
        {
            "resourceType": "Encounter",
            "id": f"e{number}",
            "status": "finished",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "IMP",
            },
            "subject": patient,
            "period": {"start": (left - timedelta(days=4)).isoformat(), "end": left.isoformat()},
            "reasonCode": [{"text": "Heart failure"}],
            "serviceProvider": {"display": "Harbor General"},
        }
    ]
    if number % 3:
        found.append(
            {
                "resourceType": "Communication",
                "id": f"c{number}",
                "status": "not-done" if number % 2 else "completed",
                "category": [
                    {"coding": [{"system": "urn:handrail:contact", "code": "phone"}]},
                    {"coding": [{"system": "urn:handrail:contact-outcome", "code": "no-answer"}]},
                ],
                "subject": patient,
                "sent": (now - timedelta(days=1, hours=number % 6)).isoformat(),
                "sender": {"reference": COORDINATOR, "display": "Dana Rivera"},
            }
        )
    return found


if __name__ == "__main__":
    import django

    django.setup()
    fill()
