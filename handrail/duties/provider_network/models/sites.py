"""Where providers are seen: a table for each type of resource a directory has, and one to look in.

Five tables follow one type of resource each, as every projection does. What is looked for lies
across them: the specialty stands in PractitionerRole, the place in Location, the language in
Practitioner, networks in OrganizationAffiliation. ``Near`` has them side by side, narrow and in the
order they are looked for. The database keeps it: triggers (migration ``sites``) make its rows anew,
in the same transaction, when a row of the five comes; nobody else writes it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from typing_extensions import override

MOST_NETWORKS: Final = 180  # migration "covering" says it to the database
LONGEST: Final = 64  # characters of an id or a code that an index holds; FHIR's ids have no more


class Site(models.Model):
    """A PractitionerRole at one of its Locations (``place`` counts them; 0 alone if it has none).

    Others are named by id. ``specialties`` are codes (NUCC), ``specialty_words`` what the directory
    calls them. ``networks`` are ids of Organizations, ``network_keys`` their numbers
    (:func:`handrail.fhir.directory.networks.number_of`). ``accepting`` is null
    where nobody says. ``as_of`` is the day (ISO 8601) the source says the entry is of.
    """

    pk = models.CompositePrimaryKey("org", "source", "place")
    org = models.IntegerField()
    source = models.TextField()
    place = models.IntegerField()
    active = models.BooleanField()
    practitioner = models.TextField()
    organization = models.TextField()
    location = models.TextField()
    specialties = ArrayField(models.TextField())
    specialty_words = models.TextField()
    networks = ArrayField(models.TextField())
    network_keys = ArrayField(models.BigIntegerField())
    accepting = models.BooleanField(null=True)
    phone = models.TextField()
    fax = models.TextField()
    email = models.TextField()
    as_of = models.TextField()

    class Meta:
        db_table = "provider_network_site"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "location"], name="provider_network_site_location"),
            models.Index(fields=["org", "practitioner"], name="provider_network_site_person"),
            models.Index(fields=["org", "organization"], name="provider_network_site_office"),
        ]

    @override
    def __str__(self) -> str:
        """Return which site this is."""
        return f"PractitionerRole/{self.source}.location[{self.place}]"


class Place(models.Model):
    """A Location, or an Organization by its own address (``source_type``).

    Degrees are null and ``cell`` is -1 where nobody knows the position; it is the centre of the ZIP
    code's area where the resource gives none. ``key`` is the name as names are compared.
    """

    pk = models.CompositePrimaryKey("org", "source_type", "source")
    org = models.IntegerField()
    source_type = models.TextField()
    source = models.TextField()
    active = models.BooleanField()
    name = models.TextField()
    key = models.TextField()
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    cell = models.IntegerField()
    line = models.TextField()
    city = models.TextField()
    state = models.TextField()
    zip = models.TextField()
    phone = models.TextField()
    fax = models.TextField()
    email = models.TextField()
    accepting = models.BooleanField(null=True)

    class Meta:
        db_table = "provider_network_place"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "source_type", "key"], name="provider_network_place_key")
        ]

    @override
    def __str__(self) -> str:
        """Return which place this is."""
        return f"{self.source_type}/{self.source}"


class Person(models.Model):
    """A Practitioner. ``key`` is the family name as names are looked up.

    ``languages`` are BCP-47 codes, with spaces around each.
    """

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    active = models.BooleanField()
    name = models.TextField()
    key = models.TextField()
    npi = models.TextField()
    languages = models.TextField()
    phone = models.TextField()

    class Meta:
        db_table = "provider_network_person"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "key"], name="provider_network_person_key"),
            models.Index(fields=["org", "npi"], name="provider_network_person_npi"),
        ]

    @override
    def __str__(self) -> str:
        """Return who this is."""
        return f"Practitioner/{self.source}"


class Membership(models.Model):
    """An Organization that takes part in a network, by an OrganizationAffiliation."""

    pk = models.CompositePrimaryKey("org", "source", "place")
    org = models.IntegerField()
    source = models.TextField()
    place = models.IntegerField()
    organization = models.TextField()
    network = models.TextField()
    network_key = models.BigIntegerField()
    active = models.BooleanField()

    class Meta:
        db_table = "provider_network_membership"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "organization"], name="provider_network_membership_of")
        ]

    @override
    def __str__(self) -> str:
        """Return which membership this is."""
        return f"OrganizationAffiliation/{self.source}.network[{self.place}]"


class Plan(models.Model):
    """An InsurancePlan and one of its networks (``network`` empty: it names none).

    ``key`` is the name as names are compared, ``owner`` the payer's id.
    """

    pk = models.CompositePrimaryKey("org", "source", "place")
    org = models.IntegerField()
    source = models.TextField()
    place = models.IntegerField()
    name = models.TextField()
    key = models.TextField()
    owner = models.TextField()
    network = models.TextField()
    network_key = models.BigIntegerField()
    active = models.BooleanField()

    class Meta:
        db_table = "provider_network_plan"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "key"], name="provider_network_plan_key"),
            models.Index(fields=["org", "owner"], name="provider_network_plan_owner"),
        ]

    @override
    def __str__(self) -> str:
        """Return which plan this is."""
        return f"InsurancePlan/{self.source}"


class Specialty(models.Model):
    """What a specialty's code means, from the CodeSystem an operator loaded."""

    pk = models.CompositePrimaryKey("org", "source", "code")
    org = models.IntegerField()
    source = models.TextField()
    code = models.TextField()
    name = models.TextField()
    key = models.TextField()

    class Meta:
        db_table = "provider_network_specialty"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "code"], name="provider_network_spec_code")
        ]

    @override
    def __str__(self) -> str:
        """Return the specialty's code."""
        return self.code


class Near(models.Model):
    """What is looked for, side by side: a row for each specialty of an active site.

    ``first`` marks one row of each site, for those who ask for no specialty. ``accepting`` is 1, 0
    or -1 (nobody says). A row fits into an index: of the networks it has the first
    :data:`MOST_NETWORKS`; ``Site`` has all.
    """

    id = models.BigAutoField(primary_key=True)
    org = models.IntegerField()
    site = models.TextField()
    place = models.IntegerField()
    location = models.TextField()
    specialty = models.TextField()
    first = models.BooleanField()
    cell = models.IntegerField()
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    accepting = models.SmallIntegerField()
    languages = models.TextField()
    networks = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "provider_network_near"
        indexes: ClassVar[list[models.Index]] = [
            # With all that is asked of a row, so that a crowded city is read from the index alone.
            models.Index(
                fields=["org", "specialty", "cell"],
                include=[
                    "site",
                    "place",
                    "location",
                    "accepting",
                    "latitude",
                    "longitude",
                    "languages",
                    "networks",
                ],
                name="provider_network_near_covers",
            ),
            models.Index(fields=["org", "cell"], name="provider_network_near_by_cell"),
            models.Index(fields=["org", "site"], name="provider_network_near_of"),
        ]

    @override
    def __str__(self) -> str:
        """Return which site this is about."""
        return f"PractitionerRole/{self.site}.location[{self.place}]"
