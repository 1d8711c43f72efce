"""Projections of this room: assessments, forms and the work they ask for. Droppable, rebuildable.

One table a resource type, because a list of assessments is read without opening a single answer.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Assessment(models.Model):
    """One QuestionnaireResponse.

    ``form`` is the url of its questionnaire; ``words`` what its scores say is read from ``Score``.
    ``answered`` of ``asked`` questions have an answer or were declined, as far as is known.
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    form = models.TextField()
    title = models.TextField()
    status = models.TextField()
    at = models.DateTimeField(null=True)
    by = models.TextField()
    by_name = models.TextField()
    language = models.TextField()
    asked_by = models.TextField()
    answered = models.IntegerField()
    asked = models.IntegerField()
    own = models.BooleanField()

    class Meta:
        db_table = "intake_assessment"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "at"], name="intake_assessment_patient"),
            models.Index(fields=["org", "form", "status", "at"], name="intake_assessment_form"),
        ]

    @override
    def __str__(self) -> str:
        """Return which assessment this is."""
        return f"QuestionnaireResponse/{self.source}"


class Score(models.Model):
    """A score, from an Observation. ``value`` null: not counted, an answer is missing."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    assessment = models.TextField()
    code = models.TextField()
    name = models.TextField()
    value = models.DecimalField(null=True, max_digits=20, decimal_places=6)
    words = models.TextField()
    positive = models.BooleanField()
    at = models.DateTimeField(null=True)

    class Meta:
        db_table = "intake_score"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "code", "at"], name="intake_score_patient"),
            models.Index(fields=["org", "assessment"], name="intake_score_assessment"),
        ]

    @override
    def __str__(self) -> str:
        """Return which score this is."""
        return f"Observation/{self.source}"


class Form(models.Model):
    """One Questionnaire. ``codes`` are the LOINC codes of the whole form, joined by blanks."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    url = models.TextField()
    version = models.TextField()
    title = models.TextField()
    status = models.TextField()
    publisher = models.TextField()
    codes = models.TextField()
    languages = models.TextField()
    questions = models.IntegerField()
    copyright = models.TextField()

    class Meta:
        db_table = "intake_form"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "url"], name="intake_form_url"),
        ]

    @override
    def __str__(self) -> str:
        """Return which form this is."""
        return f"Questionnaire/{self.source}"


class Asked(models.Model):
    """An open Task of this room. ``about`` is the id its focus points at."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    about = models.TextField()
    rule = models.TextField()
    step = models.TextField()
    why = models.TextField()
    owner = models.TextField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "intake_asked"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "kind"], name="intake_asked_patient"),
            models.Index(fields=["org", "kind", "owner"], name="intake_asked_kind"),
        ]

    @override
    def __str__(self) -> str:
        """Return which Task this is."""
        return f"Task/{self.source}"


class Enrolled(models.Model):
    """An active EpisodeOfCare: whom assessments may be due for."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    program = models.TextField()

    class Meta:
        db_table = "intake_enrolled"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="intake_enrolled_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return which enrolment this is."""
        return f"EpisodeOfCare/{self.source}"
