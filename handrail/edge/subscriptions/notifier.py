"""Follows what is committed, and numbers what subscribers are to be told.

Every organization has a hash chain whose links come in the order of the commits. The notifier keeps
up to which link it has looked; in one transaction it numbers what matched, puts the deliveries into
the job queue and moves on. So nothing is told before it is committed, nothing is lost when a
process dies, and of several processes one does it (a lock for each organization).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from handrail.access.again import again
from handrail.access.database import acting, cursor
from handrail.access.decide import allows
from handrail.access.narrowing import is_narrow, require_stored
from handrail.access.principal import Principal, Reach
from handrail.edge.subscriptions import following
from handrail.edge.subscriptions.following import DELIVER, HEARTBEAT, ourselves
from handrail.edge.subscriptions.models import Followed, Happened, Status, Tail
from handrail.edge.subscriptions.plan import Plan, plan_of
from handrail.fhir.errors import HandrailError
from handrail.fhir.searching.clauses import Row
from handrail.jobs import enqueue
from handrail.jobs.working import organizations
from handrail.record.stored import Stored

_log = logging.getLogger(__name__)
LOOK: Final = 0.5  # seconds between two looks at the chains
_REST: Final = 5.0  # seconds after something failed
_LINKS: Final = 200  # transactions that are looked at in one transaction of ours
_STEPS: Final = 50  # of them before other organizations have their turn
_KEPT: Final = timedelta(days=30)  # how long events can be asked for
_TIDY: Final = timedelta(hours=1)

# Is there anything to do? New links, subscriptions that somebody wrote, signs of life that are due.
_NEWS_SQL: Final = """
select coalesce((select link from record_chain where org = %(org)s), 0),
  (select link from subscriptions_tail where org = %(org)s),
  array(select c.id from record_current c
        left join subscriptions_followed f on f.org = c.org and f.id = c.id
        where c.org = %(org)s and c.resource_type = 'Subscription'
          and (f.version is distinct from c.version) and not (c.deleted and f.id is null)),
  array(select f.id from subscriptions_followed f where f.org = %(org)s and f.status = 'active'
        and f.ends_at <= now()),
  array(select f.id from subscriptions_followed f where f.org = %(org)s and f.status = 'active'
        and f.heartbeat > 0 and f.sent_at + f.heartbeat * interval '1 second' <= now())
"""
_TRY_SQL: Final = "select pg_try_advisory_xact_lock(hashtext('handrail.subscriptions'), %s)"
_CHANGES_SQL: Final = """
select v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted, v.transaction,
  v.cause, b.body
from record_transaction t
join record_version v on v.org = t.org and v.transaction = t.id
left join record_version b on b.org = v.org and b.resource_type = v.resource_type and b.id = v.id
  and b.version = v.version - 1 and v.deleted
where t.org = %s and t.link > %s and t.link <= %s and v.resource_type = any(%s)
order by t.link, v.position
"""


@dataclass(frozen=True, slots=True)
class _Change:
    """One version, and the one before it if it says that the resource was deleted."""

    stored: Stored
    before: Stored | None

    @property
    def interaction(self) -> str:
        if self.stored.deleted:
            return "delete"
        return "create" if self.stored.version == 1 else "update"

    @property
    def counts(self) -> Stored | None:
        """Return the version that filters look at."""
        return self.before if self.stored.deleted else self.stored


def run_forever(stop: threading.Event) -> None:
    """Look every half second, until ``stop`` is set."""
    tidied_at = datetime.now(UTC)
    pause = LOOK
    while not stop.wait(pause):
        pause = LOOK
        try:
            if not _look_at_each():
                pause = _REST
            if datetime.now(UTC) - tidied_at > _TIDY:
                tidy()
                tidied_at = datetime.now(UTC)
        except Exception:  # noqa: BLE001 - a database that is away comes back
            _log.exception("The changes could not be followed; it is tried again.")
            connection.close()
            pause = _REST
    connection.close()


def _look_at_each() -> bool:
    """Look at every organization once; what fails for one is no other's trouble.

    False: something failed.
    """
    well = True
    for org in organizations():
        try:
            look(org)
        except Exception:  # noqa: BLE001 - it is tried again at the next look
            _log.exception("The changes of organization %d could not be followed.", org)
            connection.close()
            well = False
    return well


def look(org: int) -> int:
    """Take up what subscribers wrote, and number what matches; return how many events."""
    with acting(ourselves(org), durable=False):
        news = _news(org)
    if news.written or news.over or news.silent:
        _attend(org)
    if news.head == news.tail:
        return 0
    numbered = 0
    for _ in range(_STEPS):
        step = _step(org)
        if step is None:
            break
        numbered += step
    return numbered


@dataclass(frozen=True, slots=True)
class _News:
    """What there is to do; the ids of subscriptions, by the database's clock."""

    head: int = 0
    tail: int | None = None
    written: Sequence[str] = ()
    over: Sequence[str] = ()
    silent: Sequence[str] = ()


def _news(org: int) -> _News:
    row = cursor().execute(_NEWS_SQL, {"org": org}, prepare=True).fetchone()
    return _News(*row) if row else _News()


