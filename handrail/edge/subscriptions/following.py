"""Where each subscription stands: taken up, made active, stopped. All within one transaction each.

The status of the resource is the server's: every change of it is a new version, written by this
module. A version that somebody else wrote begins anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from handrail.access.again import again, remember
from handrail.access.database import acting, cursor
from handrail.access.decide import allows
from handrail.access.principal import Principal, system
from handrail.edge.subscriptions import posting
from handrail.edge.subscriptions.errors import SubscriptionRefusedError
from handrail.edge.subscriptions.mailing import check_mail
from handrail.edge.subscriptions.models import Followed, Status
from handrail.edge.subscriptions.plan import Plan, plan_of
from handrail.fhir import text
from handrail.fhir.errors import HandrailError, VersionConflictError
from handrail.fhir.resource import Resource
from handrail.jobs import enqueue
from handrail.record import store
from handrail.record.stored import Draft

BEGIN: Final = "subscriptions.begin"
DELIVER: Final = "subscriptions.deliver"
HEARTBEAT: Final = "subscriptions.heartbeat"
LONGEST_ERROR: Final = 300
# Keys and apps that act in their own name; a person's rights are wider than those of their app.
_SUBSCRIBERS: Final = ("Device/key-", "Device/app-")
_LOCK_SQL: Final = "select pg_advisory_xact_lock(hashtext('handrail.subscriptions'), %s)"
_CURRENT_SQL: Final = """
select v.version, v.body from record_current c
join record_version v using (org, resource_type, id, version)
where c.org = %s and c.resource_type = 'Subscription' and c.id = %s and not c.deleted
"""
_AUTHOR_SQL: Final = """
select t.person, t.name from record_version v join record_transaction t
  on t.org = v.org and t.id = v.transaction
where v.org = %s and v.resource_type = 'Subscription' and v.id = %s and v.version = %s
"""


def ourselves(org: int) -> Principal:
    """Return the principal of this adapter."""
    return system(org, "subscriptions", "Subscriptions")


def hold(org: int) -> None:
    """Wait until nobody else changes where the organization's subscriptions stand."""
    cursor().execute(_LOCK_SQL, (org,))


def current(org: int, identity: str) -> tuple[int, Resource] | None:
    """Return version and content of a subscription; None when it was deleted."""
    row = cursor().execute(_CURRENT_SQL, (org, identity), prepare=True).fetchone()
    return (row[0], text.parse(row[1])) if row else None


def take_up(org: int, identity: str) -> None:
    """See what somebody wrote: begin with it, refuse it, or let it be. Inside ``acting``."""
    found = current(org, identity)
    if found is None:
        Followed.objects.filter(org=org, id=identity).delete()
        return
    version, resource = found
    followed = Followed.objects.filter(org=org, id=identity).first() or Followed(
        org=org, id=identity, status=Status.REQUESTED, by={}
    )
    followed.version, followed.error = version, ""
    followed.by = _author(org, identity, version)
    if resource["status"] in {Status.OFF, Status.ERROR}:
        followed.status, followed.error = resource["status"], str(resource.get("error", ""))
        followed.save()
        return
    followed.status = Status.REQUESTED
    try:
        plan = plan_of(resource)
        check(org, followed.by, plan)
    except HandrailError as error:
        followed.save()
        settle(followed, Status.ERROR, error.message)
        return
    followed.resource_type = plan.resource_type
    followed.heartbeat, followed.ends_at = plan.heartbeat, plan.ends_at
    followed.save()
    if resource["status"] == Status.ACTIVE:  # that is for us to say, after the handshake
        settle(followed, Status.REQUESTED)
    payload = {"subscription": identity, "version": followed.version}
    enqueue(BEGIN, payload, by=ourselves(org))


def _author(org: int, identity: str, version: int) -> dict[str, Any]:
    row = cursor().execute(_AUTHOR_SQL, (org, identity, version)).fetchone() or ("", "")
    return remember(Principal(org=org, person=row[0], name=row[1], scopes=frozenset()))


def check(org: int, by: dict[str, Any], plan: Plan) -> Principal:
    """Return the subscriber, who may be told what the plan asks for.

    Raises:
        HandrailError: they may not, or it cannot be sent there; the message is for them.
    """
    if not str(by["person"]).startswith(_SUBSCRIBERS):
        raise SubscriptionRefusedError(
            "A subscription is written with a key, or by an app in its own name (Backend"
            " Services): so it is known what it may be told."
        )
    subscriber = again(org, by)
    if not allows(subscriber, "read", plan.resource_type):
        raise SubscriptionRefusedError(
            f"Whoever subscribes may not read {plan.resource_type}. Ask for a key with a scope such"
            f" as system/{plan.resource_type}.rs."
        )
    if plan.ends_at and plan.ends_at <= datetime.now(UTC):
        raise SubscriptionRefusedError("The end of the subscription has passed. Give a later one.")
    if plan.channel == "email":
        check_mail()
    else:
        posting.check(plan.endpoint)
    return subscriber


def activate(followed: Followed) -> None:
    """Let events count from here on. Inside ``acting``, holding the organization."""
    if settle(followed, Status.ACTIVE) and followed.delivered < followed.events:
        # what waits since it was stopped
        enqueue(DELIVER, {"subscription": followed.id}, by=ourselves(followed.org), key=followed.id)


def settle(followed: Followed, status: Status, why: str = "") -> bool:
    """Write a status into the resource, as a new version; False: somebody changed it meanwhile.

    Inside ``acting``.
    """
    found = current(followed.org, followed.id)
    if found is None or found[0] != followed.version:
        return False
    resource = {key: value for key, value in found[1].items() if key not in {"status", "error"}}
    resource["status"] = str(status)
    if why:
        resource["error"] = why[:LONGEST_ERROR]
    draft = Draft(resource, if_match=followed.version)
    reason = f"The subscription is {status} from here on."
    try:
        done = store.commit([draft], by=ourselves(followed.org), reason=reason)
    except VersionConflictError:
        return False
    followed.version = done.stored[0].version if done.stored else followed.version
    followed.status, followed.error = status, why[:LONGEST_ERROR]
    followed.save(update_fields=["version", "status", "error"])
    return True


def stop(org: int, identity: str, status: Status, why: str) -> None:
    """Stop a subscription, and say why in the resource."""
    with acting(ourselves(org)):
        hold(org)
        followed = Followed.objects.filter(org=org, id=identity).first()
        if followed is not None:
            settle(followed, status, why)
