"""Projection of this room: who is on which patient's team. Droppable, rebuildable."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class TeamMember(models.Model):
    """Somebody on the team that is kept here for a patient. ``until`` empty: still on it."""

    pk = models.CompositePrimaryKey("org", "source", "place")
    org = models.IntegerField()
    source = models.TextField()
    place = models.IntegerField()
    patient = models.TextField()
    reference = models.TextField()
    name = models.TextField()
    role = models.TextField()
    does = models.TextField()
    until = models.TextField()

    class Meta:
        db_table = "care_team_member"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="care_team_member_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which member this is."""
        return f"CareTeam/{self.source}.participant[{self.place}]"
