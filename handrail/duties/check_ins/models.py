"""Projections of this room: contacts, their notes, and attempts. Droppable, rebuildable.

Three tables, because a contact is an Encounter with a DocumentReference as its note, and an
attempt is a Communication.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Contact(models.Model):
    """A two-way contact, from an Encounter. ``minutes`` 0: not known; ``by`` who made it."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    at = models.DateTimeField()
    how = models.TextField()
    outcome = models.TextField()
    reached = models.TextField()
    minutes = models.IntegerField()
    by = models.TextField()
    by_name = models.TextField()

    class Meta:
        db_table = "check_ins_contact"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "at"], name="check_ins_contact_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which contact this is."""
        return f"Encounter/{self.source}"


class Attempt(models.Model):
    """An attempt, a message or a word with staff, from a Communication."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    at = models.DateTimeField()
    how = models.TextField()
    outcome = models.TextField()
    reached = models.TextField()
    minutes = models.IntegerField()
    by = models.TextField()
    by_name = models.TextField()
    note = models.TextField()

    class Meta:
        db_table = "check_ins_attempt"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "at"], name="check_ins_attempt_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which attempt this is."""
        return f"Communication/{self.source}"


class Note(models.Model):
    """The note of a contact, from a DocumentReference. ``contact`` is the Encounter's id."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    contact = models.TextField()
    text = models.TextField()

    class Meta:
        db_table = "check_ins_note"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "contact"], name="check_ins_note_contact")
        ]

    @override
    def __str__(self) -> str:
        """Return which note this is."""
        return f"DocumentReference/{self.source}"
