"""The hospital messages as people see them: the newest, one with its text, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Principal
from handrail.edge.hl7v2 import actions
from handrail.edge.hl7v2.inbox import last_message_at
from handrail.edge.hl7v2.message import decode
from handrail.edge.hl7v2.models import Inbox, Status
from handrail.fhir.calendar import Calendar
from handrail.fhir.errors import BusinessRuleError, HandrailError
from handrail.look.said import say
from handrail.record.known import organization_facts

_LONGEST_SHOWN = 100_000  # characters


def _labels() -> dict[str, str]:
    return {
        Status.RECEIVED: _("Waiting"),
        Status.APPLIED: _("Applied"),
        Status.NOT_UNDERSTOOD: _("Not understood"),
        Status.IGNORED: _("Not taken"),
        Status.SET_ASIDE: _("Set aside"),
    }


@open_to(*actions.READERS)
def messages(request: MemberRequest) -> HttpResponse:
    """Show the newest messages, without patient data."""
    by, status = request.principal, request.GET.get("status", "")
    status = status if status in Status.values else ""
    rows = actions.latest(by=by, status=status, before=_moment(request.GET.get("before", "")))
    known = {
        "rows": rows[: actions.PAGE],
        "older": rows[actions.PAGE - 1].received_at if len(rows) > actions.PAGE else None,
        "status": status,
        "labels": _labels(),
        "last": last_message_at(by.org),
    }
    return render(request, "hl7v2/messages.html", known)


SILENT_AFTER = timedelta(hours=4)
"""A feed that sent before and sends nothing for so long on a working day is worth a call."""


def silence(request: HttpRequest, principal: Principal, _nobody: str) -> str:
    """Return the line above the worklist that says a hospital feed went quiet; or nothing."""
    last = last_message_at(principal.org)
    if last is None or not is_silent(last, organization_facts(principal.org)[0]):
        return ""
    return render_to_string("hl7v2/silence.html", {"last": last}, request=request)


def is_silent(last: datetime, calendar: Calendar, now: datetime | None = None) -> bool:
    """Tell whether nothing came for too long while the organization works."""
    moment = (now or datetime.now(UTC)).astimezone(calendar.zone)
    working = calendar.is_business_day(moment.date())
    at_work = working and calendar.opens_at <= moment.time() <= calendar.closes_at
    return at_work and moment - last > SILENT_AFTER


def _moment(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at and at.tzinfo else None


@open_to(*actions.READERS)
def message(request: MemberRequest, identity: str) -> HttpResponse:
    """Show one message with its text."""
    return _page(request, actions.see(identity, by=request.principal))


def _page(
    request: HttpRequest, entry: Inbox, error: str = "", *, status: int = 200
) -> HttpResponse:
    text = decode(bytes(entry.raw), [])
    known = {
        "entry": entry,
        "label": _labels()[entry.status],
        "lines": text[:_LONGEST_SHOWN].replace("\r\n", "\n").replace("\r", "\n").split("\n"),
        "cut": len(text) > _LONGEST_SHOWN,
        "settled": entry.status in {Status.APPLIED, Status.SET_ASIDE},
        "error": error,
        "typed": request.POST.get("reason", ""),
    }
    return render(request, "hl7v2/message.html", known, status=status)


@open_to(*actions.READERS)
def decide(request: MemberRequest, identity: str, verb: str) -> HttpResponse:
    """Try a message again, or set it aside with a reason."""
    where, by = f"/messages/{identity}", request.principal
    if request.method != "POST" or verb not in {"retry", "set-aside"}:
        return HttpResponseRedirect(where, status=303)
    try:
        if verb == "set-aside":
            actions.set_aside(identity, request.POST.get("reason", ""), by=by)
            say(request, _("Set aside."))
        else:
            _retried(request, identity)
    except HandrailError as error:
        if not isinstance(error, BusinessRuleError):
            raise
        return _page(request, actions.see(identity, by=by), error.message, status=422)
    return HttpResponseRedirect(where, status=303)


def _retried(request: MemberRequest, identity: str) -> None:
    answer = actions.retry(identity, by=request.principal)
    if answer.code == "AA":
        say(request, _("Applied."))
    else:
        say(request, _("Still not understood. %(why)s") % {"why": answer.reason})


def panel(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return what stands beside the worklist: why nobody could read it, and what to do."""
    entry = actions.of_task(task, by=principal)
    if entry is None:
        return ""
    return render_to_string("hl7v2/panel.html", {"entry": entry}, request)
