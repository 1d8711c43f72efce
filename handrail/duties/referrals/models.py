"""What the referral lists read; rebuilt from the record at any time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Referral(models.Model):
    """A row of the board: one Task, one receiver who is asked.

    ``request`` is the ServiceRequest's id. ``stage`` a :class:`handrail.fhir.referring.stages`
    code, ``since`` and ``look_at`` instants as FHIR text, ``look_on`` the day of ``look_at``.
    ``receiver`` is a reference, ``looker`` who looks here. ``trouble``: why nothing arrives there.
    ``answered``: the first answer (accepted, declined, more-needed, waitlisted), or empty.
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    request = models.TextField()
    stage = models.TextField()
    open = models.BooleanField()
    since = models.TextField()
    look_at = models.TextField()
    look_on = models.TextField()
    channel = models.TextField()
    trouble = models.TextField()
    receiver = models.TextField()
    receiver_name = models.TextField()
    what = models.TextField()
    looker = models.TextField()
    looker_name = models.TextField()
    urgent = models.BooleanField()
    answered = models.TextField()
    visit = models.TextField()

    class Meta:
        db_table = "referrals_referral"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="referrals_patient"),
            models.Index(fields=["org", "open", "stage", "look_at"], name="referrals_board"),
            models.Index(fields=["org", "request"], name="referrals_asked"),
        ]

    @override
    def __str__(self) -> str:
        """Return which Task this is."""
        return f"Task/{self.source}"


class Request(models.Model):
    """A ServiceRequest that was made here: ``status`` is FHIR's, ``closed`` the closing reason."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    status = models.TextField()
    kind = models.TextField()
    category = models.TextField()
    what = models.TextField()
    asked_on = models.TextField()
    closed = models.TextField()
    closed_on = models.TextField()

    class Meta:
        db_table = "referrals_request"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient"], name="referrals_request_patient"),
            models.Index(fields=["org", "status", "asked_on"], name="referrals_request_status"),
        ]

    @override
    def __str__(self) -> str:
        """Return which ServiceRequest this is."""
        return f"ServiceRequest/{self.source}"


class FollowUp(models.Model):
    """Open work about a referral that ended: decide, review, ask whether the need is met."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    request = models.TextField()
    kind = models.TextField()
    step = models.TextField()
    look_at = models.TextField()

    class Meta:
        db_table = "referrals_follow_up"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "request"], name="referrals_follow_up_request"),
            models.Index(fields=["org", "patient"], name="referrals_follow_up_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return which Task this is."""
        return f"Task/{self.source}"


class NeedMet(models.Model):
    """What the person says of the need behind a referral: yes, partly, no, not-known."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    request = models.TextField()
    answer = models.TextField()
    said_at = models.TextField()

    class Meta:
        db_table = "referrals_need_met"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "request"], name="referrals_need_met_request"),
            models.Index(fields=["org", "patient"], name="referrals_need_met_patient"),
        ]

    @override
    def __str__(self) -> str:
        """Return which Observation this is."""
        return f"Observation/{self.source}"


class TrackRecord(models.Model):
    """How one receiver dealt with one referral; nobody's name or id is in it.

    ``sent_on`` is a day, ``hours`` from sending to the first answer (empty: none yet).
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    receiver = models.TextField()
    sent_on = models.TextField()
    answer = models.TextField()
    hours = models.IntegerField(null=True)
    visits = models.IntegerField()
    no_shows = models.IntegerField()

    class Meta:
        db_table = "referrals_track_record"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "receiver"], name="referrals_track_receiver"),
        ]

    @override
    def __str__(self) -> str:
        """Return which Task this is of."""
        return f"Task/{self.source}"
