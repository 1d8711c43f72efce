"""Who work can be given to: the organization's people and teams, kept for some seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.utils import timezone

from handrail.access.models import Cover, Membership, Team
from handrail.access.principal import Principal, Role

_KEPT_SECONDS = 20.0
_WORKING = {Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN}
_found: dict[int, tuple[float, Colleagues]] = {}


@dataclass(frozen=True, slots=True)
class Colleagues:
    """(reference, name) of people and teams."""

    people: tuple[tuple[str, str], ...]
    teams: tuple[tuple[str, str], ...]

    def name_of(self, reference: str) -> str:
        """Return the name of a person or team, or an empty string."""
        return next((name for ref, name in (*self.people, *self.teams) if ref == reference), "")


def colleagues(org: int) -> Colleagues:
    """Return the people who do work here, and the teams."""
    kept = _found.get(org)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    members = Membership.objects.filter(org=org, active=True)
    people = tuple((m.person, m.name) for m in members if _WORKING & set(m.roles))
    teams = tuple((team.reference, team.name) for team in Team.objects.filter(org=org))
    found = Colleagues(people, teams)
    _found[org] = (time.monotonic() + _KEPT_SECONDS, found)
    return found


def covers(principal: Principal) -> list[tuple[str, str, str]]:
    """Return (reference, name, until) of the colleagues the principal covers for now."""
    if not principal.covers:
        return []
    now = timezone.now()
    names = colleagues(principal.org)
    rows = Cover.objects.filter(
        org=principal.org, covering=principal.person, starts_at__lte=now, ends_at__gt=now
    )
    return [(row.covered, names.name_of(row.covered), row.ends_at.isoformat()) for row in rows]
