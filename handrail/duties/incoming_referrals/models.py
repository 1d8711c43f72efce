"""The queue of what arrived. Projections only; the record has the truth."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Arrived(models.Model):
    """One thing that arrived. No column says whom it is about, and nothing of what it says.

    ``source`` is a DocumentReference or, for another system's request, a Task. ``state`` is
    "waiting", "sorted" or "aside".
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    channel = models.TextField()
    sender = models.TextField(default="")
    arrived_at = models.DateTimeField(null=True)
    state = models.TextField()
    pieces = models.IntegerField(default=0)

    class Meta:
        db_table = "incoming_arrived"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "state", "arrived_at"], name="incoming_arrived_state")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.source_type}/{self.source}"


class Form(models.Model):
    """Whether the organization takes referrals from its public page; closed unless it says so."""

    org = models.IntegerField(primary_key=True)
    is_open = models.BooleanField(default=False)
    greeting = models.TextField(default="")

    class Meta:
        db_table = "incoming_form"

    @override
    def __str__(self) -> str:
        return str(self.org)


class Filled(models.Model):
    """That a form was sent, and from where (a hash): so that nobody floods the queue."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.UUIDField()
    place = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "incoming_filled"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "at"], name="incoming_filled_at")
        ]

    @override
    def __str__(self) -> str:
        return str(self.id)
