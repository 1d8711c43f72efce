"""Invented cardiology offices, and Maria, who has a plan."""

from __future__ import annotations

from handrail.duties.provider_network.tests.directories import role, site

PLAN = "Blue Harbor Silver HMO"
HART, LIND = "PractitionerRole/hart", "PractitionerRole/lind"
CARDIO = {"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}


def offices() -> list:
    """Dr. Hart and Dr. Lind, whom nobody has asked yet."""
    found = []
    for name, family in (("hart", "Hart"), ("lind", "Lind")):
        place, office, person = site(name, zip_code="06103", languages=("es",))
        person["name"] = [{"family": family, "given": ["Ann"]}]
        made = role(
            name,
            locations=(place["id"],),
            practitioner=person["id"],
            organization=office["id"],
        )
        made["specialty"] = [{"coding": [CARDIO], "text": "Cardiovascular medicine"}]
        found += [place, office, person, made]
    return found


def maria() -> list:
    """A patient in 06103 who speaks Spanish and has a plan; Lee coordinates her care."""
    return [
        {
            "resourceType": "Patient",
            "id": "maria",
            "name": [{"family": "Alvarez", "given": ["Maria"]}],
            "birthDate": "1954-02-14",
            "address": [{"postalCode": "06103"}],
            "communication": [
                {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}}
            ],
        },
        {
            "resourceType": "EpisodeOfCare",
            "id": "episode",
            "status": "active",
            "patient": {"reference": "Patient/maria"},
            "careManager": {"reference": "Practitioner/kim", "display": "Kim"},
            "period": {"start": "2026-01-05"},
        },
        {
            "resourceType": "Coverage",
            "id": "coverage",
            "status": "active",
            "beneficiary": {"reference": "Patient/maria"},
            "payor": [{"display": "Blue Harbor"}],
            "class": [
                {
                    "type": {"coding": [{"code": "plan"}]},
                    "value": "bhs",
                    "name": PLAN,
                }
            ],
        },
    ]


def referral(status: str = "active") -> dict:
    """Maria was referred to Dr. Hart."""
    return {
        "resourceType": "ServiceRequest",
        "id": "referral",
        "status": status,
        "intent": "order",
        "code": {"text": "Cardiology visit"},
        "subject": {"reference": "Patient/maria"},
        "performer": [{"reference": HART}],
    }
