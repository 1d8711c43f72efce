"""Seeing the team: who is on it, how to reach them, what family may know, who waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import colleagues
from handrail.access.principal import Principal
from handrail.duties.care_team.resources import (
    Member,
    PermissionView,
    Person,
    TeamView,
    permission_view,
    person_of,
    team_view,
)
from handrail.duties.care_team.rules.waiting import Waiting, waiting
from handrail.fhir.errors import ForbiddenError
from handrail.fhir.resource import Resource, id_of
from handrail.record import store
from handrail.record.known import known

ROOM = "care_team"


@dataclass(frozen=True, slots=True)
class Shown:
    """A member with how to reach them and, for family, what they may know."""

    member: Member
    person: Person | None
    permission: PermissionView | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The team of a patient: those on it now, those who left, other teams, and who waits."""

    team: TeamView | None
    now: Sequence[Shown]
    before: Sequence[Shown]
    others: Sequence[tuple[TeamView, Sequence[Shown]]]
    missing: Sequence[tuple[str, str]]
    family: Sequence[tuple[Person, PermissionView | None]]
    waiting: Sequence[Waiting]

    @property
    def version(self) -> int:
        """Return the version of the team that is kept here; 0 if there is none yet."""
        return self.team.version if self.team else 0


def today(by: Principal) -> date:
    """Return the date of now, where the organization is."""
    return known(by.org).as_of.date()


def see_team(by: Principal, patient: str) -> Seen:
    """Return the team of a patient and who is waiting on whom; the look is audited.

    Raises:
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        require(by, "read", "Patient", patient)
        teams = [team_view(s.resource) for s in store.of_patient(patient, "CareTeam", by=by)]
        consents = store.of_patient(patient, "Consent", by=by)
        related = store.of_patient(patient, "RelatedPerson", by=by)
        tasks = [s.resource for s in store.of_patient(patient, "Task", by=by)]
        people = _people(by, teams, [person_of(s.resource) for s in related])
    allowed = allowed_on([s.resource for s in consents], today(by))
    own = next((team for team in teams if team.own), None)
    ours = colleagues(by.org)
    members = [_shown(member, people, allowed) for member in (own.members if own else ())]
    on = today(by)
    return Seen(
        team=own,
        now=[one for one in members if one.member.is_on(on)],
        before=[one for one in members if not one.member.is_on(on)],
        others=[
            (team, [_shown(member, people, allowed) for member in team.members])
            for team in teams
            if not team.own and team.active
        ],
        missing=_missing(tasks, teams, ours, on),
        family=[
            (person, allowed.get(id_of(person.reference)))
            for person in map(person_of, (s.resource for s in related))
            if not person.ended
        ],
        waiting=waiting(tasks, f"Patient/{patient}", frozenset(ours)),
    )


def _people(
    by: Principal, teams: Sequence[TeamView], family: Sequence[Person]
) -> dict[str, Person]:
    found = {person.reference: person for person in family}
    directory = ("Practitioner/", "Organization/", "PractitionerRole/")
    wanted = {m.reference for team in teams for m in team.members if m.reference not in found}
    stored = store.several([ref for ref in sorted(wanted) if ref.startswith(directory)], by=by)
    return found | {reference: person_of(one.resource) for reference, one in stored.items()}


def allowed_on(consents: Sequence[Resource], on: date) -> dict[str, PermissionView]:
    """Return the permission that holds, by the id of the RelatedPerson; the latest wins."""
    views = [view for consent in consents if (view := permission_view(consent))]
    views.sort(key=lambda view: view.given_on)
    return {view.related: view for view in views if view.holds(on)}


def _shown(member: Member, people: dict[str, Person], allowed: dict[str, PermissionView]) -> Shown:
    return Shown(
        member, people.get(member.reference), allowed.get(id_of(member.reference, "RelatedPerson"))
    )


def _missing(
    tasks: Sequence[Resource], teams: Sequence[TeamView], ours: dict[str, str], on: date
) -> list[tuple[str, str]]:
    """Return who does something for the person and is on no team: (reference, name)."""
    on_it = {m.reference for team in teams for m in team.members if m.is_on(on)}
    doing = {str((task.get("owner") or {}).get("reference", "")) for task in tasks}
    found = [ref for ref in ours if ref in doing and ref not in on_it]
    return [(ref, ours[ref]) for ref in found if ref.startswith("Practitioner/")]


def related_of(by: Principal, patient: str, related: str) -> Resource:
    """Return a RelatedPerson of this patient.

    Raises:
        NotFoundError: there is none of that id.
        ForbiddenError: this one belongs to another patient.
    """
    stored = store.read(f"RelatedPerson/{related}", by=by).resource
    if id_of(stored.get("patient"), "Patient") != patient:
        raise ForbiddenError(_("This person belongs to another patient."))
    return stored
