"""The requests behind the three numbers, and who was asked: what filters and counts lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.access.relationship import reached
from handrail.duties.referrals.actions.counting import Numbers, numbers_of
from handrail.duties.referrals.actions.reading import now, require_care
from handrail.duties.referrals.actions.seeing import NUMBERS_OVER
from handrail.duties.referrals.models import NeedMet, Referral, Request
from handrail.fhir.people import listed_name
from handrail.record import store

PAGE: Final = 50
SHOWS: Final = ("asked", "unanswered", "answered", "open", "closed", "met", "not-met", "not-asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A request in a list; ``task`` is one of its referrals, ``met`` what the person said last."""

    task: str
    patient: str
    name: str
    what: str
    asked_on: str
    answered: bool
    closed: str
    closed_on: str
    met: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of requests, how many there are, and the three numbers they are part of."""

    rows: Sequence[Listed]
    total: int
    numbers: Numbers


def listed(by: Principal, show: str, page: int = 1) -> Listing:
    """Return the requests behind a number, the newest first.

    Args:
        by: who looks.
        show: one of :data:`SHOWS`.
        page: from 1.
    """
    require_care(by, "")
    with acting(by):
        since = (now(by).as_of.date() - NUMBERS_OVER).isoformat()
        every = _chosen(_every(by, since), show)
        start = (max(page, 1) - 1) * PAGE
        found = list(every.order_by("-asked_on", "source")[start : start + PAGE])
        patients = sorted({one.patient for one in found})
        audit.saw_many(by, "referrals counted", patients, show)
        stored = store.several([f"Patient/{one}" for one in patients], by=by)
        names = {one.id: listed_name(one.resource) for one in stored.values()}
        total = every.count()
        numbers = numbers_of(by, since)
    return Listing([_listed(one, names.get(one.patient, "")) for one in found], total, numbers)


def _every(by: Principal, since: str) -> QuerySet[Any]:
    org = by.org
    mine = Referral.objects.filter(org=org, request=OuterRef("source")).order_by("-open", "source")
    said = NeedMet.objects.filter(org=org, request=OuterRef("source")).order_by("-said_at")
    every = Request.objects.filter(org=org, asked_on__gte=since).exclude(status="draft")
    annotated: QuerySet[Any] = reached(every, by).annotate(
        told=Exists(mine.exclude(answered="")),
        said=Subquery(said.values("answer")[:1]),
        task=Subquery(mine.values("source")[:1]),
    )
    return annotated


def _chosen(every: QuerySet[Any], show: str) -> QuerySet[Any]:
    closed = every.exclude(closed="")
    kinds: dict[str, QuerySet[Any]] = {
        "unanswered": every.filter(told=False),
        "answered": every.filter(told=True),
        "open": every.filter(closed=""),
        "closed": closed,
        "met": closed.filter(said="yes"),
        "not-met": closed.filter(said__in=["no", "partly", "not-known"]),
        "not-asked": closed.filter(said=None),
    }
    return kinds.get(show, every)


def _listed(one: Any, name: str) -> Listed:
    return Listed(
        task=one.task or "",
        patient=one.patient,
        name=name,
        what=one.what,
        asked_on=one.asked_on,
        answered=one.told,
        closed=one.closed,
        closed_on=one.closed_on,
        met=one.said or "",
    )
