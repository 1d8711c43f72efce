"""Services that could take a referral, for rooms that do not know this one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.duties.community_resources.actions.languages import names
from handrail.duties.community_resources.actions.person import person
from handrail.duties.community_resources.actions.searching import Reader, search
from handrail.duties.community_resources.rules.choosing import Asked, Offer
from handrail.duties.community_resources.rules.ordering import Ordered
from handrail.fhir.directory.candidates import Candidate, Wanted

KIND = "service"


def candidates(by: Principal, wanted: Wanted) -> list[Candidate]:
    """Return the services that could do what is wanted, best first; none for other kinds.

    What is not said (where, in which language) is taken from the patient's record.
    """
    if wanted.kind != KIND or not allows(by, "search", "HealthcareService"):
        return []
    asked = Asked(
        needs=wanted.categories,
        words="" if wanted.categories else wanted.words,
        near=wanted.near,
    )
    language = wanted.language
    if wanted.patient and not (asked.near and language):
        known = person(by, wanted.patient)
        asked = replace(asked, near=asked.near or known.postal_code)
        language = language or known.language
    found = search(by, asked, Reader(speaks=language, names=names()))
    return [_candidate(one) for one in found.ordered[: wanted.at_most]]


def _candidate(one: Ordered) -> Candidate:
    offer = one.offer
    return Candidate(
        reference=f"HealthcareService/{offer.id}",
        name=_name(offer),
        place=offer.address or offer.city,
        kilometres=offer.km,
        minutes=one.minutes,
        channels={
            name: value
            for name, value in (
                ("mail", offer.email),
                ("fax", offer.fax),
                ("phone", offer.phone),
            )
            if value
        },
        reasons=one.reasons,
        track=one.track,
        confirmed_on=date.fromisoformat(offer.confirmed_on) if offer.confirmed_on else None,
    )


def _name(offer: Offer) -> str:
    who = offer.organization_name
    return f"{offer.name} ({who})" if who and who != offer.name else offer.name
