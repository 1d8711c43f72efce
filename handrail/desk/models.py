"""What the desk shows, as rows: work, people, last contacts, the timeline; and unsaved text.

All but :class:`Draft` are projections: droppable, rebuilt from the record (``handrail rebuild``).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

OPEN = ("requested", "received", "accepted", "ready", "in-progress", "on-hold", "draft")


class WorkItem(models.Model):
    """One open Task: P1 holds in its columns.

    ``source`` is the Task's id. ``held`` is empty, "snoozed" or "waiting-on". ``due_at`` is the
    earlier of ``look_at`` (somebody looks at it next) and ``deadline`` (which never moves); a date
    without a time stands as noon UTC of that day, with ``…_timed`` false. ``priority`` runs from
    0 (stat) to 3 (routine). A Task of another system that has no owner or date of ours is
    ``adopted``: ``owner`` is then empty, which means the organization's intake pool.
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    status = models.TextField()
    held = models.TextField()
    owner = models.TextField()
    owner_name = models.TextField()
    look_at = models.DateTimeField()
    look_timed = models.BooleanField()
    deadline = models.DateTimeField(null=True)
    deadline_timed = models.BooleanField()
    due_at = models.DateTimeField()
    due_timed = models.BooleanField()
    authored_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    step = models.TextField()
    why = models.TextField()
    rule = models.TextField()
    source_text = models.TextField()
    focus = models.TextField()
    waiting_on = models.TextField()
    attempts = models.SmallIntegerField()
    priority = models.SmallIntegerField()
    adopted = models.BooleanField()

    class Meta:
        db_table = "desk_work_item"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="desk_work_item_p1_owner", condition=~Q(owner="") | Q(adopted=True)
            ),
            models.CheckConstraint(
                name="desk_work_item_p1_date", condition=Q(look_at__isnull=False)
            ),
            models.CheckConstraint(name="desk_work_item_open", condition=Q(status__in=OPEN)),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "owner", "due_at"], name="desk_work_item_owner"),
            models.Index(fields=["org", "patient", "due_at"], name="desk_work_item_patient"),
        ]


class PatientCard(models.Model):
    """A patient as the worklist and the banner show them."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    name = models.TextField()
    family = models.TextField()
    given = models.TextField()
    birth_date = models.TextField()
    deceased = models.BooleanField()
    deceased_on = models.TextField()
    language = models.TextField()
    interpreter = models.BooleanField()
    gender = models.TextField()
    pronouns = models.TextField()
    mrn = models.TextField()
    replaced_by = models.TextField()

    class Meta:
        db_table = "desk_patient_card"


class LastContact(models.Model):
    """One contact with a patient or their family, made or tried; lists show the latest."""

    pk = models.CompositePrimaryKey("org", "source_type", "source")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    patient = models.TextField()
    at = models.DateTimeField()
    how = models.TextField()
    outcome = models.TextField()
    reached = models.BooleanField()

    class Meta:
        db_table = "desk_last_contact"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "-at"], name="desk_last_contact_patient")
        ]


class Moment(models.Model):
    """One line of a patient's timeline. ``kind`` is ours, ``title`` and ``detail`` the record's.

    ``timed`` tells whether the record gave a time; a bare date stands as noon UTC of that day.
    ``about`` is the id of the Encounter that a note documents.
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source", "kind")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    patient = models.TextField()
    at = models.DateTimeField()
    timed = models.BooleanField()
    kind = models.TextField()
    title = models.TextField()
    detail = models.TextField()
    who = models.TextField()
    about = models.TextField()

    class Meta:
        db_table = "desk_moment"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "-at"], name="desk_moment_patient")
        ]


class Standing(models.Model):
    """One thing the banner says of a patient. ``kind`` says what, ``text`` and ``detail`` are it.

    "allergy": substance and reaction. "coverage": name, in force from ``starts_at`` to ``ends_at``;
    "checked": id of the Coverage, asked at ``starts_at``. "stay": the place, and "home" or the
    words for where somebody went at ``ends_at``. "primary": who gives primary care.
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    patient = models.TextField()
    kind = models.TextField()
    text = models.TextField()
    detail = models.TextField()
    rank = models.SmallIntegerField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "desk_standing"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="desk_standing_patient")
        ]


class Draft(models.Model):
    """What a person typed and has not saved yet. Not a projection; not part of the record."""

    pk = models.CompositePrimaryKey("org", "person", "key")
    org = models.IntegerField()
    person = models.TextField()
    key = models.TextField()
    content = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "desk_draft"
