"""What people were told, one row for each provider or site that an answer is about."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Told(models.Model):
    """An answer about a provider or a site (``about``, a reference) and a plan.

    ``plan`` is the InsurancePlan's id, ``plan_key`` its name as names are compared. ``answer`` and
    ``new_patients`` are codes of handrail.fhir.directory.telling. ``earliest_on`` and ``told_on``
    are ISO 8601 dates, ``wait_days`` is null where nobody said. ``languages`` are BCP-47 codes with
    spaces between. ``stands`` is false once the answer was taken back.
    """

    pk = models.CompositePrimaryKey("org", "source", "place")
    org = models.IntegerField()
    source = models.TextField()
    place = models.IntegerField()
    about = models.TextField()
    plan = models.TextField()
    plan_key = models.TextField()
    plan_name = models.TextField()
    answer = models.TextField()
    new_patients = models.TextField()
    wait_days = models.IntegerField(null=True)
    earliest_on = models.TextField()
    languages = models.TextField()
    told_by = models.TextField()
    reference_number = models.TextField()
    told_on = models.TextField()
    told_at = models.TextField(default="")
    recorded_by = models.TextField()
    recorded_name = models.TextField(default="")
    via = models.TextField()
    stands = models.BooleanField()

    class Meta:
        db_table = "provider_network_told"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "about", "told_on"], name="provider_network_told_about"),
            models.Index(fields=["org", "plan_key", "about"], name="provider_network_told_plan"),
        ]

    @override
    def __str__(self) -> str:
        """Return which answer this is."""
        return f"VerificationResult/{self.source}.target[{self.place}]"
