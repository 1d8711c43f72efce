"""A record on paper: resources in a dictionary, reactions run until quiet. No database."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from handrail.fhir import work
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change, When
from handrail.fhir.resource import Resource, reference_to
from handrail.fhir.rulebook import Rule, Rulebook
from handrail.fhir.task import TaskStatus, is_open, move

NEW_YORK = ZoneInfo("America/New_York")
RULES = Path(__file__).parents[4] / "rules"


@lru_cache
def rulebook() -> Rulebook:
    texts = [tomllib.loads((RULES / name).read_text()) for name in ("deadlines.toml",)]
    return Rulebook(Rule(**rule) for text in texts for rule in text["rule"])


@dataclass
class Paper:
    """Stands for the record: it is the Known of the rules and applies what they propose."""

    as_of: datetime
    reactions: Sequence[tuple[When, object]] = ()
    calendar: Calendar = field(default_factory=lambda: Calendar(NEW_YORK))
    pool: str = "CareTeam/intake"
    kept: dict[str, Resource] = field(default_factory=dict)
    reads: int = 0

    @property
    def rules(self) -> Rulebook:
        return rulebook()

    def read(self, reference: str) -> Resource | None:
        self.reads += 1
        return self.kept.get(reference)

    def of_patient(self, patient: str, resource_type: str) -> list[Resource]:
        self.reads += 1
        whose = f"Patient/{patient}"
        names = ("subject", "patient", "for")
        return [
            found
            for found in self.kept.values()
            if found["resourceType"] == resource_type
            and any((found.get(name) or {}).get("reference") == whose for name in names)
        ]

    def put(self, *resources: Resource) -> None:
        """Commit resources and all that follows from them."""
        queue = list(resources)
        for _ in range(60):
            if not queue:
                return
            after = queue.pop(0)
            before = self.kept.get(reference_to(after))
            if before == after:
                continue
            self._check(before, after)
            self.kept[reference_to(after)] = after
            change = Change(before, after)
            for when, decide in self.reactions:
                if when.matches(change):
                    for derived in decide(change, self):
                        assert derived["resourceType"] == "Task"
                        self.put(derived)
        raise AssertionError("not quiet after 60 changes")

    def _check(self, before: Resource | None, after: Resource) -> None:
        if after["resourceType"] != "Task":
            return
        if before is None:
            assert after["status"] == "requested"
        else:
            move(before["status"], TaskStatus(after["status"]))
        if is_open(after["status"]):
            assert after["owner"]["reference"]
            assert work.look_by(after)
        else:
            assert after.get("statusReason") or list(work.outputs_of(after, work.EVIDENCE))

    def tasks(self, kind: str = "", status: str = "") -> list[Resource]:
        return [
            t
            for t in self.kept.values()
            if t["resourceType"] == "Task"
            and (not kind or work.kind_of(t) == kind)
            and (not status or t["status"] == status)
        ]

    def open(self, kind: str = "") -> list[Resource]:
        return [t for t in self.tasks(kind) if is_open(t["status"])]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def closed(*days: date) -> Calendar:
    return Calendar(NEW_YORK, frozenset(days))


def episode(status: str = "active", manager: str = "Practitioner/kim", **more: object) -> Resource:
    found: Resource = {
        "resourceType": "EpisodeOfCare",
        "id": "e1",
        "status": status,
        "patient": {"reference": "Patient/maria"},
        **more,
    }
    if manager:
        found["careManager"] = {"reference": manager, "display": "Kim Rivera"}
    return found


def stay(
    start: datetime | str,
    end: datetime | str | None = None,
    *,
    identity: str = "s1",
    status: str = "",
    out: str = "home",
    class_: str = "IMP",
) -> Resource:
    text = [t.isoformat() if isinstance(t, datetime) else t for t in (start, end)]
    found: Resource = {
        "resourceType": "Encounter",
        "id": identity,
        "status": status or ("finished" if end else "in-progress"),
        "class": {"code": class_},
        "subject": {"reference": "Patient/maria"},
        "serviceProvider": {"display": "St. Luke's"},
        "reasonCode": [{"text": "Heart failure"}],
        "period": {"start": text[0]},
    }
    if end:
        found["period"]["end"] = text[1]
        found["hospitalization"] = {"dischargeDisposition": {"coding": [{"code": out}]}}
    return found


def visit(when: datetime, class_: str = "AMB", identity: str = "v1", **more: object) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"code": class_},
        "subject": {"reference": "Patient/maria"},
        "period": {"start": when.isoformat(), "end": (when + timedelta(hours=1)).isoformat()},
        **more,
    }


def patient(**more: object) -> Resource:
    return {"resourceType": "Patient", "id": "maria", **more}


def deadlines(tasks: Iterable[Resource]) -> list[datetime]:
    return [datetime.fromisoformat(work.input_of(task, work.DEADLINE)) for task in tasks]
