"""Looking at referrals: the board, one of them, those of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.access.relationship import reached
from handrail.duties.referrals.actions.counting import Numbers, numbers_of
from handrail.duties.referrals.actions.reading import now, require_care
from handrail.duties.referrals.actions.showing import (
    FollowUpView,
    PatientReferral,
    ReferralView,
    Step,
    of_patient,
    referral,
)
from handrail.duties.referrals.models import FollowUp, Referral
from handrail.fhir.people import listed_name
from handrail.fhir.referring.stages import OPEN, Stage
from handrail.record.known import RecordKnown

PAGE: Final = 50
_MOST_RECEIVERS: Final = 100
NUMBERS_OVER: Final = timedelta(days=365)
ENDED_FOR: Final = timedelta(days=14)
"""How long an ended referral stays on the board."""

__all__ = [
    "Board",
    "Filters",
    "FollowUpView",
    "Group",
    "Numbers",
    "PatientReferral",
    "ReferralView",
    "Row",
    "Step",
    "board",
    "of_patient",
    "referral",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the board shows.

    ``stage`` shows that stage alone, ``page`` by page; ``mine``: what I look at; ``late``: what
    nobody looked at in time; ``receiver``: a reference.
    """

    stage: str = ""
    receiver: str = ""
    mine: bool = False
    team: bool = False
    late: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One referral on the board. Days and instants are FHIR text."""

    task: str
    request: str
    patient: str
    patient_name: str
    stage: Stage
    since: str
    look_at: str
    look_on: str
    channel: str
    trouble: str
    receiver: str
    receiver_name: str
    what: str
    looker: str
    looker_name: str
    urgent: bool
    visit: str


@dataclass(frozen=True, slots=True)
class Group:
    """The referrals of one stage: how many there are, and those that are shown."""

    stage: Stage
    total: int
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board: what does not arrive first, then by stage.

    ``waiting`` counts the open follow-ups by kind; ``today`` is the day here (ISO 8601).
    ``receivers`` are those with open referrals, whichever is chosen: (reference, name, how many).
    """

    trouble: Sequence[Row]
    groups: Sequence[Group]
    counts: Mapping[Stage, int]
    numbers: Numbers
    waiting: Mapping[str, int]
    receivers: Sequence[tuple[str, str, int]]
    today: str


def board(by: Principal, filters: Filters) -> Board:
    """Return the referrals that ``by`` may see, by stage, the longest waiting first."""
    require_care(by, "")
    with acting(by):
        facts = now(by)
        today = facts.as_of.date()
        every = _chosen(by, filters, today.isoformat(), (today - ENDED_FOR).isoformat())
        tally = _tally(every, filters)
        counts = tally.counts
        every = every.filter(receiver=filters.receiver) if filters.receiver else every
        rows = _pages(every, [one for one in Stage if counts.get(one)], filters)
        trouble = _troubled(every) if tally.troubled else []
        shown = {one.patient for listed in (*rows.values(), trouble) for one in listed}
        audit.saw_many(by, "referrals", shown, "stage" if filters.stage else "")
        named = _names(facts, shown)
        follow = FollowUp.objects.filter(org=by.org).values("kind").annotate(n=Count("source"))
        waiting = {str(row["kind"]): int(row["n"]) for row in follow}
        numbers = numbers_of(by, (today - NUMBERS_OVER).isoformat())
    groups = [
        Group(stage, counts[stage], [_row(one, named) for one in listed])
        for stage, listed in rows.items()
        if not filters.stage or stage == filters.stage
    ]
    return Board(
        trouble=[_row(one, named) for one in trouble],
        groups=groups,
        counts=counts,
        numbers=numbers,
        waiting=waiting,
        receivers=tally.receivers,
        today=today.isoformat(),
    )


