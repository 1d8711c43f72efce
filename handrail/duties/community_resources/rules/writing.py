"""A service written or corrected by hand: what was typed, made FHIR; the rest is left as it is.

By SDOH Clinical Care 3.0.0 (SDOHCC-HealthcareServiceForReferralManagement, SDOHCC-Location) where
what is known suffices. Facts without an element go where an import puts them
(:mod:`handrail.fhir.directory.kept`), so that both are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from handrail.duties.community_resources.resources import (
    PROVISION,
    Place,
    Service,
    language_codes,
    language_name,
)
from handrail.duties.community_resources.rules.hours import UnreadableHoursError, read_hours, shown
from handrail.fhir.directory import capacity, kept, places, shape
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource, concept, reference
from handrail.fhir.wording import noop as _

LONGEST: Final = 2000
SHORT: Final = 200


class UnclearEntryError(HandrailError):
    """Something that was typed cannot be used; ``wrong`` are (field, sentence)."""

    status = 422
    code = "value"

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        """Keep what is wrong beside the message."""
        super().__init__(" ".join(text for _, text in faults))
        self.wrong = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the short form has. ``hours``: a text for each day from Monday ("9:00-17:00")."""

    name: str = ""
    organization: str = ""
    categories: tuple[str, ...] = ()
    about: str = ""
    phone: str = ""
    email: str = ""
    url: str = ""
    line: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    languages: str = ""
    hours: tuple[str, ...] = ("",) * 7
    cost: str = ""
    cost_words: str = ""
    eligibility: str = ""
    documents: str = ""
    applying: str = ""


FACT_OF: Final[Mapping[str, str]] = {
    "name": "name",
    "about": "about",
    "phone": "phone",
    "email": "phone",
    "url": "phone",
    "line": "address",
    "city": "address",
    "state": "address",
    "postal_code": "address",
    "languages": "languages",
    "hours": "hours",
    "cost": "cost",
    "cost_words": "cost",
    "eligibility": "eligibility",
    "documents": "documents",
    "applying": "applying",
}
"""Which fact (of ``confirming.PLACES``) a field belongs to."""


def entry_of(service: Service, place: Place | None, address: Mapping[str, Any]) -> Entry:
    """Return what the form shows of a service; ``address`` is that of its first place."""
    phone = next((one for one in service.phones if one.kind == "phone"), None)
    return Entry(
        name=service.name,
        organization=service.organization_name,
        categories=service.categories,
        about=service.about,
        phone=phone.number if phone else "",
        email=next(iter(service.emails), ""),
        url=next(iter(service.urls), ""),
        line=", ".join(address.get("line", ())),
        city=str(address.get("city", "")),
        state=str(address.get("state", "")),
        postal_code=str(address.get("postalCode", "")),
        languages=", ".join(language_name(one) for one in service.languages),
        hours=shown(service.hours or (place.hours if place else ())),
        cost=service.cost,
        cost_words=service.cost_words,
        eligibility=service.eligibility,
        documents="\n".join(service.documents),
        applying=service.applying,
    )


def check(entry: Entry, domains: frozenset[str], say: Callable[[str], str]) -> None:
    """Refuse what cannot be used, all of it at once.

    Raises:
        UnclearEntryError: with a sentence for each field.
    """
    told = {
        "name": (not entry.name, _("Say what it is called.")),
        "organization": (not entry.organization, _("Say who offers it.")),
        "postal_code": (
            bool(entry.postal_code) and not places.zip_of(entry.postal_code),
            _("A ZIP code has five digits, such as 02139."),
        ),
        "categories": (bool(set(entry.categories) - domains), _("Choose from the list.")),
        "email": (
            bool(entry.email) and not _MAIL.fullmatch(entry.email),
            _("An e-mail address has an @ and no space."),
        ),
        **{name: (True, _("It is too long. Shorten it.")) for name in _too_long(entry)},
        **{
            f"hours-{day}": (True, _("Write hours such as 9:00-17:00, or 24h."))
            for day in _unreadable(entry)
        },
    }
    faults = [(name, say(words)) for name, (wrong, words) in told.items() if wrong]
    if faults:
        raise UnclearEntryError(faults)


