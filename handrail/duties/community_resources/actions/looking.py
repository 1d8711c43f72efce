"""Looking at one service: every fact with who confirmed it and when, its room, what looks alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.community_resources.actions.searching import answers_since
from handrail.duties.community_resources.models import Answer, Confirmation
from handrail.duties.community_resources.models import Service as Row
from handrail.duties.community_resources.resources import (
    Place,
    Service,
    facts_now,
    place_of,
    service_of,
)
from handrail.fhir.directory import capacity, opening
from handrail.fhir.directory.candidates import Track
from handrail.fhir.directory.confirming import Confirmed, Standing, newest, standing
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.stored import Stored
from handrail.room import house

MOST_CONFIRMED = 200
MOST_SIBLINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One service as its page shows it.

    ``facts``: what each fact says and how far it can be relied on, by code; ``answered``: how many
    recent answers there are to referrals; ``siblings``: other services of the organization.
    """

    service: Service
    version: int
    organization: str
    places: Sequence[Place]
    addresses: Sequence[Mapping[str, Any]]
    hours: tuple[opening.Hours, ...]
    now: opening.Opening
    facts: Mapping[str, tuple[str, Standing]]
    capacity: capacity.Capacity
    answered: int
    track: Track | None
    confirmations: Sequence[Confirmed]
    siblings: Sequence[tuple[str, str]]
    successor: str
    today: date


@dataclass(frozen=True, slots=True)
class Read:
    """A service and what it refers to, as stored."""

    stored: Stored
    service: Service
    places: Sequence[Stored]
    organization: Stored | None


def read(by: Principal, identity: str) -> Read:
    """Return a service, its places and who offers it.

    Raises:
        NotFoundError: there is no such service.
        GoneError: it was deleted.
        ForbiddenError: ``by`` may not read services.
    """
    require(by, "read", "HealthcareService")
    stored = store.read(f"HealthcareService/{identity}", by=by)
    service = service_of({**stored.resource, "id": stored.id})
    wanted = [f"Location/{one}" for one in service.places]
    who = f"Organization/{service.organization}" if service.organization else ""
    found = store.several([*wanted, *[who] * bool(who)], by=by)
    return Read(
        stored,
        service,
        [found[one] for one in wanted if one in found],
        found.get(who),
    )


def confirmations(org: int, identity: str) -> list[Confirmed]:
    """Return what was confirmed of a service, the newest first; inside ``acting``."""
    target = f"HealthcareService/{identity}"
    held = Confirmation.objects.filter(org=org, target=target).order_by("-on", "source", "fact")
    return [
        Confirmed(
            target=target,
            fact=one.fact,
            value=one.value,
            on=date.fromisoformat(one.on),
            by_name=one.by_name,
            told_by=one.told_by,
            how=one.how,
        )
        for one in held[:MOST_CONFIRMED]
    ]


def look(by: Principal, identity: str) -> Seen:
    """Return all that is known of a service; the look is audited.

    Raises:
        NotFoundError: there is no such service in the directory.
        ForbiddenError: ``by`` may not read services.
    """
    with acting(by):
        facts = known(by.org)
        found = read(by, identity)
        confirmed = confirmations(by.org, identity)
        service = found.service
        places = [place_of({**one.resource, "id": one.id}) for one in found.places]
        hours = service.hours or next((one.hours for one in places if one.hours), ())
        who = service.organization_name
        if found.organization is not None:
            who = str(found.organization.resource.get("name", "")) or who
        room, answered = _room(by.org, service, confirmed, facts)
        today = facts.as_of.date()
        siblings = Row.objects.filter(
            org=by.org, organization=service.organization, active=True
        ).exclude(source=identity)
        named = siblings.order_by("name").values_list("source", "name")[:MOST_SIBLINGS]
        return Seen(
            service=service,
            version=found.stored.version,
            organization=who,
            places=places,
            addresses=[one.resource.get("address") or {} for one in found.places],
            hours=hours,
            now=opening.opening(hours, service.closed, facts.as_of),
            facts=_standings(service, places, hours, confirmed, facts),
            capacity=room,
            answered=answered,
            track=_track(by, service),
            confirmations=confirmed,
            siblings=list(named) if service.organization else [],
            successor=_name(by.org, service.replaced_by),
            today=today,
        )


