"""How a directory of services is written as FHIR, and how its facts are read from there.

- **Organization**: who helps. **HealthcareService**: what is offered, ``providedBy`` it, at the
  Locations of ``location``. **Location**: a place.
- Each has an identifier of the system :data:`HSDS`: its id in the directory it is from; and the tag
  :data:`DIRECTORY`: which directory that is. What was written by hand has neither.
- Facts without an element in FHIR are in the extension :mod:`handrail.fhir.directory.kept`.

Whoever shows or searches services reads them with the functions here; none of them raises on a
resource that was written by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from handrail.fhir.directory.entries import (
    Area,
    Confirmed,
    Contact,
    Cost,
    Eligibility,
    Language,
    Paper,
    Phone,
    Term,
)
from handrail.fhir.directory.kept import FACTS, facts_of
from handrail.fhir.moments import day_in
from handrail.fhir.resource import Resource, target_of

__all__ = [
    "FACTS",
    "Area",
    "Confirmed",
    "Contact",
    "Cost",
    "Eligibility",
    "Language",
    "Paper",
    "Phone",
    "Term",
    "facts_of",
]

HSDS: Final = "urn:handrail:hsds"
"""The system of the identifier a record has in its directory."""
DIRECTORY: Final = "urn:handrail:directory"
"""The system of the tag that names the directory a resource was read from."""
TAXONOMY: Final = "urn:handrail:hsds-taxonomy"
"""The beginning of the system of a directory's own terms; ``:`` and the taxonomy's id follow."""
LANGUAGE: Final = "urn:ietf:bcp:47"
CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
SDOHCC: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
)
_SDOHCC_PROFILES: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
SERVICE_PROFILE: Final = f"{_SDOHCC_PROFILES}SDOHCC-HealthcareServiceForReferralManagement"
PLACE_PROFILE: Final = f"{_SDOHCC_PROFILES}SDOHCC-Location"
CAPACITY: Final = f"{_SDOHCC_PROFILES}SDOHCC-ExtensionHealthcareServiceCapacityStatus"


def hsds_id(resource: Mapping[str, Any]) -> str:
    """Return the id the resource has in its directory; empty: it is from none."""
    for one in resource.get("identifier", ()):
        if one.get("system") == HSDS:
            return str(one.get("value", ""))
    return ""


def directory_of(resource: Mapping[str, Any]) -> str:
    """Return the name of the directory a resource was read from; empty: none."""
    for tag in resource.get("meta", {}).get("tag", ()):
        if tag.get("system") == DIRECTORY:
            return str(tag.get("code", ""))
    return ""


def name_of(resource: Mapping[str, Any]) -> str:
    """Return what it is called; a place without a name goes by its address."""
    return str(resource.get("name") or address_of(resource) or "")


def other_names(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return its other names."""
    other = facts_of(resource).get("alternate_name", "")
    return tuple(str(one) for one in (*resource.get("alias", ()), other) if one)


def words_about(resource: Mapping[str, Any]) -> str:
    """Return what the directory says of an organization, a service or a place."""
    told = resource.get("comment") or resource.get("description")
    return str(told or facts_of(resource).get("description", ""))


def status_of(resource: Mapping[str, Any]) -> str:
    """Return "active", "inactive", "defunct" or "temporarily closed"."""
    said = str(facts_of(resource).get("status", ""))
    if resource.get("active", True):
        return "active"
    return said if said and said != "active" else "inactive"


def address_of(resource: Mapping[str, Any]) -> str:
    """Return the address of a place in one line; empty: it has none."""
    address = resource.get("address") or {}
    if isinstance(address, list):  # an Organization has several
        address = address[0] if address else {}
    town = " ".join(str(address[key]) for key in ("state", "postalCode") if address.get(key))
    parts = (*address.get("line", ()), address.get("city", ""), town)
    return ", ".join(str(part) for part in parts if part) or str(address.get("text", ""))


