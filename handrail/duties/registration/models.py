"""What the screens read about people; rebuilt from the record at any time."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from typing_extensions import override


class Person(models.Model):
    """One patient as a row of a list: who they are, not what they have."""

    pk = models.CompositePrimaryKey("org", "patient")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    name = models.TextField()
    sort_name = models.TextField(db_collation="C")
    birth_date = models.TextField()
    born: models.DateField[date | None, date | None] = models.DateField(null=True)
    gender = models.TextField()
    mrn = models.TextField()
    phone = models.TextField()
    message = models.TextField()
    language = models.TextField()
    interpreter = models.TextField()
    deceased = models.BooleanField()

    class Meta:
        db_table = "registration_person"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "source"], name="registration_person_source"),
            models.Index(fields=["org", "sort_name"], name="registration_person_name"),
        ]

    @override
    def __str__(self) -> str:
        """Return the name as lists show it."""
        return self.name


class PersonKey(models.Model):
    """Something a person is found by: see :mod:`handrail.duties.registration.rules.words`."""

    pk = models.CompositePrimaryKey("org", "key", "patient")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    key = models.TextField(db_collation="C")

    class Meta:
        db_table = "registration_key"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "source"], name="registration_key_source"),
        ]

    @override
    def __str__(self) -> str:
        """Return the key."""
        return self.key


class MayTalk(models.Model):
    """Somebody we may talk to about a patient, about what and until when (RelatedPerson)."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    name = models.TextField()
    relationship = models.TextField()
    phone = models.TextField()
    scope = models.TextField()
    starts_on: models.DateField[date | None, date | None] = models.DateField(null=True)
    ends_on: models.DateField[date | None, date | None] = models.DateField(null=True)

    class Meta:
        db_table = "registration_may_talk"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="registration_may_talk_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return who."""
        return self.name
