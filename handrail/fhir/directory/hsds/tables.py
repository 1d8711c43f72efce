"""The tables of the Human Services Data Specification 3.0: fields, what is required, who owns what.

Source: https://docs.openreferral.org/en/v3.0.0/hsds/schema_reference.html; restated from
``datapackage.json`` of https://github.com/openreferral/specification (3.0), read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

VERSION: Final = "3.0"
# A line a table: its name, then its fields. "!" is required, ":" says of what kind.
_FIELDS: Final = """
organizations name! alternate_name description! email:email website:uri tax_status tax_id year_incorporated:number legal_status logo uri:uri parent_organization_id
programs organization_id! name! alternate_name description!
services organization_id! program_id name! alternate_name description url:uri email:email status!:status interpretation_services application_process fees_description wait_time fees accreditations eligibility_description minimum_age:number maximum_age:number assured_date:date assurer_email:email licenses alert last_modified:moment
attributes link_id! taxonomy_term_id! link_type link_entity! value
service_at_location service_id! location_id! description
locations location_type!:place url:uri organization_id name alternate_name description transportation latitude:number longitude:number external_identifier external_identifier_type
phones location_id service_id organization_id contact_id service_at_location_id number! extension:number type description
contacts organization_id service_id service_at_location_id location_id name title department email:email
addresses location_id attention address_1! address_2 city! region state_province! postal_code! country! address_type!:place
schedules service_id location_id service_at_location_id valid_from:date valid_to:date dtstart:date timezone:number until:date count:number wkst:day freq:freq interval:number byday byweekno bymonthday byyearday description opens_at:time closes_at:time schedule_link:uri attending_type notes
funding organization_id service_id source
service_areas service_id name description extent extent_type uri
required_documents service_id document uri:uri
languages service_id location_id phone_id name code note
accessibility location_id description details url:uri
taxonomy_terms code name! description! parent_id taxonomy language taxonomy_id term_uri:uri
metadata resource_id! resource_type! last_action_date!:date last_action_type! field_name! previous_value! replacement_value! updated_by!
meta_table_descriptions name language character_set
cost_options service_id! valid_from:date valid_to:date option currency amount:number amount_description
organization_identifiers organization_id! identifier_scheme identifier_type! identifier!
taxonomies name! description! uri:uri version
"""  # noqa: E501 - a line a table
CODES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "status": ("active", "inactive", "defunct", "temporarily closed"),
        "place": ("physical", "postal", "virtual"),
        "day": ("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
        "freq": ("WEEKLY", "MONTHLY"),
    }
)
"""The kinds of fields that take one of some words."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: ``kind`` is text, number, date, time, moment, uri, email or a key of CODES."""

    name: str
    kind: str = "text"
    required: bool = False


def _field(word: str) -> Field:
    name, _, kind = word.partition(":")
    return Field(name.rstrip("!"), kind or "text", required=name.endswith("!"))


def _tables() -> dict[str, tuple[Field, ...]]:
    lines = (line.split() for line in _FIELDS.strip().splitlines())
    return {name: (Field("id"), *map(_field, fields)) for name, *fields in lines}


TABLES: Final[Mapping[str, tuple[Field, ...]]] = MappingProxyType(_tables())
"""The fields of each table by the name of its CSV file; ``id`` first."""
KINDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {table: {field.name: field.kind for field in fields} for table, fields in TABLES.items()}
)
"""The kind of each field, by table and name."""

ENTITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "organizations": "organization",
        "programs": "program",
        "services": "service",
        "attributes": "attribute",
        "service_at_location": "service_at_location",
        "locations": "location",
        "phones": "phone",
        "contacts": "contact",
        "addresses": "address",
        "schedules": "schedule",
        "funding": "funding",
        "service_areas": "service_area",
        "required_documents": "required_document",
        "languages": "language",
        "accessibility": "accessibility",
        "taxonomy_terms": "taxonomy_term",
        "metadata": "metadata",
        "meta_table_descriptions": "meta_table_description",
        "cost_options": "cost_option",
        "organization_identifiers": "organization_identifier",
        "taxonomies": "taxonomy",
    }
)
"""What one row of a table is called."""


@dataclass(frozen=True, slots=True)
class Child:
    """A list inside a record: the rows of ``table`` whose ``key`` is the record's id."""

    field: str
    table: str
    key: str


def _children(owner: str, *names: str) -> tuple[Child, ...]:
    key = f"{ENTITIES[owner]}_id"
    tables = {"service_at_locations": "service_at_location"}
    return tuple(Child(name, tables.get(name, name), key) for name in names)


CHILDREN: Final[Mapping[str, tuple[Child, ...]]] = MappingProxyType(
    {
        "organizations": _children(
            "organizations",
            "funding",
            "contacts",
            "phones",
            "programs",
            "organization_identifiers",
        ),
        "locations": _children(
            "locations",
            "languages",
            "addresses",
            "contacts",
            "accessibility",
            "phones",
            "schedules",
        ),
        "services": _children(
            "services",
            "phones",
            "schedules",
            "service_areas",
            "service_at_locations",
            "languages",
            "funding",
            "cost_options",
            "required_documents",
            "contacts",
        ),
        "service_at_location": _children("service_at_location", "contacts", "phones", "schedules"),
        "contacts": _children("contacts", "phones"),
        "phones": _children("phones", "languages"),
    }
)
"""The lists inside a record, without those that every record may have."""
LISTED_APART: Final[Mapping[str, tuple[Child, ...]]] = MappingProxyType(
    {"organizations": _children("organizations", "services", "locations")}
)
"""Lists of records that are resources of their own."""
ATTRIBUTES: Final = Child("attributes", "attributes", "link_id")
METADATA: Final = Child("metadata", "metadata", "resource_id")


@dataclass(frozen=True, slots=True)
class Inside:
    """One record inside another: ``field`` holds the row of ``table`` that ``key`` names."""

    field: str
    table: str
    key: str


INSIDE: Final[Mapping[str, tuple[Inside, ...]]] = MappingProxyType(
    {
        "services": (
            Inside("organization", "organizations", "organization_id"),
            Inside("program", "programs", "program_id"),
        ),
        "service_at_location": (
            Inside("location", "locations", "location_id"),
            Inside("service", "services", "service_id"),
        ),
        "attributes": (Inside("taxonomy_term", "taxonomy_terms", "taxonomy_term_id"),),
        "taxonomy_terms": (Inside("taxonomy_detail", "taxonomies", "taxonomy_id"),),
    }
)
"""Records that stand whole inside another."""
POINTS: Final[Mapping[str, str]] = MappingProxyType(
    {f"{entity}_id": table for table, entity in ENTITIES.items()}
    | {"parent_organization_id": "organizations", "parent_id": "taxonomy_terms"}
)
"""The table that a field points at, by the field's name."""


def lists_of(table: str) -> tuple[Child, ...]:
    """Return every list a record of ``table`` may have."""
    no_attributes = table in {"attributes", "taxonomies", "taxonomy_terms", "metadata"}
    general = () if table == "metadata" else (METADATA,)
    return (*CHILDREN.get(table, ()), *(() if no_attributes else (ATTRIBUTES,)), *general)
