"""Counting: the three numbers of referrals, never one; and receivers' track records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any, Final

from django.db.models import Count, Q

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.access.relationship import reached
from handrail.duties.referrals.models import NeedMet, Referral, Request, TrackRecord
from handrail.fhir.directory.candidates import Track

_HOURS: Final = Decimal(24)
_TENTH: Final = Decimal("0.1")
_MOST: Final = 2000
"""How many referrals of one receiver are looked at, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Three numbers, never one: answered, closed with a reason, need met as the person says.

    ``asked`` are the referrals that were sent; ``met``, ``partly``, ``not_met`` and ``unknown`` say
    what the person said last of those that are ``closed``; ``not_asked`` of how many nobody asked.
    """

    asked: int = 0
    answered: int = 0
    closed: int = 0
    met: int = 0
    partly: int = 0
    not_met: int = 0
    unknown: int = 0

    @property
    def not_asked(self) -> int:
        """Return of how many closed ones nobody asked the person yet."""
        return self.closed - self.met - self.partly - self.not_met - self.unknown


def numbers_of(by: Principal, since: str) -> Numbers:
    """Return the numbers of the requests made from a day on (ISO 8601) that ``by`` may see."""
    org = by.org
    every = reached(Request.objects.filter(org=org, asked_on__gte=since), by)
    every = every.exclude(status="draft")
    closed = every.exclude(closed="")
    counted = every.aggregate(asked=Count("source"), closed=Count("source", filter=~Q(closed="")))
    told = reached(Referral.objects.filter(org=org, request__in=every.values("source")), by)
    said = NeedMet.objects.filter(org=org, request__in=closed.values("source"))
    answers = dict(said.order_by("said_at").values_list("request", "answer"))
    last = list(answers.values())
    return Numbers(
        asked=counted["asked"],
        answered=told.exclude(answered="").aggregate(n=Count("request", distinct=True))["n"],
        closed=counted["closed"],
        met=last.count("yes"),
        partly=last.count("partly"),
        not_met=last.count("no"),
        unknown=last.count("not-known"),
    )


def track_records(by: Principal, receivers: Iterable[str]) -> Mapping[str, Track]:
    """Return how receivers (references) dealt with what was sent; those never asked are left out.

    It counts referrals of the whole organization and names nobody.
    """
    wanted = sorted(set(receivers))
    if not wanted:
        return {}
    require(by, "read", "HealthcareService")
    with acting(by):
        rows = TrackRecord.objects.filter(org=by.org, receiver__in=wanted)
        listed = list(
            rows.order_by("-sent_on").values_list(
                "receiver", "answer", "hours", "visits", "no_shows"
            )[: _MOST * len(wanted)]
        )
    by_receiver: dict[str, list[tuple[Any, ...]]] = {}
    for receiver, *rest in listed:
        by_receiver.setdefault(receiver, []).append(tuple(rest))
    return {receiver: _track(found) for receiver, found in by_receiver.items()}


def _track(rows: list[tuple[Any, ...]]) -> Track:
    hours = [h for _, h, _, _ in rows if h is not None]
    days = (Decimal(str(median(hours))) / _HOURS).quantize(_TENTH) if hours else None
    return Track(
        sent=len(rows),
        answered=sum(bool(answer) for answer, _, _, _ in rows),
        accepted=sum(answer == "accepted" for answer, _, _, _ in rows),
        declined=sum(answer == "declined" for answer, _, _, _ in rows),
        visits=sum(visits for _, _, visits, _ in rows),
        no_shows=sum(missed for _, _, _, missed in rows),
        median_days=days,
    )