def _name(org: int, identity: str) -> str:
    held = Row.objects.filter(org=org, source=identity).values_list("name", flat=True)
    return (held.first() or identity) if identity else ""


def _standings(
    service: Service,
    places: Sequence[Place],
    hours: tuple[opening.Hours, ...],
    confirmed: Sequence[Confirmed],
    facts: RecordKnown,
) -> dict[str, tuple[str, Standing]]:
    today = facts.as_of.date()
    rule = facts.rules.rule("directory.confirm", today)
    last = newest(reversed(confirmed))
    now = facts_now(service, places, opening.packed(hours))
    return {
        fact: (value, standing(fact, value, last.get(fact), today, rule))
        for fact, value in now.items()
    }


def _room(
    org: int, service: Service, confirmed: Sequence[Confirmed], facts: RecordKnown
) -> tuple[capacity.Capacity, int]:
    today = facts.as_of.date()
    reference = f"HealthcareService/{service.id}"
    answers = answers_since(org, [reference], facts).get(reference, [])
    told_on = next((one.on for one in confirmed if one.fact == "capacity"), None)
    rule = facts.rules.rule("directory.capacity", today)
    found = capacity.capacity(service.capacity, told_on, answers, today, rule)
    return found, Answer.objects.filter(org=org, receiver=reference).count()


def _track(by: Principal, service: Service) -> Track | None:
    wanted = [f"HealthcareService/{service.id}"]
    if service.organization:
        wanted.append(f"Organization/{service.organization}")
    held: dict[str, Track] = {}
    for answered in house.ask("track-record", by, wanted):
        held.update(answered)
    return next((held[one] for one in wanted if one in held), None)


def facts_of(found: Read) -> dict[str, str]:
    """Return what each fact of a service says now, in the words that confirmations keep."""
    places = [place_of({**one.resource, "id": one.id}) for one in found.places]
    hours = found.service.hours or next((one.hours for one in places if one.hours), ())
    return facts_now(found.service, places, opening.packed(hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A service as it stands on a list that somebody takes home."""

    service: Service
    organization: str
    places: Sequence[Place]
    hours: tuple[opening.Hours, ...]
    confirmed_on: date | None


def take_home(by: Principal, identities: Sequence[str]) -> list[Taken]:
    """Return some services, in the order given, in few statements; those not there are left out."""
    require(by, "read", "HealthcareService")
    with acting(by):
        found = store.several([f"HealthcareService/{one}" for one in identities], by=by)
        services = [
            service_of({**found[one].resource, "id": found[one].id})
            for one in (f"HealthcareService/{id_}" for id_ in identities)
            if one in found
        ]
        wanted = {f"Location/{place}" for one in services for place in one.places}
        wanted |= {f"Organization/{one.organization}" for one in services if one.organization}
        about = store.several(sorted(wanted), by=by)
        targets = [f"HealthcareService/{one.id}" for one in services]
        days = dict(
            Confirmation.objects.filter(org=by.org, target__in=targets)
            .order_by("on")
            .values_list("target", "on")
        )
    return [_taken(one, about, days.get(f"HealthcareService/{one.id}", "")) for one in services]


def _taken(service: Service, about: Mapping[str, Stored], on: str) -> Taken:
    held = (about.get(f"Location/{place}") for place in service.places)
    places = [place_of({**one.resource, "id": one.id}) for one in held if one]
    who = about.get(f"Organization/{service.organization}")
    name = str(who.resource.get("name", "")) if who else ""
    return Taken(
        service=service,
        organization=name or service.organization_name,
        places=places,
        hours=service.hours or next((one.hours for one in places if one.hours), ()),
        confirmed_on=date.fromisoformat(on) if on else None,
    )
