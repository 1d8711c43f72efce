"""Referrals as a list shows them: by stage, what did not arrive and what is late on top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.duties.referrals.actions.seeing import Board, Row
from handrail.duties.referrals.resources import ReferralTask
from handrail.duties.referrals.screens import words
from handrail.fhir.moments import instant_of
from handrail.fhir.referring.stages import OPEN
from handrail.look import dates
from handrail.look.dates import Due

TROUBLE: Final = "trouble"
LATE: Final = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One referral in a list. ``age`` is how long it is in its stage, ``code`` that stage."""

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
    total: int
    rows: Sequence[Line]
    bad: bool = False
    mixed: bool = False


def line(row: Row, now: datetime) -> Line:
    """Return a referral of the board as it is shown; ``now`` is where the organization is."""
    return Line(
        id=row.task,
        patient=row.patient,
        name=row.patient_name or _("Name not known"),
        what=row.what,
        receiver=row.receiver_name or row.receiver,
        channel=words.one(words.CHANNELS, row.channel),
        stage=words.one(words.STAGES, row.stage.value),
        age=age(row.since, now),
        due=due(row.look_at, now) if row.stage in OPEN else None,
        looks=row.looker_name,
        problem=row.trouble,
        code=row.stage.value,
    )


def line_of(task: ReferralTask, now: datetime) -> Line:
    """Return a referral of a person as it is shown."""
    return Line(
        id=task.id,
        patient=task.patient,
        name="",
        what=task.what,
        receiver=task.receiver_name or task.receiver,
        channel=words.one(words.CHANNELS, task.state.channel),
        stage=words.one(words.STAGES, task.stage.value),
        age=age(task.state.since, now),
        due=due(task.look_at, now) if task.is_open else None,
        looks=task.looker_name,
        problem=task.state.trouble if task.is_open else "",
        code=task.stage.value,
    )


def due(look_at: str, now: datetime) -> Due | None:
    """Return when somebody looks next; None if nobody said."""
    look = instant_of(look_at, now.tzinfo or timezone.get_current_timezone())
    return dates.late(look, now) if look else None


def age(since: str, now: datetime) -> str:
    """Return how long ago something began: "3 d", "today"; empty if that is not known."""
    begun = instant_of(since, now.tzinfo or timezone.get_current_timezone())
    if begun is None:
        return ""
    days = (now.date() - begun.date()).days
    return _("%(n)s d") % {"n": days} if days > 0 else _("today")


def is_late(one: Line) -> bool:
    """Tell whether nobody has looked by the time somebody should have."""
    return one.due is not None and one.due.css == "od"


def groups(board: Board) -> list[Group]:
    """Return the board by heading: what did not arrive, what is late, then stage by stage."""
    now = timezone.localtime()
    bad = [line(row, now) for row in board.trouble]
    apart = {one.id for one in bad}
    by_stage = [(group, _lines(group.rows, apart, now)) for group in board.groups]
    late = [one for _group, rows in by_stage for one in rows if is_late(one)]
    found = [
        Group(
            code=TROUBLE,
            title=_("Did not arrive"),
            total=len(bad),
            rows=bad,
            bad=True,
            mixed=True,
        ),
        Group(
            code=LATE,
            title=_("Late: nobody has looked"),
            total=len(late),
            rows=late,
            bad=True,
            mixed=True,
        ),
    ]
    for group, rows in by_stage:
        kept = [one for one in rows if not is_late(one)]
        hidden = group.total - len(group.rows)
        title = words.one(words.STAGES, group.stage.value)
        found.append(
            Group(code=group.stage.value, title=title, total=len(kept) + hidden, rows=kept)
        )
    return [group for group in found if group.rows]


def _lines(rows: Iterable[Row], apart: set[str], now: datetime) -> list[Line]:
    return [line(row, now) for row in rows if row.task not in apart]