def _too_long(entry: Entry) -> list[str]:
    texts = {one.name: getattr(entry, one.name) for one in fields(Entry)}
    return [
        name
        for name, text in texts.items()
        if isinstance(text, str) and len(text) > (LONGEST if name in _LONG else SHORT)
    ]


def _unreadable(entry: Entry) -> list[int]:
    found = []
    for day, text in enumerate(entry.hours):
        try:
            read_hours(text)
        except UnreadableHoursError:
            found.append(day)
    return found


_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_LONG: Final = frozenset({"about", "cost_words", "eligibility", "documents", "applying"})


def changed_fields(before: Entry, after: Entry) -> set[str]:
    """Return the fields that differ in what they mean; "9-5" is "09:00-17:00"."""
    one, other = _meaning(before), _meaning(after)
    return {name for name, value in one.items() if other[name] != value}


def _meaning(entry: Entry) -> dict[str, object]:
    said: dict[str, object] = {one.name: getattr(entry, one.name) for one in fields(Entry)}
    said["languages"] = list(language_codes(entry.languages))
    said["hours"] = [read_hours(text) for text in entry.hours]
    said["categories"] = set(entry.categories)
    return said


def written(service: Resource, changed: set[str], entry: Entry) -> Resource:
    """Return a HealthcareService with the changed fields of the form; nothing else changes."""
    made = dict(service)
    for name, write in _WRITERS.items():
        if name in changed:
            made = write(made, entry)
    return profiled(made)


def _name(made: Resource, entry: Entry) -> Resource:
    return {**made, "name": entry.name}


def _categories(made: Resource, entry: Entry) -> Resource:
    others = [
        one
        for one in made.get("category", ())
        if not any(c.get("system") in {shape.CATEGORY, shape.SDOHCC} for c in one.get("coding", ()))
    ]
    codings = [{"system": shape.CATEGORY, "code": "sdoh", "display": "SDOH"}]
    codings += [{"system": shape.SDOHCC, "code": one} for one in entry.categories]
    return {**made, "category": [{"coding": codings}, *others]}


def _comment(made: Resource, entry: Entry) -> Resource:
    return _with(made, "comment", entry.about)


def _telecom(made: Resource, entry: Entry) -> Resource:
    points = [dict(one) for one in made.get("telecom", ())]
    for system, value in (("phone", entry.phone), ("email", entry.email), ("url", entry.url)):
        held = next((i for i, one in enumerate(points) if one.get("system") == system), -1)
        if held >= 0 and value:
            points[held] = {**points[held], "value": value}
        elif held >= 0:
            del points[held]
        elif value:
            points.append({"system": system, "value": value})
    return _with(made, "telecom", points)


def _languages(made: Resource, entry: Entry) -> Resource:
    spoken = []
    for one in dict.fromkeys(language_codes(entry.languages)):
        coded = one.isascii() and one.isalpha() and len(one) in {2, 3}
        spoken.append(concept(shape.LANGUAGE, one) if coded else {"text": one})
    return _with(made, "communication", spoken)


_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _hours(made: Resource, entry: Entry) -> Resource:
    times: list[dict[str, Any]] = []
    for day, text in zip(_DAYS, entry.hours, strict=True):
        for opens, closes in read_hours(text):
            if opens == closes:
                times.append({"daysOfWeek": [day], "allDay": True})
            else:
                times.append(
                    {
                        "daysOfWeek": [day],
                        "availableStartTime": f"{opens:%H:%M:%S}",
                        "availableEndTime": f"{closes:%H:%M:%S}",
                    }
                )
    return _with(made, "availableTime", times)


def _cost(made: Resource, entry: Entry) -> Resource:
    codes = [concept(PROVISION, entry.cost)] if entry.cost in {"free", "cost"} else []
    made = _with(made, "serviceProvisionCode", codes)
    return _kept(made, cost_options=[], fees="", fees_description=entry.cost_words)


def _eligibility(made: Resource, entry: Entry) -> Resource:
    said = [{"comment": entry.eligibility}] if entry.eligibility else []
    return _kept(_with(made, "eligibility", said), audience="")