def _attend(org: int) -> None:
    """Take up subscriptions that somebody wrote, end those whose time is over, give signs."""
    with acting(ourselves(org)):
        if not _mine(org):
            return
        news = _news(org)
        for identity in news.written:
            following.take_up(org, identity)
        active = Followed.objects.filter(org=org, status=Status.ACTIVE)
        for followed in active.filter(id__in=news.over):
            following.settle(followed, Status.OFF, "The time it was asked for is over.")
        for identity in active.filter(id__in=news.silent).values_list("id", flat=True):
            Followed.objects.filter(org=org, id=identity).update(sent_at=Now())
            enqueue(HEARTBEAT, {"subscription": identity}, by=ourselves(org), key=identity)


def _mine(org: int) -> bool:
    """Tell whether nobody else looks at the organization just now; hold it if so."""
    row = cursor().execute(_TRY_SQL, (org,)).fetchone()
    return bool(row and row[0])


def _step(org: int) -> int | None:
    """Look at some links and move on; None: there is nothing more, or somebody else is at it."""
    with acting(ourselves(org)):
        if not _mine(org):
            return None
        news = _news(org)
        head, tail = news.head, news.tail
        listeners = _listeners(org)
        if tail is None or not listeners:  # nobody listens: what was is over
            Tail.objects.update_or_create(org=org, defaults={"link": head})
            return None
        if head == tail:
            return None
        upto = min(head, tail + _LINKS)
        numbered = sum(
            _tell(one, plan, by, changes)
            for one, plan, by, changes in _heard(listeners, org, tail, upto)
        )
        Tail.objects.filter(org=org).update(link=upto)
    return numbered


_Listener = tuple[Followed, Plan, Principal]


def _listeners(org: int) -> list[_Listener]:
    """Return the active subscriptions; one whose subscriber may not act any more is stopped."""
    found = []
    for followed in Followed.objects.filter(org=org, status=Status.ACTIVE):
        written = following.current(org, followed.id)
        if written is None or written[0] != followed.version:
            continue  # somebody wrote it just now; it is taken up at the next look
        try:
            plan = plan_of(written[1])
            found.append((followed, plan, again(org, followed.by)))
        except HandrailError as error:
            following.settle(followed, Status.ERROR, error.message)
    return found


def _heard(
    listeners: Sequence[_Listener], org: int, tail: int, upto: int
) -> Iterator[tuple[Followed, Plan, Principal, list[_Change]]]:
    wanted = sorted({plan.resource_type for _, plan, _ in listeners})
    rows = cursor().execute(_CHANGES_SQL, (org, tail, upto, wanted)).fetchall()
    changes = [_change(row) for row in rows]
    for followed, plan, by in listeners:
        about = [one for one in changes if one.stored.resource_type == plan.resource_type]
        if about:
            yield followed, plan, by, about


def _change(row: Sequence[Any]) -> _Change:
    kind, identity, version, body, at, patient, deleted, transaction, cause, before = row
    said = Stored(kind, identity, version, body.encode(), at, patient, deleted, transaction, cause)
    if before is None:
        return _Change(said, None)
    return _Change(said, Stored(kind, identity, version - 1, before.encode(), at, patient))


def _tell(followed: Followed, plan: Plan, by: Principal, changes: Sequence[_Change]) -> int:
    """Number what one subscription is to be told, and have it delivered."""
    told = [one for one in changes if _is_for(plan, by, one)]
    if not told:
        return 0
    org = followed.org
    Happened.objects.bulk_create(
        Happened(
            org=org,
            subscription=followed.id,
            number=followed.events + position,
            at=change.stored.updated_at,
            resource_type=change.stored.resource_type,
            resource_id=change.stored.id,
            version=change.stored.version,
            interaction=change.interaction,
        )
        for position, change in enumerate(told, 1)
    )
    Followed.objects.filter(org=org, id=followed.id).update(events=F("events") + len(told))
    enqueue(DELIVER, {"subscription": followed.id}, by=ourselves(org), key=followed.id)
    return len(told)


def _is_for(plan: Plan, by: Principal, change: _Change) -> bool:
    """Tell whether a change matches, and the subscriber may read what changed."""
    counts = change.counts
    if counts is None:
        return False
    row = Row(counts.id, change.stored.updated_at, counts.resource)
    if not plan.matches(change.interaction, row) or not allows(by, "read", counts.resource_type):
        return False
    if by.reach is Reach.ALL and not is_narrow(by, counts.resource_type):
        return True
    try:
        with acting(by, durable=False):
            require_stored(by, "read", counts)
    except HandrailError:
        return False
    return True


def tidy() -> int:
    """Delete events that arrived and are older than a month; return how many."""
    deleted = 0
    for org in organizations():
        with acting(ourselves(org)):
            known = Followed.objects.filter(org=org).values_list("id", "delivered")
            old = Happened.objects.filter(org=org, at__lt=datetime.now(UTC) - _KEPT)
            for identity, delivered in known:
                arrived = Q(subscription=identity, number__lte=delivered)
                deleted += old.filter(arrived).delete()[0]
            deleted += old.exclude(subscription__in=[one for one, _ in known]).delete()[0]
    return deleted
