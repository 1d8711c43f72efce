"""The worklist: whose work, in which queue, in which order, and why in that order.

Every question is one statement on the desk's own tables; PostgreSQL's row-level security takes out
what the principal may not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, LiteralString, NamedTuple

import psycopg
from django.utils import timezone

from handrail.access.database import cursor
from handrail.access.principal import Principal, Role
from handrail.room import house

PAGE = 200
_NEVER = datetime.max.replace(tzinfo=UTC)
FRESH = timedelta(hours=24)
SNOOZED, WAITING, NEW, ALL = "snoozed", "waiting-on", "new", "all"
OTHER = "other"


class Item(NamedTuple):
    """One row of the worklist."""

    id: str
    patient: str
    kind: str
    held: str
    owner: str
    owner_name: str
    look_at: datetime
    look_timed: bool
    deadline: datetime | None
    deadline_timed: bool
    due_at: datetime
    due_timed: bool
    authored_at: datetime
    step: str
    why: str
    rule: str
    source_text: str
    waiting_on: str
    attempts: int
    priority: int
    adopted: bool
    name: str | None
    birth_date: str | None
    language: str | None
    interpreter: bool | None
    contact_at: datetime | None
    contact_how: str | None
    contact_outcome: str | None

    @property
    def due(self) -> datetime | date:
        """Return when it is due: an instant, or a date where the record gave no time."""
        return self.due_at if self.due_timed else self.due_at.astimezone(UTC).date()

    @property
    def legal(self) -> datetime | date | None:
        """Return the deadline that never moves, if there is one."""
        if self.deadline is None or self.deadline_timed:
            return self.deadline
        return self.deadline.astimezone(UTC).date()

    @property
    def next_look(self) -> datetime | date:
        """Return when somebody looks at it next."""
        return self.look_at if self.look_timed else self.look_at.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose work is shown. ``owners`` None means everyone's; an empty text is the intake pool."""

    code: str
    owners: tuple[str, ...] | None


@dataclass(slots=True)
class Counts:
    """How many items each tab holds; ``late`` and ``today`` and ``later`` split the tab All."""

    all: int = 0
    late: int = 0
    today: int = 0
    new: int = 0
    waiting: int = 0
    snoozed: int = 0
    queues: dict[str, int] = field(default_factory=dict)

    @property
    def later(self) -> int:
        """Return how many are due after today."""
        return self.all - self.late - self.today


_COLUMNS: LiteralString = """w.source, w.patient, w.kind, w.held, w.owner, w.owner_name, w.look_at,
 w.look_timed, w.deadline, w.deadline_timed, w.due_at, w.due_timed, w.authored_at, w.step, w.why,
 w.rule, w.source_text, w.waiting_on, w.attempts, w.priority, w.adopted, c.name, c.birth_date,
 c.language, c.interpreter, l.at, l.how, l.outcome"""
_JOINS: LiteralString = """desk_work_item w
 left join desk_patient_card c on c.org = w.org and c.source = w.patient
 left join lateral (select at, how, outcome from desk_last_contact
   where org = w.org and patient = w.patient order by at desc limit 1) l on true"""
# The texts differ where plans do, so that PostgreSQL can keep one plan for each. Planning such a
# list anew, with its guards, takes longer than running it.
_ONE_OWNER: LiteralString = " and w.owner = %(owner)s"
_OWNERS: LiteralString = " and w.owner = any(%(owners)s)"  # neither where everyone's is shown
_KINDS: LiteralString = " and w.kind = any(%(kinds)s)"
_OFFSET: LiteralString = " offset %(offset)s"
_KEPT: LiteralString = " and (w.held = '' or w.look_at < %(tomorrow)s)"
_TABS: dict[str, LiteralString] = {
    "snoozed": " and w.held = 'snoozed'",
    "waiting-on": " and w.held = 'waiting-on'",
    "new": _KEPT + " and w.authored_at >= %(fresh)s",
}
_LIST: LiteralString = (  # constants only; values are bound
    "select " + _COLUMNS + " from " + _JOINS + " where w.org = %(org)s {owned}{tab}"  # noqa: S608 - constants
    " order by w.due_at, w.source limit {most}{page}"
)
_ONE: LiteralString = (
    "select " + _COLUMNS + " from " + _JOINS + " where w.org = %s and w.source = %s"  # noqa: S608 - constants
)
_PATIENT: LiteralString = (
    "select " + _COLUMNS + " from " + _JOINS + " where w.org = %s and w.patient = %s"  # noqa: S608 - constants
    " order by w.due_at, w.source"
)
_COUNTS: LiteralString = """
select kind, case when held = '' or look_at < %(tomorrow)s then '' else held end as kept,
  held, count(*),
  count(*) filter (where case when due_timed then due_at < %(now)s else due_at < %(today)s end),
  count(*) filter (where due_at < %(tomorrow)s),
  count(*) filter (where authored_at >= %(fresh)s)
from desk_work_item w where org = %(org)s {owned}
group by 1, 2, 3"""
_NEWS: LiteralString = """
select count(*) from desk_work_item w where org = %(org)s {owned} and authored_at > %(since)s"""


