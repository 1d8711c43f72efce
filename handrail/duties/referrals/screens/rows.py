"""Referrals as a list shows them: by stage, what did not arrive and what is late on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.duties.referrals.models import Referral
from handrail.duties.referrals.screens import words
from handrail.fhir.moments import instant_of
from handrail.look import dates
from handrail.look.dates import Due

TROUBLE: Final = "trouble"
LATE: Final = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One referral in a list. ``age`` is how long it is in its stage."""

    id: str
    patient: str
    name: str
    what: str
    receiver: str
    channel: str
    stage: str
    age: str
    due: Due | None
    looks: str
    problem: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Referrals under one heading; ``bad``: red; ``mixed``: of several stages."""

    code: str
    title: str
    rows: Sequence[Line]
    bad: bool = False
    mixed: bool = False


def line(row: Referral, name: str, now: datetime) -> Line:
    """Return a referral as a list shows it.

    Args:
        row: the projection's row.
        name: of the patient; empty if it is not known.
        now: where the organization is.
    """
    look = instant_of(row.look_at, now.tzinfo or timezone.get_current_timezone())
    return Line(
        id=row.source,
        patient=row.patient,
        name=name or _("Name not known"),
        what=row.what,
        receiver=row.receiver_name or row.receiver,
        channel=words.one(words.CHANNELS, row.channel),
        stage=words.one(words.STAGES, row.stage),
        age=age(row.since, now),
        due=dates.late(look, now) if look and row.open else None,
        looks=row.looker_name,
        problem=row.trouble,
        code=row.stage,
    )


def age(since: str, now: datetime) -> str:
    """Return how long ago something began: "3 d", "today"; empty if that is not known."""
    begun = instant_of(since, now.tzinfo or timezone.get_current_timezone())
    if begun is None:
        return ""
    days = (now.date() - begun.date()).days
    return _("%(n)s d") % {"n": days} if days > 0 else _("today")


def groups(lines: Iterable[Line]) -> list[Group]:
    """Return the lines by heading: what did not arrive, what is late, then stage by stage."""
    left = list(lines)
    bad = [one for one in left if one.problem]
    late = [one for one in left if not one.problem and one.due and one.due.css == "od"]
    apart = {one.id for one in (*bad, *late)}
    found = [
        Group(code=TROUBLE, title=_("Did not arrive"), rows=bad, bad=True, mixed=True),
        Group(code=LATE, title=_("Late: nobody has looked"), rows=late, bad=True, mixed=True),
    ]
    by_stage: dict[str, list[Line]] = {code: [] for code in words.STAGES}
    for one in left:
        if one.id not in apart:
            by_stage.setdefault(one.code, []).append(one)
    found += [
        Group(code=code, title=words.one(words.STAGES, code), rows=rows)
        for code, rows in by_stage.items()
    ]
    return [group for group in found if group.rows]


def lines(
    rows: Iterable[Referral], names: Mapping[str, str], now: datetime | None = None
) -> list[Line]:
    """Return the rows as a list shows them; ``names`` are patients' names by id."""
    at = now or timezone.localtime()
    return [line(row, names.get(row.patient, ""), at) for row in rows]
