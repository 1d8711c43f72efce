"""What a person does about a message: look at it, have it tried again, set it aside."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import unreachable
from handrail.access.principal import Principal, Role
from handrail.edge.hl7v2 import inbox, receiving, work
from handrail.edge.hl7v2.acknowledgement import Answer
from handrail.edge.hl7v2.models import Inbox, Status
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, NotFoundError
from handrail.record import store

READERS = (Role.COORDINATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
PAGE = 50
_SETTLED = frozenset({Status.APPLIED, Status.SET_ASIDE})


def _allowed(by: Principal) -> None:
    if not by.has(*READERS):
        raise ForbiddenError(
            _("Hospital messages are for coordinators, supervisors and administrators.")
        )


def latest(*, by: Principal, status: str = "", before: datetime | None = None) -> list[Inbox]:
    """Return the newest messages without their text, one more than a page."""
    _allowed(by)
    rows = Inbox.objects.filter(org=by.org).defer("raw").order_by("-received_at", "-id")
    if status:
        rows = rows.filter(status=status)
    if before:
        rows = rows.filter(received_at__lt=before)
    with acting(by):
        return list(rows[: PAGE + 1])


def of_task(task: str, *, by: Principal) -> Inbox | None:
    """Return the message that a Task (an id) is about, without its text."""
    _allowed(by)
    with acting(by):
        return Inbox.objects.filter(org=by.org, task=f"Task/{task}").defer("raw").first()


def see(identity: str, *, by: Principal) -> Inbox:
    """Return one message with its text; the look is written down.

    The text of a message that was applied is about patients who are known: it is shown to those who
    have to do with all of them. One that nobody could read is work for every reader.

    Raises:
        NotFoundError: there is no such message, or it is about a patient ``by`` does not reach.
        ForbiddenError: these messages are not for this principal.
    """
    _allowed(by)
    with acting(by):
        entry = Inbox.objects.filter(org=by.org, id=identity).first()
        about = _about(entry) if entry else []
        if entry is None or unreachable(by, about):
            raise NotFoundError(_("There is no such message here."))
        seen = audit.Event(
            action="R", what="hospital message", patients=about, detail=f"hl7v2/{identity}"
        )
        audit.note(by, seen)
    return entry


def _about(entry: Inbox) -> list[str]:
    """Return the ids of the patients whose record a message changed."""
    if entry.transaction is None:
        return []
    written = store.written_in(entry.transaction, by=inbox.feed(entry.org))
    return sorted({version.patient for version in written} - {""})


def retry(identity: str, *, by: Principal) -> Answer:
    """Try a message once more, as if it came again. What it means is committed by the feed."""
    entry = see(identity, by=by)
    if entry.status in _SETTLED:
        raise BusinessRuleError(_("This message is settled; there is nothing to try again."))
    with acting(by):
        audit.note(by, audit.Event(action="E", what="retry message", detail=f"hl7v2/{identity}"))
    return receiving.apply(identity, by.org, again=True)


def set_aside(identity: str, reason: str, *, by: Principal) -> None:
    """Settle a message without applying it; the reason goes with its Task."""
    entry = see(identity, by=by)
    if entry.status in _SETTLED:
        raise BusinessRuleError(_("This message is settled already."))
    if not reason.strip():
        raise BusinessRuleError(_("Say why the message is set aside."))
    feed = inbox.feed(by.org)
    with acting(by):
        note = audit.Event(action="U", what="set message aside", detail=f"hl7v2/{identity}")
        audit.note(by, note)
        with acting(feed):
            entry = Inbox.objects.select_for_update().get(org=by.org, id=identity)
            drafts = work.set_aside(entry, reason.strip(), feed)
            if drafts:
                store.commit(
                    drafts,
                    by=feed,
                    reason=f"Message set aside by {by.person}",
                    origin=f"hl7v2/{identity}",
                )
            entry.status = Status.SET_ASIDE
            entry.save(update_fields=["status"])
