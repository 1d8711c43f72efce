"""Organizations, the people and keys that act in them, whose patients they reach, and the trail.

Every table has a column ``org``, the tenant, which leads every key; row-level security is forced on
all of them (:mod:`handrail.access.database`). People are named by their FHIR reference.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from handrail.access.links_models import Link, Tries
from handrail.fhir.calendar import Calendar

__all__ = [
    "ApiKey",
    "App",
    "AuditEntry",
    "CareRelationship",
    "Closure",
    "Cover",
    "Grant",
    "Link",
    "Membership",
    "Opened",
    "Organization",
    "Team",
    "Token",
    "Tries",
]


class Organization(models.Model):
    """A tenant: one organization with its hours, its intake pool and its settings.

    ``intake_pool`` is the CareTeam reference that gets work nobody owns yet. ``settings`` holds
    small choices by name; :meth:`setting` gives the default where the organization chose nothing.
    """

    DEFAULTS: ClassVar[dict[str, int]] = {
        "contact_cadence_days": 30,
        "break_glass_hours": 4,
        "idle_minutes": 15,
    }

    id = models.IntegerField(primary_key=True, db_column="org")
    name = models.TextField()
    slug = models.SlugField(unique=True)
    time_zone = models.TextField(default="America/New_York")
    opens_at = models.TimeField(default=time(9))
    closes_at = models.TimeField(default=time(17))
    intake_pool = models.TextField(blank=True, default="")
    settings = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "access_organization"

    def setting(self, name: str) -> int:
        """Return the organization's choice for ``name``, or the house's default."""
        chosen = self.settings.get(name, self.DEFAULTS[name])
        return int(chosen)

    @property
    def phone(self) -> str:
        """Return the number that people outside call; empty if nobody has set one."""
        return str(self.settings.get("phone", ""))

    def calendar(self) -> Calendar:
        """Return the days and hours on which the organization works (reads its closures)."""
        closed = Closure.objects.filter(org=self.id).values_list("day", flat=True)
        return Calendar(ZoneInfo(self.time_zone), frozenset(closed), self.opens_at, self.closes_at)


class Closure(models.Model):
    """A day on which the organization does not work, besides weekends and federal holidays."""

    pk = models.CompositePrimaryKey("org", "day")
    org = models.IntegerField()
    day: models.DateField[date, date] = models.DateField()
    name = models.TextField()

    class Meta:
        db_table = "access_closure"
        ordering: ClassVar[list[str]] = ["org", "day"]


class Team(models.Model):
    """A pool of people who share work."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    name = models.TextField()

    class Meta:
        db_table = "access_team"
        ordering: ClassVar[list[str]] = ["org", "name"]

    @property
    def reference(self) -> str:
        """Return the CareTeam reference of the pool."""
        return f"CareTeam/{self.id}"


class Membership(models.Model):
    """An account's place in an organization: who they are there and what they do.

    ``practitioner`` is the id of their Practitioner resource, ``name`` the name shown and written
    down, ``roles`` values of :class:`~handrail.access.principal.Role`, ``teams`` CareTeams.
    """

    pk = models.CompositePrimaryKey("org", "practitioner")
    org = models.IntegerField()
    practitioner = models.TextField()
    account = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    name = models.TextField()
    roles = ArrayField(models.TextField(), default=list)
    teams = ArrayField(models.TextField(), default=list)
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "access_membership"
        ordering: ClassVar[list[str]] = ["org", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "org"], name="access_membership_account")
        ]

    @property
    def person(self) -> str:
        """Return the reference that is written down when this member acts."""
        return f"Practitioner/{self.practitioner}"


class Cover(models.Model):
    """One person works for another, from one moment until another, and then it ends by itself."""

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    covering = models.TextField()  # who does the work: "Practitioner/…"
    covered = models.TextField()  # whose work it is: "Practitioner/…"
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "access_cover"
        ordering: ClassVar[list[str]] = ["org", "starts_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "covering", "ends_at"], name="access_cover_covering")
        ]


class ApiKey(models.Model):
    """A key for another system. Only the SHA-256 of its secret is kept.

    ``scopes`` are SMART v2 scopes; ``patients`` the ids a key with ``patient/`` scopes is for;
    ``device`` the reference written down when the key acts.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    name = models.TextField()
    digest = models.BinaryField(unique=True)
    scopes = ArrayField(models.TextField())
    patients = ArrayField(models.TextField(), default=list)
    device = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_api_key"
        ordering: ClassVar[list[str]] = ["org", "name"]


class App(models.Model):
    """An app that people open with Handrail's data, or a system that fetches it by itself (SMART).

    ``kind`` is one of :attr:`KINDS`: "public" (no secret), "secret" (a shared secret, of which the
    SHA-256 is kept) or "key" (it signs with a private key; its public keys are in ``jwks``, or at
    ``jwks_url``). ``scopes`` is the most it may ever be given, ``redirect_uris`` the only addresses
    that codes go to, ``minutes`` how long an access token lives. ``lookup`` is the SHA-256 of
    ``id``, by which the app is found before anybody acts.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("public", "secret", "key")

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    lookup = models.BinaryField(unique=True)
    name = models.TextField()
    kind = models.TextField()
    launch_url = models.TextField(default="")
    redirect_uris = ArrayField(models.TextField(), default=list)
    scopes = ArrayField(models.TextField())
    secret_digest = models.BinaryField(null=True)
    jwks = models.JSONField(null=True)
    jwks_url = models.TextField(default="")
    minutes = models.SmallIntegerField(default=30)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_app"
        ordering: ClassVar[list[str]] = ["org", "name"]

    @property
    def device(self) -> str:
        """Return the reference that is written down when the app acts."""
        return f"Device/app-{self.id}"


