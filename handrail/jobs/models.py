"""The table of the queue. It is read and written by the SQL in this package."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from typing_extensions import override


class State(models.TextChoices):
    """Where a job stands. One that is done is deleted."""

    WAITING = "waiting"
    RUNNING = "running"  # by whoever holds ``lease``, until ``lease_until``
    FAILED = "failed"  # kept until somebody tries it again or sets it aside


class Row(models.Model):
    """One job. ``payload`` and ``error`` hold references and codes, never what a record says."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.BigIntegerField()
    kind = models.TextField()
    key = models.TextField(default="")
    payload = models.JSONField()
    by = models.JSONField()
    state = models.TextField(choices=State.choices, default=State.WAITING)
    attempt = models.IntegerField(default=0)
    enqueued_at = models.DateTimeField()
    run_at = models.DateTimeField()
    lease = models.TextField(default="")
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(default="")

    class Meta:
        db_table = "jobs_job"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["org", "kind", "key"],
                condition=Q(state="waiting") & ~Q(key=""),
                name="jobs_job_key",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "state", "run_at"], name="jobs_job_due")
        ]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"job {self.id}, {self.kind}"
