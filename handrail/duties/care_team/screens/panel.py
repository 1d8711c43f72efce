"""Beside the summary: the team with the first way to reach each."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string

from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.duties.care_team.actions import today
from handrail.duties.care_team.models import TeamMember
from handrail.duties.care_team.resources import person_of
from handrail.duties.care_team.screens import words
from handrail.record import store

MOST = 8
_REACHED = ("Practitioner/", "Organization/", "RelatedPerson/")


def side(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the panel: who is on the team, what they do, the first phone number."""
    if not allows(principal, "read", "CareTeam") or not allows(principal, "read", "Task"):
        return ""
    still = Q(until="") | Q(until__gt=today(principal).isoformat())
    mine = TeamMember.objects.filter(still, org=principal.org, patient=patient)
    rows = list(mine.order_by("place")[: MOST + 1])
    reached = [row.reference for row in rows if row.reference.startswith(_REACHED)]
    people = store.several(reached, by=principal) if reached else {}
    phones = {reference: _phone(one.resource) for reference, one in people.items()}
    known = {
        "patient": patient,
        "rows": [
            (row.name, words.role(row.role), row.does, phones.get(row.reference, ""))
            for row in rows[:MOST]
        ],
        "more": len(rows) > MOST,
    }
    return render_to_string("care_team/side.html", known, request=request)


def _phone(resource: dict[str, object]) -> str:
    ways = person_of(resource).ways
    return next((way.value for way in ways if way.system in {"phone", "sms"}), "")
