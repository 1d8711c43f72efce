"""The jobs: the handshake, the deliveries in their order, the signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models.functions import Now

from handrail.access import audit
from handrail.access.again import again
from handrail.access.database import acting, cursor
from handrail.access.narrowing import require_stored
from handrail.access.principal import Principal
from handrail.edge.subscriptions import following, posting
from handrail.edge.subscriptions.errors import NotDeliveredError, SubscriptionRefusedError
from handrail.edge.subscriptions.following import BEGIN, DELIVER, HEARTBEAT, hold, ourselves, stop
from handrail.edge.subscriptions.mailing import mail
from handrail.edge.subscriptions.models import Followed, Happened, Status
from handrail.edge.subscriptions.notifications import Told, in_format, notification
from handrail.edge.subscriptions.plan import Plan, plan_of
from handrail.fhir.errors import HandrailError
from handrail.jobs import GiveUpError, Interrupted, Job, JobError, handler
from handrail.jobs.kinds import Backoff
from handrail.record.stored import Stored

ATTEMPTS: Final = 14  # half a day
HANDSHAKES: Final = 4  # half a minute
_VERSION_SQL: Final = """
select resource_type, id, version, body, updated_at, patient, deleted, transaction, cause
from record_version
where org = %s and resource_type = %s and id = %s and version = any(%s) order by version
"""


def register() -> None:
    """Say who does these kinds of jobs."""
    patient = Backoff(first=timedelta(seconds=2), longest=timedelta(hours=2))
    brisk = Backoff(first=timedelta(seconds=2))
    handler(BEGIN, attempts=HANDSHAKES, backoff=brisk, quick=True)(begin)
    handler(DELIVER, attempts=ATTEMPTS, backoff=patient, quick=True)(deliver)
    handler(HEARTBEAT, attempts=1, quick=True)(heartbeat)


def base() -> str:
    """Return the address of our API, as subscribers know it."""
    return f"{settings.HANDRAIL_ADDRESS}/fhir"


def _known(job: Job, *statuses: Status) -> tuple[Followed, Plan] | None:
    """Return the subscription a job is about, unless it is over or somebody wrote it anew."""
    identity = str(job.payload["subscription"])
    with acting(ourselves(job.org)):
        followed = Followed.objects.filter(org=job.org, id=identity, status__in=statuses).first()
        found = following.current(job.org, identity) if followed else None
    if followed is None or found is None or found[0] != followed.version:
        return None
    return followed, plan_of(found[1])


def begin(job: Job) -> None:
    """Make a requested subscription active: by a handshake, where the channel has one."""
    known = _known(job, Status.REQUESTED)
    if known is None or known[0].version != job.payload["version"]:
        return
    followed, plan = known
    try:
        following.check(job.org, followed.by, plan)
        if plan.channel == "rest-hook" and plan.topic:
            _post(plan, notification(followed, plan, "handshake", base()))
    except NotDeliveredError as error:
        if job.attempt < HANDSHAKES and not error.final:
            raise JobError(error.message) from error
        _refuse(followed, f"The handshake failed. {error.message}")
        return
    except HandrailError as error:
        _refuse(followed, error.message)
        return
    with acting(ourselves(job.org)):
        hold(job.org)
        anew = Followed.objects.filter(org=job.org, id=followed.id, version=followed.version)
        for one in anew.filter(status=Status.REQUESTED):
            Followed.objects.filter(org=job.org, id=one.id).update(sent_at=Now())
            following.activate(one)


def _refuse(followed: Followed, why: str) -> None:
    stop(followed.org, followed.id, Status.ERROR, why)


def deliver(job: Job) -> None:
    """Tell a subscriber what happened, in order, until nothing waits."""
    while (known := _known(job, Status.ACTIVE)) is not None:
        followed, plan = known
        waiting = _waiting(followed, 1 if not plan.topic else plan.count)
        if not waiting:
            return
        try:
            told = _readable(followed, plan, waiting)
            _send(followed, plan, told)
        except NotDeliveredError as error:
            _not_delivered(job, followed, error)
        except HandrailError as error:
            _refuse(followed, error.message)
            return
        _arrived(followed, waiting[-1].number)
        if job.stopping:
            raise Interrupted


def _waiting(followed: Followed, most: int) -> list[Happened]:
    with acting(ourselves(followed.org)):
        mine = Happened.objects.filter(org=followed.org, subscription=followed.id)
        return list(mine.filter(number__gt=followed.delivered).order_by("number")[:most])


def _readable(followed: Followed, plan: Plan, waiting: Sequence[Happened]) -> list[Told]:
    """Return what is told, read as the subscriber may read now; the looks are written down.

    Raises:
        HandrailError: the subscriber may not act, or not read one of them, any more.
    """
    following.check(followed.org, followed.by, plan)
    by = again(followed.org, followed.by)
    return [_told(by, plan, event) for event in waiting]


def _told(by: Principal, plan: Plan, event: Happened) -> Told:
    counts = versions(event)[0]
    try:
        with acting(by):
            require_stored(by, "read", counts)
            note(by, counts, event, plan.content)
    except HandrailError as error:
        raise SubscriptionRefusedError(
            "Whoever subscribes may no longer read what changed, so nothing was sent."
        ) from error
    return Told(event, b"" if event.interaction == "delete" else counts.body)


def note(by: Principal, stored: Stored, event: Happened, how: str) -> None:
    """Write down that somebody was told of an event; inside ``acting``."""
    said = audit.Event(
        action="R",
        what="notification",
        reference=event.reference,
        version=stored.version,
        patient=stored.patient.removeprefix("*"),
        detail=f"Subscription/{event.subscription} {how}",
    )
    audit.note(by, said)


def versions(event: Happened) -> list[Stored]:
    """Return the version an event is about; of a deletion, the one before and it."""
    wanted = [event.version]
    if event.interaction == "delete":
        wanted.append(event.version - 1)
    with acting(ourselves(event.org)):
        values = (event.org, event.resource_type, event.resource_id, wanted)
        rows = cursor().execute(_VERSION_SQL, values).fetchall()
    return [
        Stored(kind, identity, number, body.encode(), *rest)
        for kind, identity, number, body, *rest in rows
    ]


def _send(followed: Followed, plan: Plan, told: Sequence[Told]) -> None:
    if plan.channel == "email":
        links = [f"{base()}/{one.event.reference}" for one in told if plan.content == "id-only"]
        mail(plan.endpoint, followed.id, dict.fromkeys(links))
    elif plan.topic:
        _post(plan, notification(followed, plan, "event-notification", base(), told))
    elif plan.content == "empty":
        posting.post(plan.endpoint, b"", "", plan.headers, timeout=plan.timeout)
    else:
        for one in told:
            if one.body:
                _post(plan, one.body)


def _post(plan: Plan, json: bytes) -> None:
    body = in_format(json, plan.mime)
    content_type = f"{plan.mime}; charset=utf-8"
    posting.post(plan.endpoint, body, content_type, plan.headers, timeout=plan.timeout)


def _arrived(followed: Followed, number: int) -> None:
    with acting(ourselves(followed.org)):
        mine = Followed.objects.filter(org=followed.org, id=followed.id, delivered__lt=number)
        mine.update(delivered=number, error="", sent_at=Now())


def _not_delivered(job: Job, followed: Followed, error: NotDeliveredError) -> None:
    """Try again later; after the last attempt stop the subscription, for an administrator to see.

    Raises:
        JobError: always.
    """
    if job.attempt < ATTEMPTS and not error.final:
        with acting(ourselves(job.org)):
            mine = Followed.objects.filter(org=job.org, id=followed.id)
            mine.update(error=error.message)
        raise JobError(f"Subscription/{followed.id}: {error.message}")
    _refuse(followed, error.message)
    raise GiveUpError(
        f"Subscription/{followed.id} was stopped: {error.message} What waits is sent once its"
        " status is set to requested again."
    )


def heartbeat(job: Job) -> None:
    """Give a sign of life. One that does not arrive is not repeated: the next one follows."""
    known = _known(job, Status.ACTIVE)
    if known is None or known[1].channel != "rest-hook" or not known[1].topic:
        return
    followed, plan = known
    try:
        following.check(job.org, followed.by, plan)
    except HandrailError as error:
        _refuse(followed, error.message)
        return
    try:
        _post(plan, notification(followed, plan, "heartbeat", base()))
    except NotDeliveredError as error:
        with acting(ourselves(job.org)):
            mine = Followed.objects.filter(org=job.org, id=followed.id)
            mine.update(error=error.message)
