"""Projections of this room: who is in hospital or came home, and the clocks. Droppable."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Person(models.Model):
    """Whom a stay is about: the name and birth date that lists show."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    name = models.TextField()
    birth_date = models.TextField()

    class Meta:
        db_table = "transitions_person"

    @override
    def __str__(self) -> str:
        """Return who this is."""
        return f"Patient/{self.source}"


class Stay(models.Model):
    """A stay in a hospital or facility, from an Encounter. ``inside``: the person is there now."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    inside = models.BooleanField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    timed = models.BooleanField()
    facility = models.TextField()
    reason = models.TextField()
    disposition = models.TextField()

    class Meta:
        db_table = "transitions_stay"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "ended_at"], name="transitions_stay_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which stay this is."""
        return f"Encounter/{self.source}"


class Clock(models.Model):
    """One piece of this room's work with its clock, from a Task.

    ``stay`` is the Encounter's id, ``due_by`` the deadline, ``look_at`` when somebody looks next.
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    stay = models.TextField()
    kind = models.TextField()
    status = models.TextField()
    is_open = models.BooleanField()
    due_by = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    owner = models.TextField()
    owner_name = models.TextField()
    attempts = models.IntegerField()
    why = models.TextField()
    ended_because = models.TextField()
    authored_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transitions_clock"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["org", "patient", "authored_at"], name="transitions_clock_patient"
            ),
            models.Index(fields=["org", "authored_at"], name="transitions_clock_recent"),
            models.Index(
                fields=["org", "look_at"],
                name="transitions_clock_open",
                condition=models.Q(is_open=True),
            ),
        ]

    @override
    def __str__(self) -> str:
        """Return which Task this is."""
        return f"Task/{self.source}"