def _chosen(by: Principal, filters: Filters, today: str, ended_since: str) -> QuerySet[Any]:
    every = reached(Referral.objects.filter(org=by.org), by)
    ended = [stage.value for stage in Stage if stage not in OPEN]
    if filters.stage not in ended:
        every = every.exclude(open=False, since__lt=ended_since)
    if filters.mine:
        every = every.filter(looker__in=by.identities)
    if filters.team:
        every = every.filter(looker__in=[*by.teams, ""])
    if filters.late:
        every = every.filter(open=True, look_on__lt=today)
    return every


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many referrals there are, counted in one pass."""

    counts: Mapping[Stage, int]
    receivers: Sequence[tuple[str, str, int]]
    troubled: int


def _tally(every: QuerySet[Any], filters: Filters) -> _Tally:
    """Count what is shown by stage, and what is open by receiver."""
    counts: dict[Stage, int] = {}
    receivers: dict[tuple[str, str], int] = {}
    troubled = 0
    in_trouble = Count("source", filter=Q(open=True) & ~Q(trouble=""))
    counted = every.values("stage", "receiver", "receiver_name")
    for row in counted.annotate(n=Count("source"), bad=in_trouble):
        stage, who = Stage(row["stage"]), (str(row["receiver_name"]), str(row["receiver"]))
        if not filters.receiver or filters.receiver == row["receiver"]:
            counts[stage] = counts.get(stage, 0) + int(row["n"])
            troubled += int(row["bad"])
        if stage in OPEN and row["receiver"]:
            receivers[who] = receivers.get(who, 0) + int(row["n"])
    named = [(ref, name, n) for (name, ref), n in sorted(receivers.items())[:_MOST_RECEIVERS]]
    return _Tally(counts, named, troubled)


def _pages(
    every: QuerySet[Any], stages: Sequence[Stage], filters: Filters
) -> dict[Stage, list[Referral]]:
    """Return by stage the rows that are shown, in one statement; none of a stage not asked for."""
    wanted = [one for one in stages if not filters.stage or one == filters.stage]
    pages: dict[Stage, list[Referral]] = {stage: [] for stage in stages}
    if not wanted:
        return pages
    first, *rest = (_page(every, stage, filters) for stage in wanted)
    for one in first.union(*rest, all=True) if rest else first:
        pages[Stage(one.stage)].append(one)
    for stage, listed in pages.items():
        listed.sort(key=lambda one: one.source)
        listed.sort(key=_place(stage), reverse=stage not in OPEN)
    return pages


def _place(stage: Stage) -> Callable[[Referral], str]:
    return attrgetter("look_at" if stage in OPEN else "since")


def _page(every: QuerySet[Any], stage: Stage, filters: Filters) -> QuerySet[Any]:
    """Return the rows of a stage that are shown: what is late first; what ended last first."""
    order = ("look_at", "source") if stage in OPEN else ("-since", "source")
    start = (max(filters.page, 1) - 1) * PAGE if filters.stage else 0
    return every.filter(stage=stage.value).order_by(*order)[start : start + PAGE]


def _troubled(every: QuerySet[Any]) -> list[Referral]:
    """Return what does not arrive, the most urgent first."""
    return list(every.filter(open=True).exclude(trouble="").order_by("look_at")[:PAGE])


def _row(one: Referral, named: Mapping[str, str]) -> Row:
    return Row(
        task=one.source,
        request=one.request,
        patient=one.patient,
        patient_name=named.get(one.patient, ""),
        stage=Stage(one.stage),
        since=one.since,
        look_at=one.look_at,
        look_on=one.look_on,
        channel=one.channel,
        trouble=one.trouble,
        receiver=one.receiver,
        receiver_name=one.receiver_name,
        what=one.what,
        looker=one.looker,
        looker_name=one.looker_name,
        urgent=one.urgent,
        visit=one.visit,
    )


def _names(facts: RecordKnown, patients: Iterable[str]) -> dict[str, str]:
    """Return the names of the people on the board; that they were seen is written down at once."""
    found = facts.several([f"Patient/{one}" for one in sorted(patients)])
    return {reference.partition("/")[2]: listed_name(one) for reference, one in found.items()}
