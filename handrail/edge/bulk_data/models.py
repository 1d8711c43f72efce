"""What was asked for in bulk, and how far it is. The files themselves are in the data folder."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class State(models.TextChoices):
    """Where a request stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ENDED = "ended"  # cancelled, or its time is over: the files are gone


class BulkRequest(models.Model):
    """One ``$export`` or ``$import``: who asked for what, and how far it is.

    ``asked`` is what was asked for, ``by`` the principal in short (whoever fetches the files must
    be no less); ``link`` and ``at`` the moment at which an export reads the record; ``progress``
    where the work stands, ``files`` what is finished. Rows are kept when the files are gone: a
    later export with ``_since`` finds in them what was committed late.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    kind = models.TextField()  # export, import
    person = models.TextField()
    by = models.JSONField()
    url = models.TextField()
    base = models.TextField()
    asked = models.JSONField()
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    run = models.TextField(default="")
    link = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    requested_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    error = models.TextField(default="")

    class Meta:
        db_table = "bulk_request"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "at"], name="bulk_request_at")
        ]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"{self.kind} {self.id}"
