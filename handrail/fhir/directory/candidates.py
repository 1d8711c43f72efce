"""What is wanted of a receiver, and what is known of one that could do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who is looked for.

    ``kind`` is "service" (community) or "specialist". ``categories`` are SDOH category codes,
    ``specialties`` NUCC taxonomy codes, ``words`` free text; ``plan`` is a reference to an
    InsurancePlan or the plan's name; ``language`` a BCP-47 code; ``near`` a ZIP code; ``at`` the
    day it is asked for (ISO 8601). ``patient`` is the id of whom it is for; empty: nobody yet.
    """

    kind: str
    categories: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    words: str = ""
    plan: str = ""
    language: str = ""
    near: str = ""
    at: str = ""
    patient: str = ""
    at_most: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a candidate stands where it does, in words; ``speaks`` 1 for, -1 against, 0 unknown."""

    code: str
    words: str
    speaks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """How a receiver dealt with what was sent: counts of referrals, and the median days to answer.

    ``median_days`` is None while nothing was answered. Few referrals prove little: ``sent`` says
    how few.
    """

    sent: int = 0
    answered: int = 0
    accepted: int = 0
    declined: int = 0
    visits: int = 0
    no_shows: int = 0
    median_days: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who could take a referral.

    ``reference`` is "HealthcareService/...", "PractitionerRole/..." or "Organization/...";
    ``channels`` say how it can be reached ("fhir", "mail", "sms", "fax", "phone": address or
    number). Distances are kilometres as the crow flies and minutes by road as estimated; None:
    unknown. ``confirmed_on`` is when somebody last confirmed the facts.
    """

    reference: str
    name: str
    place: str = ""
    kilometres: float | None = None
    minutes: int | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    track: Track = field(default_factory=Track)
    confirmed_on: date | None = None
