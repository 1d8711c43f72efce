"""People and their histories for the tests against PostgreSQL: relative to today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handrail.record import store

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def person(identity: str, family: str = "", **more: object) -> dict:
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": family or identity.title(), "given": ["Kim"]}],
        "birthDate": "1954-02-14",
        **more,
    }


def stay(patient: str, days: float, class_: str = "IMP", *, inside: bool = False) -> dict:
    period = {"start": ago(days=days + 3)}
    if not inside:
        period["end"] = ago(days=days)
    return {
        "resourceType": "Encounter",
        "id": f"stay-{patient}-{int(days)}-{class_}",
        "status": "in-progress" if inside else "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class_},
        "subject": {"reference": f"Patient/{patient}"},
        "period": period,
    }


def has(patient: str, code: str) -> dict:
    return {
        "resourceType": "Condition",
        "id": f"condition-{patient}-{code}",
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": "active",
                }
            ]
        },
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "onsetDateTime": "2015-01-01",
    }


def visit(patient: str, days: float, status: str = "booked") -> dict:
    return {
        "resourceType": "Appointment",
        "id": f"visit-{patient}",
        "status": status,
        "start": (NOW + timedelta(days=days)).isoformat(),
        "end": (NOW + timedelta(days=days, minutes=30)).isoformat(),
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
    }


def contact(patient: str, days: float) -> dict:
    spoken = stay(patient, days, "VR")
    return {
        **spoken,
        "id": f"contact-{patient}-{int(days)}",
        "type": [{"coding": [{"system": "urn:handrail:contact", "code": "call"}]}],
        "period": {"start": ago(days=days), "end": ago(days=days)},
    }


def load(by, *resources: dict) -> None:
    store.commit(list(resources), by=by, reason="test")
