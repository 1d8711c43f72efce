"""Putting people on the team and taking them off it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import colleagues
from handrail.access.principal import Principal
from handrail.duties.care_team.actions.seeing import ROOM, related_of, today
from handrail.duties.care_team.resources import person_of
from handrail.duties.care_team.rules import joining as join
from handrail.duties.care_team.rules.joining import Joining, MemberError
from handrail.fhir.errors import Fault, NotFoundError
from handrail.fhir.resource import Resource, reference
from handrail.record import store
from handrail.record.known import known
from handrail.record.store import Committed, Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Somebody outside, as typed: a clinician, an organization, or both."""

    name: str = ""
    organization: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """Family or a friend, as typed."""

    name: str
    relationship: str = ""
    phone: str = ""


def add_colleague(
    by: Principal, patient: str, who: str, role: str, does: str = "", *, if_match: int = 0
) -> Committed:
    """Put somebody who works here, or one of the organization's teams, on the care team.

    Raises:
        MemberError: nobody of that name works here, or something on the form is wrong.
        VersionConflictError: somebody else changed the team meanwhile.
    """
    names = colleagues(by.org)
    if who not in names:
        raise MemberError(_("Choose somebody."), [Fault("who", _("Choose somebody."))])
    joining = Joining(reference=who, name=names[who], role=role, does=does)
    return _join(by, patient, joining, [], if_match)


def add_outside(
    by: Principal, patient: str, who: Outside, role: str, does: str = "", *, if_match: int = 0
) -> Committed:
    """Put a clinician or an organization from outside on the team, with how to reach them.

    Raises:
        MemberError: neither a name nor an organization was given, or no way to reach them.
        VersionConflictError: somebody else changed the team meanwhile.
    """
    faults = []
    if not (who.name or who.organization):
        faults.append(Fault("name", _("Give a name or an organization.")))
    if not (who.phone or who.email):
        faults.append(Fault("phone", _("Give a phone number or an e-mail address.")))
    if faults:
        raise MemberError(" ".join(fault.text for fault in faults), faults)
    made: list[Resource] = []
    if who.organization:
        made.append(_organization(who, reachable=not who.name))
    if who.name:
        made.append(_practitioner(who))
    joining = Joining(
        reference=f"{made[-1]['resourceType']}/{made[-1]['id']}",
        name=who.name or who.organization,
        role=role,
        does=does,
        organization=f"Organization/{made[0]['id']}" if len(made) > 1 else "",
        organization_name=who.organization,
    )
    return _join(by, patient, joining, made, if_match)


def _telecom(who: Outside | Relative) -> dict[str, list[dict[str, str]]]:
    points = [{"system": "phone", "value": who.phone, "use": "work"}] if who.phone else []
    email = getattr(who, "email", "")
    points += [{"system": "email", "value": email}] if email else []
    return {"telecom": points} if points else {}


def _organization(who: Outside, *, reachable: bool) -> Resource:
    made = {
        "resourceType": "Organization",
        "id": uuid4().hex,
        "active": True,
        "name": who.organization,
    }
    return made | (_telecom(who) if reachable else {})


def _practitioner(who: Outside) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": uuid4().hex,
        "active": True,
        "name": [_human(who.name)],
    } | _telecom(who)


def _human(name: str) -> dict[str, object]:
    """Return a name as FHIR has it: the last word is the family name, the whole is kept as text."""
    given, _space, family = name.strip().rpartition(" ")
    return {"text": name.strip(), "family": family} | ({"given": given.split()} if given else {})


def add_family(
    by: Principal,
    patient: str,
    who: Relative | str,
    role: str,
    does: str = "",
    *,
    if_match: int = 0,
) -> Committed:
    """Put family or a friend on the team; that alone lets them know nothing.

    Args:
        by: who does it.
        patient: the patient's id.
        who: somebody new, or the id of a RelatedPerson of this patient.
        role: what they are on the team.
        does: what they do, in words.
        if_match: the version of the team that was seen.

    Raises:
        MemberError: no name was given, or they are on the team already.
        VersionConflictError: somebody else changed the team meanwhile.
    """
    if isinstance(who, str):
        person = person_of(related_of(by, patient, who))
        joining = Joining(reference=person.reference, name=person.name, role=role, does=does)
        return _join(by, patient, joining, [], if_match)
    if not who.name.strip():
        raise MemberError(_("Give a name."), [Fault("name", _("Give a name."))])
    made: Resource = {
        "resourceType": "RelatedPerson",
        "id": uuid4().hex,
        "active": True,
        "patient": reference(f"Patient/{patient}"),
        "name": [_human(who.name)],
    } | _telecom(who)
    if who.relationship:
        made["relationship"] = [{"text": who.relationship}]
    joining = Joining(
        reference=f"RelatedPerson/{made['id']}", name=who.name.strip(), role=role, does=does
    )
    return _join(by, patient, joining, [made], if_match)


def _join(
    by: Principal, patient: str, joining: Joining, made: list[Resource], if_match: int
) -> Committed:
    with acting(by):
        require(by, "read", "Patient", patient)
        team, facts = _team(by, patient), known(by.org)
        joining = replace(joining, since=facts.as_of.date().isoformat())
        joined = join.joined(team or join.new_team(patient), joining)
        drafts = [*map(Draft, made), Draft(joined, if_match=if_match if team else None)]
        return store.commit(drafts, by=by, reason="care team: joined", room=ROOM)


def change_member(
    by: Principal, patient: str, place: int, role: str, does: str, *, if_match: int
) -> Committed:
    """Say anew what somebody is and does on the team.

    Raises:
        MemberError: something on the form is wrong.
        VersionConflictError: somebody else changed the team meanwhile.
    """
    return _change(by, patient, lambda team: join.changed(team, place, role, does), if_match)


def take_off(by: Principal, patient: str, place: int, *, if_match: int) -> Committed:
    """Take somebody off the team from today; that they were on it stays written.

    Raises:
        VersionConflictError: somebody else changed the team meanwhile.
    """
    on = today(by).isoformat()
    return _change(by, patient, lambda team: join.left(team, place, on), if_match)


def _change(
    by: Principal, patient: str, change: Callable[[Resource], Resource], if_match: int
) -> Committed:
    with acting(by):
        team = _team(by, patient)
        if team is None:
            raise NotFoundError(_("There is no care team yet. Add somebody first."))
        draft = Draft(change(team), if_match=if_match)
        return store.commit([draft], by=by, reason="care team: changed", room=ROOM)


def _team(by: Principal, patient: str) -> Resource | None:
    return known(by.org).read(f"CareTeam/{join.team_id(patient)}")
