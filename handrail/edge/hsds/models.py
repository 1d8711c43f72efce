"""What is kept of directories beside the record, and the tables its API is answered from.

``Load``, ``Wrong``, ``Kept``, ``Saved`` and ``Taken`` say what was loaded and what could not be;
``Entry`` and ``Filed`` are projections, droppable and rebuildable. None of it is about patients.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class State(models.TextChoices):
    """How far a load has come."""

    LOOKED_AT = "looked-at"  # sent in; somebody looks before it is loaded
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Load(models.Model):
    """One file that somebody sent in. ``counts`` are rows by what became of them."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    directory = models.TextField()
    file = models.TextField()
    mapping = models.TextField(default="")
    full = models.BooleanField(default=False)
    state = models.TextField(choices=State.choices, default=State.LOOKED_AT)
    counts = models.JSONField(default=dict)
    repairs = models.JSONField(default=dict)
    error = models.TextField(default="")
    by = models.TextField(default="")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hsds_load"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "begun_at"], name="hsds_load_latest")
        ]

    @override
    def __str__(self) -> str:
        """Return what was loaded."""
        return f"{self.directory}: {self.file}"


class Wrong(models.Model):
    """One thing that is wrong with one row of a load, and what was done. ``row`` is it, whole."""

    pk = models.CompositePrimaryKey("org", "load", "number")
    org = models.IntegerField()
    load = models.TextField()
    number = models.IntegerField()
    file = models.TextField()
    line = models.IntegerField()
    table = models.TextField()
    field = models.TextField()
    wrong = models.TextField()
    done = models.TextField()
    row = models.TextField(default="")

    class Meta:
        db_table = "hsds_wrong"

    @override
    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.file}:{self.line}"


class Kept(models.Model):
    """A row of a directory that is no resource: a term, a taxonomy, or what belongs to nothing."""

    pk = models.CompositePrimaryKey("org", "directory", "table", "identity")
    org = models.IntegerField()
    directory = models.TextField()
    table = models.TextField()
    identity = models.TextField()
    row = models.JSONField()

    class Meta:
        db_table = "hsds_kept"

    @override
    def __str__(self) -> str:
        """Return which row it is."""
        return f"{self.directory} {self.table} {self.identity}"


class Saved(models.Model):
    """A mapping of somebody's columns, saved under a name."""

    pk = models.CompositePrimaryKey("org", "name")
    org = models.IntegerField()
    name = models.TextField()
    text = models.TextField()
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "hsds_mapping"

    @override
    def __str__(self) -> str:
        """Return its name."""
        return self.name


class Taken(models.Model):
    """What a directory said last of one entry, as a digest; ``gone``: it left the directory."""

    pk = models.CompositePrimaryKey("org", "directory", "table", "identity")
    org = models.IntegerField()
    directory = models.TextField()
    table = models.TextField()
    identity = models.TextField()
    digest = models.TextField()
    gone = models.BooleanField(default=False)

    class Meta:
        db_table = "hsds_taken"

    @override
    def __str__(self) -> str:
        """Return which entry it is."""
        return f"{self.directory} {self.table} {self.identity}"


class Entry(models.Model):
    """An entry as the API lists it. ``part`` tells the places of a service apart.

    ``kind`` is a table of the specification; ``identity`` the id the API gives it; ``owner`` and
    ``place`` are ids of resources; latitude and longitude are in millionths of degrees.
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source", "part")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    part = models.IntegerField()
    kind = models.TextField()
    identity = models.TextField()
    name = models.TextField()
    words = models.TextField()
    owner = models.TextField()
    place = models.TextField()
    directory = models.TextField()
    active = models.BooleanField()
    changed_at = models.DateTimeField(null=True)
    latitude = models.IntegerField(null=True)
    longitude = models.IntegerField(null=True)

    class Meta:
        db_table = "hsds_entry"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "kind", "identity"], name="hsds_entry_identity"),
            models.Index(fields=["org", "owner"], name="hsds_entry_owner"),
        ]

    @override
    def __str__(self) -> str:
        """Return which resource it is of."""
        return f"{self.source_type}/{self.source}"


class Filed(models.Model):
    """A term of a taxonomy that a service is filed under."""

    pk = models.CompositePrimaryKey("org", "source", "part")
    org = models.IntegerField()
    source = models.TextField()
    part = models.IntegerField()
    term = models.TextField()
    taxonomy = models.TextField()

    class Meta:
        db_table = "hsds_filed"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "term"], name="hsds_filed_term")
        ]

    @override
    def __str__(self) -> str:
        """Return the term."""
        return self.term
