"""A service of the directory as this room reads it: parse, don't dig."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.directory import capacity, duplicates, opening, shape
from handrail.fhir.directory.entries import Phone
from handrail.fhir.directory.kept import facts_of
from handrail.fhir.directory.words import folded, words_in
from handrail.fhir.resource import Resource, code_of, words_of

PLAN_NET: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net/"
PROVISION: Final = "http://terminology.hl7.org/CodeSystem/service-provision-conditions"
DEACTIVATED: Final = "urn:handrail:deactivated"
FREE, COSTS, UNKNOWN = "free", "cost", ""

_FREE = re.compile(r"(?:none|free|no (?:fee|fees|cost|charge)s?|gratis|gratuito|sin costo)\b")
_NOTHING = re.compile(r"\s*(?:none|no documents?|nothing|ninguno)\W*\Z")
_LANGUAGES: Final[Mapping[str, str]] = {
    "english": "en",
    "spanish": "es",
    "espanol": "es",
    "chinese": "zh",
    "mandarin": "zh",
    "cantonese": "yue",
    "tagalog": "tl",
    "filipino": "tl",
    "vietnamese": "vi",
    "korean": "ko",
    "russian": "ru",
    "arabic": "ar",
    "farsi": "fa",
    "persian": "fa",
    "portuguese": "pt",
    "french": "fr",
    "haitian": "ht",
    "hindi": "hi",
    "japanese": "ja",
    "italian": "it",
    "german": "de",
    "polish": "pl",
    "somali": "so",
    "samoan": "sm",
    "tongan": "to",
    "armenian": "hy",
    "urdu": "ur",
    "punjabi": "pa",
    "bengali": "bn",
    "khmer": "km",
    "hmong": "hmn",
    "ukrainian": "uk",
    "amharic": "am",
    "greek": "el",
}


_NAMES: Final[Mapping[str, str]] = {
    code: name.title() for name, code in reversed(list(_LANGUAGES.items()))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A Location: where a service is given."""

    id: str
    name: str
    address: str
    postal_code: str = ""
    city: str = ""
    point: tuple[float, float] | None = None
    phones: tuple[Phone, ...] = ()
    hours: tuple[opening.Hours, ...] = ()
    how_to_get_there: str = ""
    access: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A HealthcareService of the directory. ``version`` is the one that was read."""

    id: str
    version: int
    name: str
    other_names: tuple[str, ...]
    active: bool
    about: str
    organization: str
    organization_name: str
    places: tuple[str, ...]
    categories: tuple[str, ...]
    terms: tuple[str, ...]
    languages: tuple[str, ...]
    phones: tuple[Phone, ...]
    emails: tuple[str, ...]
    urls: tuple[str, ...]
    cost: str
    cost_words: str
    eligibility: str
    minimum_age: int | None
    maximum_age: int | None
    documents: tuple[str, ...]
    applying: str
    waiting: str
    alert: str
    areas: tuple[str, ...]
    hours: tuple[opening.Hours, ...]
    closed: tuple[opening.Closed, ...]
    capacity: capacity.Told | None
    replaced_by: str
    different: frozenset[str]
    deactivated: str
    directory: str
    assured: shape.Confirmed | None


def is_community(service: Mapping[str, Any]) -> bool:
    """Tell whether a HealthcareService belongs here, and not to a plan's list of providers."""
    if shape.categories(service) or shape.hsds_id(service) or shape.directory_of(service):
        return True
    profiles = service.get("meta", {}).get("profile", ())
    systems = [
        str(coding.get("system", ""))
        for name in ("category", "type", "specialty")
        for one in service.get(name, ())
        for coding in one.get("coding", ())
    ]
    return not any(str(one).startswith(PLAN_NET) for one in (*profiles, *systems))


def service_of(resource: Resource) -> Service:
    """Return a HealthcareService as it is read here."""
    can = shape.eligibility(resource)
    return Service(
        id=str(resource.get("id", "")),
        version=_version(resource),
        name=shape.name_of(resource),
        other_names=shape.other_names(resource),
        active=_is_active(resource),
        about=shape.words_about(resource),
        organization=shape.provider_of(resource).rpartition("/")[2],
        organization_name=str((resource.get("providedBy") or {}).get("display", "")),
        places=tuple(one.rpartition("/")[2] for one in shape.places_of(resource)),
        categories=shape.categories(resource),
        terms=_terms(resource),
        languages=languages_in(resource),
        phones=shape.phones(resource),
        emails=shape.emails(resource),
        urls=shape.urls(resource),
        cost=cost_of(resource),
        cost_words=_cost_words(resource),
        eligibility=_eligibility(resource, can.words),
        minimum_age=None if can.minimum_age is None else int(can.minimum_age),
        maximum_age=None if can.maximum_age is None else int(can.maximum_age),
        documents=tuple(
            paper.words
            for paper in shape.papers(resource)
            if not _NOTHING.match(folded(paper.words))
        ),
        applying=shape.how_to_apply(resource),
        waiting=shape.wait_words(resource),
        alert=shape.alert(resource),
        areas=tuple(filter(None, (one.name or one.words for one in shape.areas(resource)))),
        hours=opening.hours_of(resource),
        closed=opening.closed_of(resource),
        capacity=capacity.told_of(resource),
        replaced_by=duplicates.replaced_by(resource),
        different=duplicates.different_of(resource),
        deactivated=_deactivated(resource),
        directory=shape.directory_of(resource),
        assured=shape.confirmed(resource),
    )


