"""Joining and leaving the team. What is not on the form stays exactly as it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.care_team.resources import DOES, ROLE, TEAM
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.resource import Resource, concept, reference

ROLES: Final[Mapping[str, str]] = {
    "coordinator": "Care coordinator",
    "primary-care": "Primary care",
    "nurse": "Nurse",
    "specialist": "Specialist",
    "behavioral-health": "Mental health or substance use care",
    "therapist": "Therapist (physical, occupational, speech)",
    "pharmacist": "Pharmacist",
    "social-worker": "Social worker",
    "community-health-worker": "Community health worker",
    "home-care": "Home health or home care",
    "dietitian": "Dietitian",
    "insurer": "Insurance case manager",
    "community": "Community organization",
    "school": "School or child care",
    "caregiver": "Family caregiver",
    "decision-maker": "Makes decisions with or for the person",
    "friend": "Friend or neighbor",
    "interpreter": "Interpreter",
    "other": "Other",
}
MOST: Final = 100
"""Members of one team: more is a mistake."""
_LONGEST: Final = 300  # characters


class MemberError(BusinessRuleError):
    """Something on the form cannot be right; ``faults`` name the fields. Nothing was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Somebody as the form names them. ``reference`` is who they are in the record."""

    reference: str
    name: str
    role: str
    does: str = ""
    since: str = ""
    organization: str = ""
    organization_name: str = ""


def team_id(patient: str) -> str:
    """Return the id of the team that is kept here for a patient: always the same."""
    return uuid5(NAMESPACE_URL, f"{TEAM}|{patient}").hex


def new_team(patient: str) -> Resource:
    """Return a team without members (http://hl7.org/fhir/us/core/StructureDefinition/us-core-careteam)."""
    return {
        "resourceType": "CareTeam",
        "id": team_id(patient),
        "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-careteam"]},
        "identifier": [{"system": TEAM, "value": patient}],
        "status": "active",
        "name": "Care team",
        "subject": reference(f"Patient/{patient}"),
        "participant": [],
    }


def joined(team: Resource, joining: Joining) -> Resource:
    """Return the team with somebody more.

    Raises:
        MemberError: no role, too long a text, they are on it already, or the team is too large.
    """
    check(joining)
    present = team.get("participant", [])
    if len(present) >= MOST:
        raise MemberError(f"A team has at most {MOST} members. Take somebody off it first.")
    for one in present:
        same = (one.get("member") or {}).get("reference") == joining.reference
        if same and not (one.get("period") or {}).get("end"):
            text = f"{joining.name} is on the team already. Change what they do there."
            raise MemberError(text, [Fault("name", text)])
    return {**team, "participant": [*present, participant(joining)]}


def check(joining: Joining) -> None:
    """Refuse what cannot be right.

    Raises:
        MemberError: it says which fields.
    """
    faults = []
    if joining.role not in ROLES:
        faults.append(Fault("role", "Choose what they are on the team."))
    if len(joining.does) > _LONGEST:
        faults.append(Fault("does", f"Say it in {_LONGEST} characters or fewer."))
    if faults:
        raise MemberError(" ".join(fault.text for fault in faults), faults)


def participant(joining: Joining, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the participant that says so; ``before`` is what it said until now."""
    made = {
        **(before or {}),
        "role": [concept(ROLE, joining.role, ROLES[joining.role], ROLES[joining.role])],
        "member": reference(joining.reference, joining.name),
    }
    others = [e for e in made.pop("extension", ()) if e.get("url") != DOES]
    if joining.does:
        others.append({"url": DOES, "valueString": joining.does})
    if others:
        made["extension"] = others
    if joining.organization:
        made["onBehalfOf"] = reference(joining.organization, joining.organization_name)
    if joining.since:
        made["period"] = {**made.get("period", {}), "start": joining.since}
    return made


def changed(team: Resource, place: int, role: str, does: str) -> Resource:
    """Return the team with what somebody is and does on it said anew."""
    before = _at(team, place)
    member = before.get("member") or {}
    joining = Joining(
        reference=str(member.get("reference", "")),
        name=str(member.get("display", "")),
        role=role,
        does=does,
    )
    check(joining)
    return _with(team, place, participant(joining, before))


def left(team: Resource, place: int, on: str) -> Resource:
    """Return the team that somebody left; that they were on it stays written."""
    before = _at(team, place)
    return _with(team, place, {**before, "period": {**before.get("period", {}), "end": on}})


def _at(team: Resource, place: int) -> dict[str, Any]:
    present = team.get("participant", [])
    if not 0 <= place < len(present):
        raise MemberError("This member is no longer on the team. Look at the team again.")
    found: dict[str, Any] = present[place]
    return found


def _with(team: Resource, place: int, member: dict[str, Any]) -> Resource:
    present = list(team["participant"])
    present[place] = member
    return {**team, "participant": present}
