"""The timeline: what happened, in order, from any source?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.desk.moments import PAGE, Asked, folded
from handrail.desk.moments import timeline as happened
from handrail.desk.screens.patient import card_of, frame
from handrail.desk.words import FILTERS, MOMENTS
from handrail.look.typed import whole

PRINTED = 1000


def _day(text: str, days: int = 0) -> datetime | None:
    """Return the beginning of a day here, ``days`` later; None if it is no date."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime.combine(day, time(), timezone.get_current_timezone())
    except (ValueError, OverflowError):
        return None


def asked_of(request: MemberRequest) -> Asked:
    """Return what the address asks for."""
    given = request.GET
    return Asked(
        filter=given.get("filter", "") if given.get("filter", "") in FILTERS else "",
        words=given.get("words", "").strip()[:100],
        since=_day(given.get("since", "")),
        until=_day(given.get("until", ""), 1),
        offset=min(whole(given.get("offset", "")) or 0, 100_000),
        limit=PRINTED if given.get("print") else PAGE,
    )


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN)
def timeline(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what happened, fifty at a time."""
    card = card_of(request.principal, patient)
    asked = asked_of(request)
    found = happened(request.principal, patient, asked)
    more = len(found) > asked.limit
    found = found[: asked.limit]

    def url(**changed: str | int) -> str:
        kept = {name: request.GET.get(name, "") for name in ("filter", "words", "since", "until")}
        wanted = {name: value for name, value in {**kept, **changed}.items() if value}
        return f"{request.path}?{urlencode(wanted)}" if wanted else request.path

    last = asked.offset + len(found)
    filters = [("", _("All")), *((code, _(label)) for code, (label, _kinds) in FILTERS.items())]
    known = frame(request, card, request.path) | {
        "moments": folded(found),
        "labels": MOMENTS,
        "asked": asked,
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "choices": [
            (label, url(filter=code), None, code == asked.filter) for code, label in filters
        ],
        "shown": f"{asked.offset + 1 if found else 0}-{last}",
        "before": url(offset=max(asked.offset - PAGE, 0)) if asked.offset else "",
        "after": url(offset=last) if more else "",
        "print_url": url(print=1),
    }
    audit.saw_many(request.principal, "timeline", [patient], asked.filter)
    return render(request, "desk/timeline.html", known)
