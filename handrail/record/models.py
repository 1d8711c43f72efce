"""The tables of the record. Rows of versions and transactions are only ever added.

They are written and read by the SQL in this package; the models exist for migrations. Every key
begins with ``org``, the tenant, so that the same schema distributes by organization.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from typing_extensions import override

_NEWEST_FIRST = models.F("starts").desc(nulls_last=True)


class Transaction(models.Model):
    """Who changed the record, when and why; a link in the organization's hash chain.

    ``digest`` covers this row and its versions; ``hash`` is sha256(previous hash + digest).
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    person = models.TextField()
    name = models.TextField()
    reason = models.TextField()
    room = models.TextField()
    origin = models.TextField()
    link = models.BigIntegerField()
    digest = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        db_table = "record_transaction"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["org", "link"], name="record_transaction_link")
        ]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"{self.person}: {self.reason}"


class Version(models.Model):
    """One version of one resource, as text, with its own sha256."""

    pk = models.CompositePrimaryKey("org", "resource_type", "id", "version")
    org = models.IntegerField()
    resource_type = models.TextField()
    id = models.TextField()
    version = models.IntegerField()
    transaction = models.BigIntegerField()
    position = models.IntegerField()
    updated_at = models.DateTimeField()
    patient = models.TextField()
    deleted = models.BooleanField()
    cause = models.TextField()
    hash = models.BinaryField()
    body = models.TextField()

    class Meta:
        db_table = "record_version"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["org", "transaction", "position"], name="record_version_transaction"
            )
        ]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"{self.resource_type}/{self.id}/_history/{self.version}"


class Current(models.Model):
    """The search row of a resource: its current version, hashed tokens, dates and numbers.

    ``name`` is the half of a reference's token that says what is referred to (``hashing.named``),
    so that the database follows references both ways; ``listed``, ``due``, ``number`` and
    ``amount`` are what ``extract.Indexed`` says.
    ``content`` is a hash of the resource without what the server writes into ``meta``, so that the
    same resource received twice is recognised.
    """

    pk = models.CompositePrimaryKey("org", "resource_type", "id")
    org = models.IntegerField()
    resource_type = models.TextField()
    id = models.TextField()
    version = models.IntegerField()
    updated_at = models.DateTimeField()
    patient = models.TextField()
    deleted = models.BooleanField()
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    name = models.BigIntegerField(null=True)
    number = models.FloatField(null=True)
    amount = models.FloatField(null=True)
    listed = models.BigIntegerField(null=True)
    due = models.DateTimeField(null=True)
    tokens = ArrayField(models.BigIntegerField())
    content = models.BinaryField()

    class Meta:
        db_table = "record_current"
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["tokens"], name="record_current_tokens"),
            models.Index(
                "org", "patient", "resource_type", _NEWEST_FIRST, name="record_current_patient"
            ),
            models.Index("org", "resource_type", _NEWEST_FIRST, name="record_current_starts"),
            models.Index(
                fields=["org", "resource_type", "updated_at"], name="record_current_updated"
            ),
            models.Index(
                "org",
                "listed",
                _NEWEST_FIRST,
                name="record_current_listed",
                condition=models.Q(listed__isnull=False),
            ),
            models.Index(
                fields=["org", "listed", "due"],
                name="record_current_due",
                condition=models.Q(listed__isnull=False),
            ),
        ]

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"{self.resource_type}/{self.id}"


class Chain(models.Model):
    """The head of an organization's hash chain."""

    org = models.IntegerField(primary_key=True)
    link = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "record_chain"

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"organization {self.org}, link {self.link}"


class Swept(models.Model):
    """When a sweep last ran for an organization."""

    pk = models.CompositePrimaryKey("org", "sweep")
    org = models.IntegerField()
    sweep = models.TextField()
    ran_at = models.DateTimeField()

    class Meta:
        db_table = "record_swept"

    @override
    def __str__(self) -> str:
        """Return what the row is about."""
        return f"{self.sweep} at {self.ran_at}"
