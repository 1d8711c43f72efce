"""Resource in, rows out: services, places, who helps, words, confirmations, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from handrail.duties.community_resources.models import (
    Answer,
    At,
    Confirmation,
    Place,
    Provider,
    Service,
    Word,
)
from handrail.duties.community_resources.resources import (
    PLAN_NET,
    fax_of,
    is_community,
    phone_of,
    place_of,
    service_of,
)
from handrail.fhir.directory import confirming, opening, places, shape
from handrail.fhir.directory.duplicates import name_key, phone_key
from handrail.fhir.directory.words import words_in
from handrail.fhir.moments import day_in
from handrail.fhir.referring.names import DECLINED, KIND
from handrail.fhir.referring.stages import stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource, code_of, target_of
from handrail.fhir.work import kind_of
from handrail.record.registry import Projection

UNFILED: Final = "sdoh-category-unspecified"
NEED, PHONE, NAME = "need:", "phone:", "name:"
_LONGEST: Final = 600  # characters of a text that lists show
_NAME: Final = 300  # characters of a name: what an index holds has an end
_KEY: Final = 120
_MOST_WORDS: Final = 300


def project_service(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the row of a service of the directory."""
    if not is_community(resource):
        return
    found = service_of(resource)
    yield {
        "name": found.name[:_NAME],
        "organization": found.organization,
        "organization_name": found.organization_name[:_NAME],
        "active": found.active,
        "categories": ";".join(found.categories),
        "languages": ";".join(found.languages),
        "cost": found.cost,
        "cost_words": found.cost_words[:_LONGEST],
        "eligibility": found.eligibility[:_LONGEST],
        "minimum_age": _age(found.minimum_age),
        "maximum_age": _age(found.maximum_age),
        "documents": "; ".join(found.documents)[:_LONGEST],
        "applying": found.applying[:_LONGEST],
        "hours": opening.packed(found.hours),
        "closed": opening.packed_days(found.closed),
        "phone": phone_of(found.phones),
        "fax": fax_of(found.phones),
        "email": next(iter(found.emails), ""),
        "about": found.about[:_LONGEST],
        "capacity": found.capacity.status if found.capacity else "",
        "capacity_note": found.capacity.note if found.capacity else "",
        "different": ";".join(sorted(found.different)),
        "replaced_by": found.replaced_by,
        "assured_on": found.assured.on.isoformat() if found.assured else "",
    }


def _age(years: int | None) -> int | None:
    return None if years is None else max(0, min(years, 200))


def project_at(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each place of a service."""
    if is_community(resource):
        for place in dict.fromkeys(shape.places_of(resource)):
            yield {"place": place.rpartition("/")[2]}


def _is_of_plan(resource: Resource) -> bool:
    """Tell whether it belongs to a plan's list of providers, which another room keeps."""
    profiles = resource.get("meta", {}).get("profile", ())
    return any(str(one).startswith(PLAN_NET) for one in profiles)


def project_place(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the row of a place; where it says no position, its ZIP code's is taken."""
    if _is_of_plan(resource):
        return
    found = place_of(resource)
    point = places.point_at(*found.point) if found.point else None
    point = point or places.point_of(found.postal_code)
    yield {
        "name": found.name,
        "address": found.address,
        "city": found.city,
        "postal_code": places.zip_of(found.postal_code),
        "cell": places.cell_of(point),
        "latitude": point.latitude if point else None,
        "longitude": point.longitude if point else None,
        "phone": phone_of(found.phones),
        "fax": fax_of(found.phones),
        "hours": opening.packed(found.hours),
        "languages": ";".join(found.languages),
    }


def project_provider(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the name of an organization and how it is reached."""
    if _is_of_plan(resource):
        return
    numbers = shape.phones(resource)
    yield {
        "name": shape.name_of(resource)[:_NAME],
        "phone": phone_of(numbers),
        "fax": fax_of(numbers),
        "email": next(iter(shape.emails(resource)), ""),
        "active": bool(resource.get("active", True)),
    }


def project_words(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each word of a service; a word counts where it says most."""
    if not is_community(resource):
        return
    found = service_of(resource)
    weighed: dict[str, int] = {}
    texts = (
        (3, " ".join((found.name, *found.other_names))),
        (2, " ".join((*found.terms, *(one for one in found.categories if one != UNFILED)))),
        (1, f"{found.about} {found.eligibility}"),
    )
    for weight, text in texts:
        for word in words_in(text):
            if len(weighed) < _MOST_WORDS:
                weighed.setdefault(word, weight)
    marks = [f"{NEED}{category}" for category in found.categories]
    marks += [f"{PHONE}{key}" for one in found.phones if (key := phone_key(one.number))]
    marks.append(f"{NAME}{name_key(found.name)[:_KEY]}")
    for word, weight in {**dict.fromkeys(marks, 0), **weighed}.items():
        yield {"word": word, "weight": weight}


def project_provider_words(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each word of an organization's name."""
    if _is_of_plan(resource):
        return
    names = " ".join((shape.name_of(resource), *shape.other_names(resource)))
    for word in words_in(names)[:_MOST_WORDS]:
        yield {"word": word, "weight": 2}


def project_confirmation(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each fact that somebody confirmed."""
    for (target, fact), one in {
        (one.target, one.fact): one for one in confirming.confirmed_in(resource)
    }.items():
        yield {
            "target": target,
            "fact": fact,
            "value": one.value,
            "on": one.on.isoformat(),
            "by_name": one.by_name,
            "told_by": one.told_by,
            "how": one.how,
        }


def project_answer(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give how a referral was answered, once it was."""
    if kind_of(task) != KIND:
        return
    state = state_in(task)
    on = day_in(state.answered)
    if on is not None:
        yield {
            "receiver": state.receiver or target_of(task.get("owner")),
            "stage": stage_of(task).value,
            "answer": state.answer,
            "reason": code_of(task.get("statusReason"), DECLINED),
            "on": on.isoformat(),
        }


PROJECTIONS = (
    Projection(of="HealthcareService", into=Service, rows=project_service),
    Projection(of="HealthcareService", into=At, rows=project_at),
    Projection(of="HealthcareService", into=Word, rows=project_words),
    Projection(of="Organization", into=Provider, rows=project_provider),
    Projection(of="Organization", into=Word, rows=project_provider_words),
    Projection(of="Location", into=Place, rows=project_place),
    Projection(of="VerificationResult", into=Confirmation, rows=project_confirmation),
    Projection(of="Task", into=Answer, rows=project_answer),
)