class Grant(models.Model):
    """A person let an app in: to what, for which patient, until when.

    ``scopes`` are all scopes that were given, those of the sign-in (openid, launch/patient,
    offline_access, …) too. ``session`` is the browser session an ``online_access`` grant ends with.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.TextField()
    app = models.TextField()
    person = models.TextField()
    account = models.IntegerField()
    patient = models.TextField(default="")
    encounter = models.TextField(default="")
    scopes = ArrayField(models.TextField())
    session = models.TextField(default="")
    signed_in_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_grant"
        ordering: ClassVar[list[str]] = ["org", "-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "person"], name="access_grant_person"),
            models.Index(fields=["org", "app"], name="access_grant_app"),
        ]


class Token(models.Model):
    """An access or refresh token. Only its SHA-256 is kept; the row says all that it opens.

    ``grant`` is empty and ``account`` None for a system that acts by itself. A refresh token is
    used once (``used_at``).
    """

    pk = models.CompositePrimaryKey("org", "digest")
    org = models.IntegerField()
    digest = models.BinaryField(unique=True)
    kind = models.TextField()  # "access" or "refresh"
    grant = models.TextField(default="", db_column="grant_id")
    app = models.TextField()
    name = models.TextField()
    account = models.IntegerField(null=True)
    patient = models.TextField(default="")
    scopes = ArrayField(models.TextField())
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_token"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "grant"], name="access_token_grant"),
            models.Index(fields=["org", "app"], name="access_token_app"),
            models.Index(fields=["org", "expires_at"], name="access_token_ends"),
        ]


class Opened(models.Model):
    """A person opened a patient's record without a care relationship, and said why."""

    pk = models.CompositePrimaryKey("org", "person", "patient", "opened_at")
    org = models.IntegerField()
    person = models.TextField()
    patient = models.TextField()
    reason = models.TextField()
    opened_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "access_opened"


class CareRelationship(models.Model):
    """Who has to do with which patient: a projection, written by the rooms.

    ``source_type`` and ``source`` name the resource it comes from, ``person`` is a Practitioner or
    CareTeam reference, ``kind`` what sort of relationship, ``until`` when it ends (None: while the
    source stands).
    """

    pk = models.CompositePrimaryKey("org", "person", "patient", "source_type", "source", "kind")
    org = models.IntegerField()
    source_type = models.TextField(default="")
    source = models.TextField()
    patient = models.TextField()
    person = models.TextField()
    kind = models.TextField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_relationship"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "source"], name="access_relationship_source"),
            models.Index(fields=["org", "patient"], name="access_relationship_patient"),
        ]


class AuditEntry(models.Model):
    """Who saw or did what, when. Rows are only ever added; a trigger refuses anything else.

    ``action`` is C, R, U, D or E (http://hl7.org/fhir/R4/valueset-audit-event-action.html),
    ``outcome`` 0, 4, 8 or 12 (http://hl7.org/fhir/R4/valueset-audit-event-outcome.html). ``what``
    is our word for the event. ``patients`` are those a list showed; ``detail`` holds references and
    codes, never what a record says; ``app`` is the "Device/…" through which a person acted.
    Written by the SQL in :mod:`handrail.access.audit`; the database gives ``id``
    and ``recorded_at``.
    """

    pk = models.CompositePrimaryKey("org", "id")
    org = models.IntegerField()
    id = models.BigIntegerField()
    recorded_at = models.DateTimeField(db_default=Now())
    person = models.TextField()
    name = models.TextField()
    action = models.CharField(max_length=1)
    what = models.TextField()
    resource_type = models.TextField(db_default="")
    resource_id = models.TextField(db_default="")
    version = models.IntegerField(null=True)
    patient = models.TextField(db_default="")
    patients = ArrayField(models.TextField(), null=True)
    outcome = models.SmallIntegerField(db_default=0)
    purpose = models.TextField(db_default="TREAT")
    detail = models.TextField(db_default="")
    address = models.TextField(db_default="")
    app = models.TextField(db_default="")

    class Meta:
        db_table = "access_audit"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "id"], name="access_audit_patient"),
            models.Index(fields=["org", "person", "id"], name="access_audit_person"),
            models.Index(
                fields=["org", "id"],
                name="access_audit_lists",
                condition=models.Q(patients__isnull=False),
            ),
        ]

    @property
    def seen(self) -> list[Any]:
        """Return every patient id the entry is about."""
        return [self.patient] if self.patient else list(self.patients or ())
