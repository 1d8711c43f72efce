"""What is known of each subscription beside the resource, and the events that matched it.

Every key begins with the organization. Rows hold references, never what a record says.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Status(models.TextChoices):
    """As Subscription.status: http://hl7.org/fhir/R4/valueset-subscription-status.html."""

    REQUESTED = "requested"
    ACTIVE = "active"
    ERROR = "error"
    OFF = "off"


class Followed(models.Model):
    """One subscription. ``version`` is that of the resource we know of.

    ``by`` is who wrote it, kept to be asked for again (see access.again). ``events`` is the number
    of the last event, ``delivered`` that of the last one that arrived. ``resource_type`` is what it
    is about, ``heartbeat`` seconds between two signs of life (0: none).
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    version = models.IntegerField()
    status = models.TextField(choices=Status.choices)
    by = models.JSONField()
    resource_type = models.TextField(default="")
    events = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    error = models.TextField(default="")
    ends_at = models.DateTimeField(null=True)
    heartbeat = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "subscriptions_followed"

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"Subscription/{self.id}"


class Happened(models.Model):
    """One event of one subscription: which version of which resource, and how it came about."""

    pk = models.CompositePrimaryKey("org", "subscription", "number")
    org = models.IntegerField()
    subscription = models.TextField()
    number = models.BigIntegerField()
    at = models.DateTimeField()
    resource_type = models.TextField()
    resource_id = models.TextField()
    version = models.IntegerField()
    interaction = models.TextField()  # create, update or delete

    class Meta:
        db_table = "subscriptions_event"
        ordering: ClassVar[list[str]] = ["org", "subscription", "number"]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"event {self.number} of Subscription/{self.subscription}"

    @property
    def reference(self) -> str:
        """Return ``Type/id`` of what changed."""
        return f"{self.resource_type}/{self.resource_id}"


class Tail(models.Model):
    """Up to which link of its hash chain an organization's changes were looked at."""

    org = models.IntegerField(primary_key=True)
    link = models.BigIntegerField()

    class Meta:
        db_table = "subscriptions_tail"

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"organization {self.org}, link {self.link}"
