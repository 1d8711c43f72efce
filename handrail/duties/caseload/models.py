"""What the caseload screens and sweeps read; rebuilt from the record at any time."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from typing_extensions import override


class Face(models.Model):
    """A patient as a row of the caseload."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    name = models.TextField()
    sort_name = models.TextField(db_collation="C")
    birth_date = models.TextField()
    born: models.DateField[date | None, date | None] = models.DateField(null=True)
    deceased = models.BooleanField()

    class Meta:
        db_table = "caseload_face"

    @override
    def __str__(self) -> str:
        """Return the name as lists show it."""
        return self.name


class Stay(models.Model):
    """A stay in hospital or a visit to an emergency department. ``kind``: see resources."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    status = models.TextField()
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)

    class Meta:
        db_table = "caseload_stay"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="caseload_stay_patient"),
            models.Index(fields=["org", "kind", "ends"], name="caseload_stay_ends"),
            models.Index(fields=["org", "kind", "starts"], name="caseload_stay_starts"),
        ]

    @override
    def __str__(self) -> str:
        """Return what kind of stay and since when."""
        return f"{self.kind} {self.starts}"


class Chronic(models.Model):
    """A chronic condition by its group (``chronic.*`` in the rule files)."""

    pk = models.CompositePrimaryKey("org", "source", "group")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    group = models.TextField(db_column="condition_group")
    onset: models.DateField[date | None, date | None] = models.DateField(null=True)

    class Meta:
        db_table = "caseload_chronic"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "group"], name="caseload_chronic_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return the group."""
        return self.group


class Enrolment(models.Model):
    """A patient in a program (EpisodeOfCare). ``manager`` and ``team`` are references or empty."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    program = models.TextField()
    status = models.TextField()
    manager = models.TextField()
    manager_name = models.TextField()
    team = models.TextField()
    starts: models.DateField[date | None, date | None] = models.DateField(null=True)
    review_on: models.DateField[date | None, date | None] = models.DateField(null=True)

    class Meta:
        db_table = "caseload_enrolment"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="caseload_enrolment_patient"),
            models.Index(fields=["org", "status", "program"], name="caseload_enrolment_program"),
            models.Index(fields=["org", "manager", "status"], name="caseload_enrolment_manager"),
        ]

    @override
    def __str__(self) -> str:
        """Return the program and the status."""
        return f"{self.program} ({self.status})"


class OpenWork(models.Model):
    """An open Task of a patient. ``look_at`` is when somebody looks at it next."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    owner = models.TextField()
    look_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "caseload_open_work"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "look_at"], name="caseload_open_work_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return the kind of work."""
        return self.kind


class Touch(models.Model):
    """A two-way contact with a patient: from an Encounter or a Communication."""

    pk = models.CompositePrimaryKey("org", "source_type", "source")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    patient = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "caseload_touch"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "at"], name="caseload_touch_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return when."""
        return str(self.at)


class NextVisit(models.Model):
    """A visit that is to take place (Appointment)."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    starts_at = models.DateTimeField()

    class Meta:
        db_table = "caseload_next_visit"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "starts_at"], name="caseload_visit_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return when."""
        return str(self.starts_at)
