"""Codes, launches and used assertions: what lives for minutes between an app and a token."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Code(models.Model):
    """An authorization code, of which the SHA-256 is kept. It is used once, within a minute.

    ``grant`` says what was granted; ``challenge`` is the S256 code challenge (RFC 7636).
    """

    pk = models.CompositePrimaryKey("org", "digest")
    org = models.IntegerField()
    digest = models.BinaryField(unique=True)
    app = models.TextField()
    grant = models.TextField(db_column="grant_id")
    redirect_uri = models.TextField()
    challenge = models.TextField()
    nonce = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "smart_code"


class Launch(models.Model):
    """A person opens an app from a patient's page: the ``launch`` the app brings back, once."""

    pk = models.CompositePrimaryKey("org", "digest")
    org = models.IntegerField()
    digest = models.BinaryField(unique=True)
    app = models.TextField()
    person = models.TextField()
    patient = models.TextField()
    encounter = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "smart_launch"


class UsedAssertion(models.Model):
    """A signed client assertion that was used: its ``jti`` is refused until it has expired."""

    pk = models.CompositePrimaryKey("org", "app", "digest")
    org = models.IntegerField()
    app = models.TextField()
    digest = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "smart_used_assertion"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "expires_at"], name="smart_used_assertion_ends")
        ]
