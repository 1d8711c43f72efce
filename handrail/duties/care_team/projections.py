"""Resource in, rows out: the members of a patient's team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.duties.care_team.models import TeamMember
from handrail.duties.care_team.resources import team_view
from handrail.fhir.resource import Resource, id_of
from handrail.record.registry import Projection


def project_members(team: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each member of the team that is kept here for a patient."""
    view, patient = team_view(team), id_of(team.get("subject"), "Patient")
    if not (view.own and view.active and patient):
        return
    for member in view.members:
        yield {
            "place": member.place,
            "patient": patient,
            "reference": member.reference,
            "name": member.name,
            "role": member.role or member.role_text,
            "does": member.does,
            "until": member.until[:10],
        }


PROJECTIONS = (Projection(of="CareTeam", into=TeamMember, rows=project_members),)
