"""Who works here and what the house is called, for every room that names people."""

from __future__ import annotations

from handrail.access.models import Membership, Organization, Team


def colleagues(org: int) -> dict[str, str]:
    """Return the names of those who work here and of their teams, by reference."""
    found = {m.person: m.name for m in Membership.objects.filter(org=org, active=True)}
    return found | {team.reference: team.name for team in Team.objects.filter(org=org)}


def organization_name(org: int) -> str:
    """Return what the organization is called."""
    return Organization.objects.filter(id=org).values_list("name", flat=True).first() or ""
