"""Who is waiting on whom, read from the open Tasks of a patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from handrail.fhir.resource import Resource, code_of, target_of
from handrail.fhir.task import is_open
from handrail.fhir.work import SNOOZED, STATUS_REASON, look_by

HERE: Final = ("Practitioner/", "PractitionerRole/", "CareTeam/")


class Side(StrEnum):
    """Who has to do something next."""

    OTHERS = "others"
    US = "us"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody waits: ``who`` for ``whom``, for what, since when, and when somebody looks again."""

    side: Side
    who: str
    whom: str
    what: str
    since: str
    look_by: str
    task: str


def waiting(tasks: Iterable[Resource], patient: str, ours: frozenset[str]) -> Sequence[Waiting]:
    """Return who is waiting on whom: on others the longest wait first, else what is due first.

    Args:
        tasks: all Tasks of the patient.
        patient: the patient's reference.
        ours: references of those who work here, and of their teams.
    """
    found = [one for task in tasks if (one := _one(task, patient, ours))]
    return sorted(found, key=_urgency)


def _urgency(one: Waiting) -> tuple[int, str, str]:
    first = one.since if one.side is Side.OTHERS else one.look_by
    return list(Side).index(one.side), first, one.task


def _one(task: Resource, patient: str, ours: frozenset[str]) -> Waiting | None:
    if not is_open(task.get("status", "")):
        return None
    owner, named = target_of(task.get("owner")), _shown(task, "owner")
    side, who, whom = Side.US, "", named
    held = task["status"] == "on-hold"
    if held and code_of(task.get("statusReason"), STATUS_REASON) == SNOOZED:
        return None
    if held:
        side, who = Side.OTHERS, named
        whom = str((task.get("statusReason") or {}).get("text", ""))
    elif owner == patient or owner.startswith("RelatedPerson/"):
        side, who = Side.PERSON, _shown(task, "requester")
    elif owner not in ours:
        side, who = Side.OTHERS, _shown(task, "requester")
    return Waiting(
        side, who, whom, _what(task), _since(task, held=held), look_by(task), str(task["id"])
    )


def _shown(task: Resource, field: str) -> str:
    return str((task.get(field) or {}).get("display", ""))


def _what(task: Resource) -> str:
    code = task.get("code") or {}
    first: Resource = next(iter(code.get("coding", ())), {})
    return str(task.get("description") or code.get("text") or first.get("display") or "")


def _since(task: Resource, *, held: bool) -> str:
    updated = (task.get("meta") or {}).get("lastUpdated", "")
    return str(updated if held else task.get("authoredOn") or updated)
