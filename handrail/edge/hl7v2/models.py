"""The inbox, and what the feed said before. Every key begins with the organization.

``Inbox`` is the proof of what came (P4) and is never rebuilt. ``Said``, ``VisitFacts`` and
``Known`` are derived from it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Status(models.TextChoices):
    """What became of a message."""

    RECEIVED = "received"  # stored, not applied yet
    APPLIED = "applied"
    NOT_UNDERSTOOD = "not-understood"
    IGNORED = "ignored"  # of a kind that Handrail does not take
    SET_ASIDE = "set-aside"  # by a person, with a reason


class Inbox(models.Model):
    """One message as it came. ``error`` and ``issues`` carry no patient data; ``raw`` does."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    digest = models.TextField()  # SHA-256 of raw
    raw = models.BinaryField()
    control_id = models.TextField(default="")
    sending_application = models.TextField(default="")
    sending_facility = models.TextField(default="")
    message_type = models.TextField(default="")
    event = models.TextField(default="")
    status = models.TextField(choices=Status.choices, default=Status.RECEIVED)
    condition = models.TextField(default="")  # HL7 table 0357
    error = models.TextField(default="")
    issues = models.JSONField(default=list)
    transaction = models.BigIntegerField(null=True)
    task = models.TextField(default="")
    attempts = models.IntegerField(default=0)
    repeats = models.IntegerField(default=0)

    class Meta:
        db_table = "hl7v2_inbox"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["org", "digest"], name="hl7v2_inbox_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "last_received_at"], name="hl7v2_inbox_latest"),
            models.Index(fields=["org", "status", "received_at"], name="hl7v2_inbox_status"),
        ]

    @override
    def __str__(self) -> str:
        return self.id


class Said(models.Model):
    """What the feed said last about one resource, field by field, and when (see merging)."""

    pk = models.CompositePrimaryKey("org", "reference")
    org = models.IntegerField()
    reference = models.TextField()
    patient = models.TextField()
    values = models.JSONField(default=dict)
    at = models.JSONField(default=dict)

    class Meta:
        db_table = "hl7v2_said"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="hl7v2_said_patient")
        ]

    @override
    def __str__(self) -> str:
        return self.reference


class VisitFacts(models.Model):
    """What one message said about one visit (see visits)."""

    pk = models.CompositePrimaryKey("org", "visit", "digest")
    org = models.IntegerField()
    visit = models.TextField()  # Encounter id
    digest = models.TextField()
    patient = models.TextField()
    facts = models.JSONField()

    class Meta:
        db_table = "hl7v2_visit"

    @override
    def __str__(self) -> str:
        return f"Encounter/{self.visit}"


class Known(models.Model):
    """Which resource an identifier of the feed means."""

    pk = models.CompositePrimaryKey("org", "resource_type", "key")
    org = models.IntegerField()
    resource_type = models.TextField()
    key = models.TextField()  # SHA-256 of system and value
    identity = models.TextField()

    class Meta:
        db_table = "hl7v2_known"

    @override
    def __str__(self) -> str:
        return f"{self.resource_type}/{self.identity}"
