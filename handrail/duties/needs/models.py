"""What the lists of needs read; rebuilt from the record at any time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Need(models.Model):
    """A need or a strength. ``area``: what it is sorted under; ``since``, ``until``: FHIR dates."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    state = models.TextField()
    area = models.TextField()
    code = models.TextField()
    words = models.TextField()
    since = models.TextField()
    until = models.TextField()
    wish = models.TextField()
    by_name = models.TextField()

    class Meta:
        db_table = "needs_need"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "state"], name="needs_need_patient"),
            models.Index(fields=["org", "state", "kind", "area"], name="needs_need_area"),
        ]

    @override
    def __str__(self) -> str:
        """Return which need this is."""
        return f"Condition/{self.source}"


class Addressed(models.Model):
    """A need (``need``, the Condition's id) that a goal or a referral addresses.

    ``source_type``: Goal or ServiceRequest.
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source", "need")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    patient = models.TextField()
    need = models.TextField()

    class Meta:
        db_table = "needs_addressed"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "need"], name="needs_addressed_need"),
        ]

    @override
    def __str__(self) -> str:
        """Return what addresses which need."""
        return f"{self.source_type}/{self.source} Condition/{self.need}"