def whose(principal: Principal, code: str, intake_pool: str) -> Whose:
    """Return whose work ``code`` means: mine, team, all, or a covered colleague's reference."""
    if code == "team":
        pools = principal.teams
        takes_in = intake_pool in pools or principal.has(Role.SUPERVISOR)
        return Whose("team", (*pools, intake_pool, "") if takes_in else pools)
    if code == ALL and principal.has(Role.SUPERVISOR):
        return Whose(ALL, None)
    if code in principal.covers:
        return Whose(code, (code,))
    return Whose("mine", (principal.person,))


def queue_of(kind: str) -> str:
    """Return the tab for a kind of work."""
    found = house.task_kinds.get(kind)
    return found.queue if found else OTHER


def kinds_in(queue: str) -> list[str] | None:
    """Return the kinds of work of a tab; None for the tabs that hold every kind."""
    if queue in {ALL, NEW, SNOOZED, WAITING, ""}:
        return None
    kinds = [code for code, kind in house.task_kinds.items() if kind.queue == queue]
    return [*kinds, ""] if queue == OTHER else kinds


def _values(principal: Principal, owners: Whose) -> dict[str, Any]:
    now = timezone.localtime()
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    return {
        "org": principal.org,
        "owners": list(owners.owners or ()),
        "owner": owners.owners[0] if owners.owners else "",
        "now": now,
        "today": midnight,
        "tomorrow": midnight + timedelta(days=1),
        "fresh": now - FRESH,
    }


def _ask(
    sql: LiteralString,
    owners: Whose,
    values: dict[str, Any],
    tab: LiteralString = "",
    page: LiteralString = "",
) -> psycopg.Cursor[Any]:
    """Run a statement for the work of ``owners``."""
    owned: LiteralString = ""
    if owners.owners is not None:
        owned = _ONE_OWNER if len(owners.owners) == 1 else _OWNERS
    text = sql.format(owned=owned, tab=tab, most=PAGE, page=page)
    return cursor().execute(text, values, prepare=True, binary=True)


def items(principal: Principal, owners: Whose, queue: str, offset: int = 0) -> list[Item]:
    """Return a page of the worklist, most urgent first."""
    kinds = kinds_in(queue)
    values = _values(principal, owners) | {"kinds": kinds, "offset": offset}
    tab: LiteralString = _TABS.get(queue, _KEPT) if kinds is None else _KEPT + _KINDS
    page: LiteralString = _OFFSET if offset else ""
    return ordered(Item(*row) for row in _ask(_LIST, owners, values, tab, page))


def item(principal: Principal, task: str) -> Item | None:
    """Return one piece of open work, if the principal may see it."""
    row = cursor().execute(_ONE, (principal.org, task), prepare=True, binary=True).fetchone()
    return Item(*row) if row else None


def of_patient(principal: Principal, patient: str) -> list[Item]:
    """Return the open work for one patient, most urgent first."""
    found = cursor().execute(_PATIENT, (principal.org, patient), prepare=True, binary=True)
    return ordered(Item(*row) for row in found)


def urgency(found: Item, zone: tzinfo | None = None) -> tuple[date, bool, datetime, int, datetime]:
    """Return the key of the order: the day it is due, deadlines first, then risk, then the hour.

    Whoever orders many gives the ``zone``; it is Django's current one.
    """
    due = found.due
    there = zone or timezone.get_current_timezone()
    day = due.astimezone(there).date() if isinstance(due, datetime) else due
    return (
        day,
        found.deadline is None,
        found.deadline or _NEVER,
        found.priority,
        found.due_at,
    )


def ordered(found: Iterable[Item]) -> list[Item]:
    """Return items most urgent first."""
    zone = timezone.get_current_timezone()
    return sorted(found, key=lambda item: urgency(item, zone))


def counts(principal: Principal, owners: Whose) -> Counts:
    """Return what the tabs say."""
    total = Counts()
    found = _ask(_COUNTS, owners, _values(principal, owners))
    for kind, kept, held, every, late, today, fresh in found:
        if held:
            name = "snoozed" if held == SNOOZED else "waiting"
            setattr(total, name, getattr(total, name) + every)
        if kept:
            continue
        queue = queue_of(kind)
        total.all += every
        total.late += late
        total.today += today - late
        total.new += fresh
        total.queues[queue] = total.queues.get(queue, 0) + every
    return total


def news(principal: Principal, owners: Whose, since: datetime) -> int:
    """Return how many pieces of work arrived since the page was shown."""
    values = _values(principal, owners) | {"since": since}
    row = _ask(_NEWS, owners, values).fetchone()
    return int(row[0]) if row else 0


def following(found: Sequence[Item], current: str) -> str:
    """Return the id of the item after ``current``; the first one if it is the last."""
    place = next((n for n, each in enumerate(found) if each.id == current), -1)
    others = [*found[place + 1 :], *found[: max(place, 0)]]
    return next((each.id for each in others if each.id != current), "")