def place_of(resource: Resource) -> Place:
    """Return a Location as it is read here."""
    address = resource.get("address") or {}
    return Place(
        id=str(resource.get("id", "")),
        name=shape.name_of(resource),
        address=shape.address_of(resource),
        postal_code=str(address.get("postalCode", "")),
        city=str(address.get("city", "")),
        point=shape.point_of(resource),
        phones=shape.phones(resource),
        hours=opening.hours_of(resource),
        how_to_get_there=shape.transportation(resource),
        access=shape.accessibility(resource),
        languages=tuple(dict.fromkeys(_coded(shape.languages(resource)))),
    )


def _version(resource: Mapping[str, Any]) -> int:
    text = str(resource.get("meta", {}).get("versionId", ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def _terms(resource: Mapping[str, Any]) -> tuple[str, ...]:
    filed = (term.name or term.code for term in shape.terms(resource))
    keywords = str(facts_of(resource).get("keywords", "")).split(",")
    coded = (words_of(one) for name in ("type", "specialty") for one in resource.get(name, ()))
    listed = (" ".join(one.split()) for one in (*filed, *keywords, *coded))
    name = shape.name_of(resource)
    return tuple(one for one in dict.fromkeys(listed) if one and one != name)


def languages_in(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages as BCP-47 codes where they are known, else by name."""
    return tuple(dict.fromkeys(_coded(shape.languages(resource))))


def _coded(spoken: Iterable[shape.Language]) -> Iterator[str]:
    for one in spoken:
        if one.code:
            yield one.code.partition("-")[0].lower()
        else:
            yield from language_codes(one.name)


def language_codes(names: str) -> Iterator[str]:
    """Yield the codes of languages in a text ("Spanish, Chinese (Mandarin)"), else the words."""
    for part in re.split(r"[,;/]| and ", names):
        known = [_LANGUAGES[word] for word in words_in(part) if word in _LANGUAGES]
        if known:
            yield known[-1] if known[0] == "zh" and len(known) > 1 else known[0]
        elif part.strip():
            yield " ".join(part.split())


def language_name(code: str) -> str:
    """Return the English name by which :func:`language_codes` knows a code; else the code."""
    return _NAMES.get(code, code)


def cost_of(resource: Mapping[str, Any]) -> str:
    """Return FREE, COSTS or UNKNOWN."""
    codes = {code_of(one, PROVISION) for one in resource.get("serviceProvisionCode", ())}
    if "free" in codes:
        return FREE
    told = shape.costs(resource)
    amounts = [one.amount for one in told if one.amount is not None]
    words = folded(" ".join(one.words for one in told)).strip()
    if amounts:
        return COSTS if any(amounts) else FREE
    if words:
        return FREE if _FREE.match(words) else COSTS
    return COSTS if codes & {"cost", "disc"} else UNKNOWN


def _cost_words(resource: Mapping[str, Any]) -> str:
    said = []
    for one in shape.costs(resource):
        amount = "" if one.amount is None else f"{one.amount} {one.currency}".strip()
        said.append(": ".join(filter(None, (one.option, amount, one.words))))
    return "\n".join(filter(None, said))


def _eligibility(resource: Mapping[str, Any], words: str) -> str:
    """Return who may come: what is said, else codes; and whom an old directory says it is for."""
    codes = (words_of(one.get("code")) for one in resource.get("eligibility", ()))
    audience = str(facts_of(resource).get("audience", ""))
    said = words or ", ".join(filter(None, codes))
    return "\n".join(dict.fromkeys(filter(None, (said, audience))))


def _is_active(resource: Mapping[str, Any]) -> bool:
    """Tell whether it is offered.

    What was merged or taken off here stays off, whatever an import of its directory says later.
    """
    off = duplicates.replaced_by(resource) or _deactivated(resource)
    return bool(resource.get("active", True)) and not off


def _deactivated(resource: Mapping[str, Any]) -> str:
    for extension in resource.get("extension", ()):
        if extension.get("url") == DEACTIVATED:
            return str(extension.get("valueString", ""))
    return ""


def fax_of(phones: Sequence[Phone]) -> str:
    """Return the first fax number."""
    return next((one.number for one in phones if one.kind == "fax"), "")


def phone_of(phones: Sequence[Phone]) -> str:
    """Return the first number one can call, with its extension."""
    for one in phones:
        if one.kind == "phone":
            return f"{one.number} x {one.extension}" if one.extension else one.number
    return ""


def hours_words(hours: Sequence[opening.Hours]) -> str:
    """Return hours as plain text, to tell whether they changed; not for people."""
    return opening.packed(hours)


def spoken_at(service: Service, places: Sequence[Place]) -> tuple[str, ...]:
    """Return the languages of a service; where it says none, those of its places."""
    every = (one for place in places for one in place.languages)
    return service.languages or tuple(dict.fromkeys(every))


def facts_now(service: Service, places: Sequence[Place], hours: str) -> dict[str, str]:
    """Return what each fact says now, in words, by the codes of ``confirming.PLACES``.

    Args:
        service: whose facts.
        places: where it is given.
        hours: its hours in words.
    """
    numbers = [*service.phones, *(one for place in places for one in place.phones)]
    dialled = dict.fromkeys(
        f"{one.number} x {one.extension}" if one.extension else one.number for one in numbers
    )
    return {
        "name": service.name,
        "about": service.about,
        "phone": ", ".join([*dialled, *service.emails]),
        "address": "; ".join(place.address for place in places if place.address),
        "hours": hours,
        "languages": ", ".join(spoken_at(service, places)),
        "cost": service.cost_words or service.cost,
        "eligibility": service.eligibility,
        "documents": "; ".join(service.documents),
        "applying": service.applying,
    }
