"""The directories of payers that an organization pulls."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Directory(models.Model):
    """A payer's Plan-Net server. ``id`` begins the ids of all that comes from it.

    ``since`` is when the last pull that came to its end began, as this server's clock had it;
    ``run`` where a pull stands now (empty: none is under way); ``last`` what the last one brought;
    ``error`` why the last try failed, in words for people.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    name = models.TextField()
    base = models.TextField()
    every_hours = models.IntegerField(default=24)
    since = models.TextField(default="")
    run = models.JSONField(default=dict)
    last = models.JSONField(default=dict)
    error = models.TextField(default="")
    added_at = models.DateTimeField()

    class Meta:
        db_table = "plan_net_directory"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["org", "base"], name="plan_net_directory_base")
        ]

    @override
    def __str__(self) -> str:
        """Return what the directory is called here."""
        return self.name
