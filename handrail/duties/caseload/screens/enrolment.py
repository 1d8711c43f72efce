"""One enrolment: park on purpose, take up again, review, end; and this room's panels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Principal
from handrail.duties.caseload import actions
from handrail.duties.caseload.models import Face
from handrail.duties.caseload.rules.enrolment import END_REASONS
from handrail.duties.caseload.screens.shared import CARERS, day, every_program, number, word
from handrail.fhir.errors import HandrailError, VersionConflictError
from handrail.look.said import done
from handrail.record.store import Committed

_VERBS = ("park", "resume", "keep", "end")


@open_to(*CARERS)
def enrolment(request: MemberRequest, episode: str) -> HttpResponse:
    """Show one enrolment and what can be decided about it."""
    return _page(request, episode)


def _page(
    request: MemberRequest, episode: str, error: str = "", *, status: int = 200
) -> HttpResponse:
    by = request.principal
    stored, view = actions.see(episode, by=by)
    face = Face.objects.filter(org=by.org, source=view.patient).first()
    program = every_program(by.org).get(view.program)
    today = timezone.localdate()
    known = {
        "view": view,
        "face": face,
        "version": stored.version,
        "program": program,
        "manager": view.manager_name or actions.names(by.org).get(view.owner, ""),
        "reasons": [("", _("Choose")), *((code, _(text)) for code, text in END_REASONS.items())],
        "next_review": today + timedelta(days=program.review_days if program else 30),
        "in_two_weeks": today + timedelta(days=14),
        "error": error,
        "typed": request.POST,
        "open": view.status in {"active", "onhold"},
    }
    return render(request, "caseload/enrolment.html", known, status=status)


@open_to(*CARERS)
def decide(request: MemberRequest, episode: str, verb: str) -> HttpResponse:
    """Park, take up again, keep or end an enrolment."""
    where = f"/caseload/enrolments/{episode}"
    if request.method != "POST" or verb not in _VERBS:
        return HttpResponseRedirect(where, status=303)
    try:
        saved = _decided(request, episode, verb)
    except VersionConflictError:
        stale = _("Somebody saved before you. This is what is there now; decide again.")
        return _page(request, episode, stale, status=409)
    except HandrailError as error:
        return _page(request, episode, error.message, status=422)
    said = {
        "park": _("Parked. It comes back on the review date."),
        "resume": _("Taken up again."),
        "keep": _("Reviewed. It goes on."),
        "end": _("The enrolment has ended."),
    }
    return done(request, said[verb], where, saved.transaction)


def _decided(request: MemberRequest, episode: str, verb: str) -> Committed:
    by, form = request.principal, request.POST
    seen = number(form.get("if_match", "")) or None
    today = timezone.localdate()
    on = day(form.get("on", "")) or today
    what: dict[str, Callable[[], Committed]] = {
        "park": lambda: actions.park(
            episode, on, word(form.get("because", "")), by=by, if_match=seen
        ),
        "resume": lambda: actions.resume(episode, by=by, if_match=seen),
        "keep": lambda: actions.keep(episode, on, by=by, if_match=seen),
        "end": lambda: actions.end(episode, form.get("reason", ""), by=by, if_match=seen),
    }
    return what[verb]()


def side(_request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the patient's programs, for the side of the patient page."""
    if not allows(principal, "read", "EpisodeOfCare"):
        return ""
    every = every_program(principal.org)
    rows: list[Any] = actions.of_patient(patient, by=principal)
    names = actions.names(principal.org) if rows else {}
    known = {
        "patient": patient,
        "rows": [
            (row, every[row.program].title if row.program in every else row.program,
             names.get(row.manager or row.team, row.manager_name))
            for row in rows
        ],
        "may_enroll": allows(principal, "enroll"),
    }  # fmt: skip
    return render_to_string("caseload/side.html", known)
