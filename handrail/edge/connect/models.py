"""The connections of an organization. Private keys are files in the data folder, never here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Connection(models.Model):
    """An EHR that Handrail pulls from and may be opened from, or another system that is asked.

    ``jwks`` are our public keys; ``referrals``: they are sent there and come from there.
    ``position`` is the transactionTime of the last pull that went in whole, as the EHR wrote it;
    ``run`` where a pull stands now (empty: none is under way); ``last`` what the last one brought;
    ``error`` why the last try failed, in words for people.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    name = models.TextField()
    base = models.TextField()
    client_id = models.TextField(default="")
    launch_client_id = models.TextField(default="")
    scope = models.TextField(default="")
    group = models.TextField(default="")
    types = models.TextField(default="")
    every_hours = models.IntegerField(default=0)
    referrals = models.BooleanField(default=False)
    jwks = models.JSONField()
    position = models.TextField(default="")
    run = models.JSONField(default=dict)
    last = models.JSONField(default=dict)
    error = models.TextField(default="")
    added_at = models.DateTimeField()
    pulled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connect_connection"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["org", "name"], name="connect_connection_name")
        ]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return self.name

    @property
    def device(self) -> str:
        """Return who acts when something is pulled, without "Device/"."""
        return f"connect-{self.name}"
