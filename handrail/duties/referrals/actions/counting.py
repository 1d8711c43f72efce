"""Counting: the three numbers of referrals, never one; and receivers' track records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Aggregate, Count, FloatField, Q, Sum

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.access.relationship import reached
from handrail.duties.referrals.models import NeedMet, Referral, Request, TrackRecord
from handrail.fhir.directory.candidates import Track

_HOURS_A_DAY: Final = Decimal(24)
_TENTH: Final = Decimal("0.1")


class _Median(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


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
        counted = rows.values("receiver").annotate(
            sent=Count("source"),
            answered=Count("source", filter=~Q(answer="")),
            accepted=Count("source", filter=Q(answer="accepted")),
            declined=Count("source", filter=Q(answer="declined")),
            seen=Sum("visits"),
            missed=Sum("no_shows"),
            median=_Median("hours"),
        )
        return {row["receiver"]: _track(row) for row in counted}


def _track(row: Mapping[str, Any]) -> Track:
    hours = row["median"]
    days = None if hours is None else (Decimal(str(hours)) / _HOURS_A_DAY).quantize(_TENTH)
    return Track(
        sent=row["sent"],
        answered=row["answered"],
        accepted=row["accepted"],
        declined=row["declined"],
        visits=row["seen"],
        no_shows=row["missed"],
        median_days=days,
    )
