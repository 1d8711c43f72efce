"""A record on paper for the rules of this room: resources in a dictionary, no database."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from handrail.duties.caseload.rules.programs import Program, programs
from handrail.fhir.calendar import Calendar
from handrail.fhir.resource import Resource, code_of, reference_to
from handrail.fhir.rulebook import Rule, Rulebook

NEW_YORK = ZoneInfo("America/New_York")
RULES = Path(__file__).parents[4] / "rules"
SAT = datetime(2026, 11, 21, 10, 0, tzinfo=NEW_YORK)


@lru_cache
def rulebook() -> Rulebook:
    texts = [
        tomllib.loads((RULES / f"{name}.toml").read_text()) for name in ("programs", "caseload")
    ]
    return Rulebook(Rule(**rule) for text in texts for rule in text["rule"])


def program(identity: str) -> Program:
    return programs(rulebook(), SAT.date())[identity]


@dataclass
class Paper:
    """Stands for what rules may know."""

    as_of: datetime = SAT
    calendar: Calendar = field(default_factory=lambda: Calendar(NEW_YORK))
    pool: str = "CareTeam/intake"
    kept: dict[str, Resource] = field(default_factory=dict)

    @property
    def rules(self) -> Rulebook:
        return rulebook()

    def read(self, reference: str) -> Resource | None:
        return self.kept.get(reference)

    def of_patient(self, patient: str, resource_type: str) -> list[Resource]:
        whose = f"Patient/{patient}"

        def names(resource: Resource) -> bool:
            parties = [resource.get(name) for name in ("subject", "patient", "for")]
            parties += [p.get("actor") for p in resource.get("participant", ())]
            return any((party or {}).get("reference") == whose for party in parties)

        return [r for r in self.kept.values() if r["resourceType"] == resource_type and names(r)]

    def coded(
        self, patient: str, resource_type: str, system: str, codes: Collection[str]
    ) -> list[Resource]:
        found = self.of_patient(patient, resource_type)
        return [one for one in found if code_of(one.get("code"), system) in codes]

    def put(self, *resources: Resource) -> Paper:
        for number, resource in enumerate(resources):
            resource.setdefault(
                "id", f"{resource['resourceType'].lower()}-{len(self.kept)}-{number}"
            )
            self.kept[reference_to(resource)] = resource
        return self


def patient(identity: str = "p1", **more: object) -> Resource:
    return {"resourceType": "Patient", "id": identity, "birthDate": "1954-02-14", **more}


def encounter(class_: str, starts: str, ends: str = "", patient: str = "p1") -> Resource:
    period = {"start": starts, **({"end": ends} if ends else {})}
    return {
        "resourceType": "Encounter",
        "status": "finished" if ends else "in-progress",
        "class": {"code": class_},
        "subject": {"reference": f"Patient/{patient}"},
        "period": period,
    }


def condition(code: str, system: str = "http://snomed.info/sct", **more: object) -> Resource:
    return {
        "resourceType": "Condition",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        **more,
    }


def appointment(starts: str, status: str = "booked") -> Resource:
    return {
        "resourceType": "Appointment",
        "status": status,
        "start": starts,
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    }