def point_of(place: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return (latitude, longitude) of a Location in degrees; None: not known."""
    position = place.get("position") or {}
    try:
        return float(position["latitude"]), float(position["longitude"])
    except (KeyError, TypeError, ValueError):
        return None


def places_of(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the references of the Locations where a service is given."""
    return tuple(filter(None, (target_of(one) for one in service.get("location", ()))))


def provider_of(service: Mapping[str, Any]) -> str:
    """Return the reference of the Organization that gives a service."""
    return target_of(service.get("providedBy"))


def phones(resource: Mapping[str, Any]) -> tuple[Phone, ...]:
    """Return the numbers of an organization, a service or a place."""
    numbers = (one for one in resource.get("telecom", ()) if one.get("value"))
    return tuple(_phone(one) for one in numbers if one.get("system") not in {"email", "url"})


def emails(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the e-mail addresses."""
    return _reached(resource, "email")


def urls(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the addresses on the web."""
    return _reached(resource, "url")


def contacts(resource: Mapping[str, Any]) -> tuple[Contact, ...]:
    """Return the people to ask for."""
    return tuple(
        Contact(
            name=_text(one, "name"),
            title=_text(one, "title"),
            department=_text(one, "department"),
            email=_text(one, "email"),
            phones=tuple(_phone_record(phone) for phone in _records(one, "phones")),
        )
        for one in _records(facts_of(resource), "contacts")
    )


def languages(resource: Mapping[str, Any]) -> tuple[Language, ...]:
    """Return the languages a service is given in, or that are spoken at a place."""
    spoken = resource.get("communication") or ()
    if resource.get("resourceType") == "Location":
        return tuple(_language(one) for one in _records(facts_of(resource), "languages"))
    return tuple(
        Language(
            code=next((c.get("code", "") for c in one.get("coding", ()) if c.get("code")), ""),
            name=str(one.get("text", "")),
            note=_text(facts_of(one), "note"),
        )
        for one in spoken
    )


def interpretation(service: Mapping[str, Any]) -> str:
    """Return what is said about interpreters."""
    return _text(facts_of(service), "interpretation_services")


def costs(service: Mapping[str, Any]) -> tuple[Cost, ...]:
    """Return what a service costs; the words about fees stand last, without an amount."""
    facts = facts_of(service)
    options = [
        Cost(
            option=_text(one, "option"),
            amount=_number(one.get("amount")),
            currency=_text(one, "currency").upper(),
            words=_text(one, "amount_description"),
            valid_from=day_in(one.get("valid_from")),
            valid_to=day_in(one.get("valid_to")),
        )
        for one in _records(facts, "cost_options")
    ]
    words = dict.fromkeys(_text(facts, name) for name in ("fees_description", "fees"))
    return (*options, *(Cost(words=one) for one in words if one))


def eligibility(service: Mapping[str, Any]) -> Eligibility:
    """Return who may come."""
    facts = facts_of(service)
    told = [str(one["comment"]) for one in service.get("eligibility", ()) if one.get("comment")]
    return Eligibility(
        words="\n".join(told),
        minimum_age=_number(facts.get("minimum_age")),
        maximum_age=_number(facts.get("maximum_age")),
    )


def papers(service: Mapping[str, Any]) -> tuple[Paper, ...]:
    """Return the documents somebody has to bring."""
    found = _records(facts_of(service), "required_documents")
    return tuple(
        Paper(words=_text(one, "document"), url=_text(one, "uri"))
        for one in found
        if _text(one, "document")
    )


def how_to_apply(service: Mapping[str, Any]) -> str:
    """Return how one gets the service."""
    return _text(facts_of(service), "application_process")


def wait_words(service: Mapping[str, Any]) -> str:
    """Return what the directory says about waiting."""
    return _text(facts_of(service), "wait_time")


def alert(service: Mapping[str, Any]) -> str:
    """Return the warning that stands on an entry."""
    return _text(facts_of(service), "alert")


def other_hours(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return, in words, the hours that no plain week can say: by month, by season, by place.

    Plain weeks are in availableTime and hoursOfOperation, closed days in notAvailable; see
    :mod:`handrail.fhir.directory.opening`.
    """
    facts = [facts_of(resource), *(facts_of(one) for one in resource.get("location", ()))]
    return tuple(_in_words(one) for about in facts for one in _records(about, "schedules"))


def areas(service: Mapping[str, Any]) -> tuple[Area, ...]:
    """Return where one has to live."""
    return tuple(
        Area(
            name=_text(one, "name"),
            words=_text(one, "description"),
            extent=_text(one, "extent"),
            extent_type=_text(one, "extent_type"),
            url=_text(one, "uri"),
        )
        for one in _records(facts_of(service), "service_areas")
    )


def accessibility(place: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how a place can be reached and used by people with disabilities, in words."""
    return tuple(
        ": ".join(filter(None, (_text(one, "description"), _text(one, "details"))))
        for one in _records(facts_of(place), "accessibility")
    )


def transportation(place: Mapping[str, Any]) -> str:
    """Return how one gets to a place."""
    return _text(facts_of(place), "transportation")


def terms(resource: Mapping[str, Any]) -> tuple[Term, ...]:
    """Return the words of taxonomies that it is filed under."""
    found = []
    for one in _records(facts_of(resource), "attributes"):
        term = one.get("taxonomy_term") or {}
        detail = term.get("taxonomy_detail") or {}
        found.append(
            Term(
                id=_text(term, "id") or _text(one, "taxonomy_term_id"),
                code=_text(term, "code"),
                name=_text(term, "name"),
                taxonomy=_text(term, "taxonomy") or _text(detail, "name"),
            )
        )
    return tuple(found)


def categories(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the SDOH domains (``food-insecurity``) that a service helps with."""
    given = (coding for one in service.get("category", ()) for coding in one.get("coding", ()))
    codes = (str(one.get("code", "")) for one in given if one.get("system") == SDOHCC)
    return tuple(dict.fromkeys(filter(None, codes)))


def confirmed(resource: Mapping[str, Any]) -> Confirmed | None:
    """Return when the directory last confirmed the entry; None: it does not say."""
    facts = facts_of(resource)
    assured = day_in(facts.get("assured_date"))
    if assured is not None:
        return Confirmed(on=assured, by=_text(facts, "assurer_email"))
    changes = [
        Confirmed(on=day, by=_text(one, "updated_by"), how="changed")
        for one in _records(facts, "metadata")
        if (day := day_in(one.get("last_action_date"))) is not None
    ]
    modified = day_in(facts.get("last_modified"))
    if modified is not None:
        changes.append(Confirmed(on=modified, how="changed"))
    return max(changes, key=lambda one: one.on, default=None)


def _reached(resource: Mapping[str, Any], system: str) -> tuple[str, ...]:
    given = (one for one in resource.get("telecom", ()) if one.get("system") == system)
    return tuple(str(one["value"]) for one in given if one.get("value"))


def _phone(point: Resource) -> Phone:
    facts = facts_of(point)
    return Phone(
        number=str(point["value"]),
        kind=str(point.get("system", "phone")),
        extension=_text(facts, "extension"),
        words=_text(facts, "description"),
        languages=tuple(_text(one, "name") for one in _records(facts, "languages")),
    )


def _phone_record(record: Mapping[str, Any]) -> Phone:
    kind = _text(record, "type").lower()
    return Phone(
        number=_text(record, "number"),
        kind={"fax": "fax", "text": "sms", "sms": "sms"}.get(kind, "phone"),
        extension=_text(record, "extension"),
        words=_text(record, "description"),
    )


def _in_words(schedule: Mapping[str, Any]) -> str:
    named = ("description", "notes")
    said = [_text(schedule, name) for name in named]
    if any(said):
        return "; ".join(dict.fromkeys(filter(None, said)))
    fields = ("freq", "byday", "bymonthday", "opens_at", "closes_at", "valid_from", "valid_to")
    return " ".join(filter(None, (_text(schedule, name) for name in fields)))


def _language(record: Mapping[str, Any]) -> Language:
    return Language(
        code=_text(record, "code"), name=_text(record, "name"), note=_text(record, "note")
    )


def _records(record: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    given = record.get(name)
    return (one for one in given if isinstance(one, dict)) if isinstance(given, list) else iter(())


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None else str(value)


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
