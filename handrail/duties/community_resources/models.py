"""Projections of this room: what searching and the pages of services read. Droppable."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Service(models.Model):
    """A HealthcareService of the directory. Lists are one text, parted by ``;``.

    ``hours`` and ``closed`` are packed by :mod:`handrail.fhir.directory.opening`; ``cost`` is
    "free", "cost" or empty; ``assured_on`` is when its directory confirmed it (ISO 8601 or empty).
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    name = models.TextField()
    organization = models.TextField()
    organization_name = models.TextField()
    active = models.BooleanField()
    categories = models.TextField()
    languages = models.TextField()
    cost = models.TextField()
    cost_words = models.TextField()
    eligibility = models.TextField()
    minimum_age = models.IntegerField(null=True)
    maximum_age = models.IntegerField(null=True)
    documents = models.TextField()
    applying = models.TextField()
    hours = models.TextField()
    closed = models.TextField()
    phone = models.TextField()
    fax = models.TextField()
    email = models.TextField()
    about = models.TextField()
    capacity = models.TextField()
    capacity_note = models.TextField()
    different = models.TextField()
    replaced_by = models.TextField()
    assured_on = models.TextField()

    class Meta:
        db_table = "community_service"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "organization"], name="community_service_org"),
            models.Index(fields=["org", "active", "name"], name="community_service_name"),
        ]

    @override
    def __str__(self) -> str:
        """Return which service this is."""
        return f"HealthcareService/{self.source}"


class At(models.Model):
    """A place (a Location's id) where a service is given."""

    pk = models.CompositePrimaryKey("org", "source", "place")
    org = models.IntegerField()
    source = models.TextField()
    place = models.TextField()

    class Meta:
        db_table = "community_at"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "place"], name="community_at_place"),
        ]

    @override
    def __str__(self) -> str:
        """Return what is where."""
        return f"HealthcareService/{self.source} at Location/{self.place}"


class Place(models.Model):
    """A Location. ``cell`` is the grid cell of :mod:`handrail.fhir.directory.places`."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    name = models.TextField()
    address = models.TextField()
    city = models.TextField()
    postal_code = models.TextField()
    cell = models.IntegerField()
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    phone = models.TextField()
    fax = models.TextField()
    hours = models.TextField()
    languages = models.TextField()

    class Meta:
        db_table = "community_place"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "cell"], name="community_place_cell"),
        ]

    @override
    def __str__(self) -> str:
        """Return which place this is."""
        return f"Location/{self.source}"


class Provider(models.Model):
    """The name, phone and mail of an Organization."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    name = models.TextField()
    phone = models.TextField()
    fax = models.TextField()
    email = models.TextField()
    active = models.BooleanField()

    class Meta:
        db_table = "community_provider"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "name"], name="community_provider_name"),
        ]

    @override
    def __str__(self) -> str:
        """Return which organization this is."""
        return f"Organization/{self.source}"


class Word(models.Model):
    """A word of a service or an organization, in one spelling; sorted by bytes, for prefixes.

    ``weight``: 3 of the name, 2 of what it is filed under, 1 of what is said about it. Besides
    words there are ``need:food-insecurity``, ``phone:5555550100``, ``at:24 2nd ave 94401`` and
    ``name:food pantry``, with weight 0.
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source", "word")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    word = models.TextField(db_collation="C")
    weight = models.IntegerField()

    class Meta:
        db_table = "community_word"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "word"], name="community_word_word"),
        ]

    @override
    def __str__(self) -> str:
        """Return the word and whose it is."""
        return f"{self.word} ({self.source_type}/{self.source})"


class Confirmation(models.Model):
    """A fact of a resource (``target``, Type/id) that somebody confirmed; ``on`` is ISO 8601."""

    pk = models.CompositePrimaryKey("org", "source", "target", "fact")
    org = models.IntegerField()
    source = models.TextField()
    target = models.TextField()
    fact = models.TextField()
    value = models.TextField()
    on = models.TextField()
    by_name = models.TextField()
    told_by = models.TextField()
    how = models.TextField()

    class Meta:
        db_table = "community_confirmation"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "target"], name="community_confirmation_target"),
        ]

    @override
    def __str__(self) -> str:
        """Return what was confirmed."""
        return f"{self.target} {self.fact} {self.on}"


class Answer(models.Model):
    """How a referral was answered, without whose it was: ``stage``, ``reason`` code, ``on``.

    ``receiver`` is who was asked ("HealthcareService/..." or "Organization/..."), ``answer`` the
    first answer they gave. It has no patient, so that everybody knows how a service answers.
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    receiver = models.TextField()
    stage = models.TextField()
    answer = models.TextField()
    reason = models.TextField()
    on = models.TextField()

    class Meta:
        db_table = "community_answer"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "receiver", "on"], name="community_answer_receiver"),
        ]

    @override
    def __str__(self) -> str:
        """Return which answer this is."""
        return f"Task/{self.source}"