def _documents(made: Resource, entry: Entry) -> Resource:
    papers = [{"document": line.strip()} for line in entry.documents.splitlines() if line.strip()]
    return _kept(made, required_documents=papers)


def _applying(made: Resource, entry: Entry) -> Resource:
    return _kept(made, application_process=entry.applying)


def _with(made: Resource, name: str, value: Any) -> Resource:
    rest = {key: held for key, held in made.items() if key != name}
    return {**rest, name: value} if value else rest


def _kept(made: Resource, **facts: Any) -> Resource:
    """Return the resource with these facts of its directory; empty ones are taken away."""
    held = {**kept.facts_of(made), **facts}
    others = [one for one in made.get("extension", ()) if one.get("url") != kept.FACTS]
    return kept.with_facts(_with(made, "extension", others), held)


_WRITERS: Final[Mapping[str, Callable[[Resource, Entry], Resource]]] = {
    "name": _name,
    "categories": _categories,
    "about": _comment,
    "phone": _telecom,
    "email": _telecom,
    "url": _telecom,
    "languages": _languages,
    "hours": _hours,
    "cost": _cost,
    "cost_words": _cost,
    "eligibility": _eligibility,
    "documents": _documents,
    "applying": _applying,
}


def new_service(entry: Entry, identity: str, organization: str, place: str) -> Resource:
    """Return a HealthcareService made of the form. ``organization`` and ``place`` are ids."""
    made: Resource = {
        "resourceType": "HealthcareService",
        "id": identity,
        "active": True,
        "providedBy": reference(f"Organization/{organization}", entry.organization),
        "type": [{"text": entry.name}],
    }
    made = capacity.with_told(made, None)
    if place:
        made["location"] = [reference(f"Location/{place}")]
    return written(made, set(_WRITERS), entry)


def new_organization(entry: Entry, identity: str) -> Resource:
    """Return an Organization that has a name."""
    return {
        "resourceType": "Organization",
        "id": identity,
        "active": True,
        "name": entry.organization,
    }


def new_place(entry: Entry, identity: str, organization: str) -> Resource:
    """Return a Location with the address of the form (SDOHCC-Location)."""
    made: Resource = {
        "resourceType": "Location",
        "id": identity,
        "meta": {"profile": [shape.PLACE_PROFILE]},
        "status": "active",
        "name": entry.line or entry.organization,
        "managingOrganization": reference(f"Organization/{organization}", entry.organization),
    }
    return readdressed(made, entry)


def readdressed(place: Resource, entry: Entry) -> Resource:
    """Return a Location with the address of the form; its position is looked up anew."""
    address = {key: held for key, held in (place.get("address") or {}).items() if key in _STAYS}
    lines = [entry.line] if entry.line else []
    given = {
        "line": lines,
        "city": entry.city,
        "state": entry.state,
        "postalCode": entry.postal_code,
    }
    made = {key: held for key, held in place.items() if key != "position"}
    return {**made, "address": {**address, **{key: one for key, one in given.items() if one}}}


_STAYS: Final = frozenset({"use", "type", "country", "extension"})


def has_address(entry: Entry) -> bool:
    """Tell whether the form says where."""
    return bool(entry.line or entry.city or entry.postal_code)


def profiled(service: Resource) -> Resource:
    """Return the service with the profile of SDOH Clinical Care while it has all that asks for.

    That is: it is active, has a name, a type, the category sdoh, and says what room it has, if
    only that this is not known.
    """
    fits = (
        service.get("active") is True
        and bool(service.get("name"))
        and len(service.get("type", ())) == 1
        and capacity.is_said(service)
        and any(
            coding.get("system") == shape.CATEGORY and coding.get("code") == "sdoh"
            for one in service.get("category", ())
            for coding in one.get("coding", ())
        )
    )
    meta = dict(service.get("meta") or {})
    profiles = [one for one in meta.get("profile", ()) if one != shape.SERVICE_PROFILE]
    meta["profile"] = [*profiles, *[shape.SERVICE_PROFILE] * fits]
    return _with(service, "meta", _with(meta, "profile", meta["profile"]))
