"""Who relies on what an office said: open referrals, booked visits, and the work about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Relying(models.Model):
    """An open referral, or a booked visit (``visit_on``, ISO), at ``about`` (a reference)."""

    pk = models.CompositePrimaryKey("org", "source_type", "source", "place")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    place = models.IntegerField()
    patient = models.TextField()
    about = models.TextField()
    visit_on = models.TextField()

    class Meta:
        db_table = "provider_network_relying"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="provider_network_relying_who"),
            models.Index(fields=["org", "about"], name="provider_network_relying_on"),
        ]

    @override
    def __str__(self) -> str:
        """Return what relies on whom."""
        return f"{self.source_type}/{self.source} {self.about}"


class Asking(models.Model):
    """An open Task of this room: an office to call, or an answer to ask for again."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    about = models.TextField()
    plan = models.TextField()
    look_by = models.TextField()

    class Meta:
        db_table = "provider_network_asking"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "kind"], name="provider_network_asking_who"),
            models.Index(fields=["org", "about"], name="provider_network_asking_about"),
        ]

    @override
    def __str__(self) -> str:
        """Return which work this is."""
        return f"Task/{self.source}"
