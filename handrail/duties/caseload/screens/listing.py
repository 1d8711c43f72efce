"""The caseload, its filters as links, and the sweep through it one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Reach, Role
from handrail.duties.caseload import actions
from handrail.duties.caseload.actions.listing import SHOWS, WHOSE, Listed, Wanted
from handrail.duties.caseload.screens.shared import (
    CARERS,
    address,
    day,
    number,
    receivers,
    word,
)
from handrail.fhir.errors import HandrailError
from handrail.look import dates
from handrail.look.said import done


@dataclass(frozen=True, slots=True)
class Row:
    """One row, ready to be shown."""

    it: Any
    program: str
    tier: str
    late: bool
    look: dates.Due | None
    review: dates.Due | None


def row_of(each: Any, listed: Listed) -> Row:
    """Return an enrolment with its words."""
    program = listed.programs.get(each.program)
    silent = False
    if program and each.status == "active":
        since = each.last_at or each.starts
        age = (dates.today() - dates.on(since)).days if since else program.cadence_days
        silent = age >= program.cadence_days
    return Row(
        each,
        program.title if program else each.program,
        program.tier if program else "",
        silent,
        dates.late(timezone.localdate(each.next_look)) if each.next_look else None,
        dates.late(each.review_on) if each.review_on else None,
    )


def wanted_in(request: MemberRequest) -> Wanted:
    """Return which part of the caseload the address asks for."""
    query = request.GET
    usual = "mine" if request.principal.reach is Reach.RELATED else "all"
    whose, show = query.get("whose", usual), query.get("show", "")
    return Wanted(
        whose=whose if whose in WHOSE else usual,
        program=word(query.get("program", "")),
        show=show if show in SHOWS else "",
        page=max(1, number(query.get("page", "1"), 1)),
    )


@open_to(*CARERS)
def caseload(request: MemberRequest) -> HttpResponse:
    """Show who is mine, and whom nobody has touched."""
    wanted = wanted_in(request)
    by = request.principal
    listed = actions.caseload(wanted, by=by)
    known = _page(wanted, listed) | {
        "people": receivers(by.org, actions.loads(by.org, listed.programs)),
        "may_give": allows(by, "hand_over"),
        "may_enroll": allows(by, "enroll"),
        "back": request.get_full_path(),
    }
    return render(request, "caseload/caseload.html", known)


def _page(wanted: Wanted, listed: Listed) -> dict[str, Any]:
    first = (wanted.page - 1) * actions.PAGE
    last = first + len(listed.rows)
    kept = {"whose": wanted.whose, "program": wanted.program, "show": wanted.show}
    return {
        "rows": [row_of(each, listed) for each in listed.rows],
        "wanted": wanted,
        "total": listed.total,
        "quiet": listed.counts["no-next-step"],
        "whose": _whose(wanted, listed),
        "filters": _filters(wanted, listed),
        "span": _("%(first)s-%(last)s of %(total)s")
        % {"first": first + bool(listed.rows), "last": last, "total": listed.total},
        "before": address("/caseload", **kept, page=wanted.page - 1) if first else "",
        "after": address("/caseload", **kept, page=wanted.page + 1) if last < listed.total else "",
        "sweep": address("/caseload/sweep", **kept),
    }


def _whose(wanted: Wanted, listed: Listed) -> list[tuple[str, str, int, bool]]:
    labels = {"mine": _("Mine"), "team": _("Team"), "all": _("All I may see")}
    return [
        (
            labels[code],
            address("/caseload", whose=code, program=wanted.program, show=wanted.show),
            listed.counts[code],
            code == wanted.whose,
        )
        for code in WHOSE
    ]


def _filters(wanted: Wanted, listed: Listed) -> list[tuple[str, str, int, bool]]:
    """Return the filters as links: (label, address, how many, is chosen)."""
    labels = {
        "": _("Everybody"),
        "silent": _("Not touched in time"),
        "no-next-step": _("No next step"),
        "pool": _("In a pool"),
        "parked": _("Parked"),
    }
    counts = {**listed.counts, "": listed.counts[wanted.whose]}
    found = [
        (
            labels[code],
            address("/caseload", whose=wanted.whose, show=code),
            counts[code],
            code == wanted.show and not wanted.program,
        )
        for code in SHOWS
    ]
    return found + [
        (
            program.title,
            address("/caseload", whose=wanted.whose, program=program.id),
            listed.counts.get(f"program:{program.id}", 0),
            program.id == wanted.program,
        )
        for program in listed.programs.values()
    ]


@open_to(*CARERS)
def no_next_step(request: MemberRequest) -> HttpResponse:
    """Show everybody enrolled without open work, coming visit or review date. Must be empty."""
    usual = "mine" if not request.principal.has(Role.SUPERVISOR) else "all"
    wanted = Wanted(whose=request.GET.get("whose", "all" if usual == "all" else "team"),
                    show="no-next-step")  # fmt: skip
    wanted = wanted if wanted.whose in WHOSE else Wanted(whose="all", show="no-next-step")
    listed = actions.caseload(wanted, by=request.principal)
    rows = [row_of(each, listed) for each in listed.rows]
    known = {"rows": rows, "total": listed.total, "wanted": wanted}
    return render(request, "caseload/no_next_step.html", known)


@open_to(*CARERS)
def sweep(request: MemberRequest) -> HttpResponse:
    """Go through a part of the caseload one by one."""
    wanted = wanted_in(request)
    kept = {"whose": wanted.whose, "program": wanted.program, "show": wanted.show}
    place = number(request.GET.get("at", "0"))
    page = place // actions.PAGE + 1
    part = Wanted(whose=wanted.whose, program=wanted.program, show=wanted.show, page=page)
    listed = actions.caseload(part, by=request.principal)
    rows = listed.rows[place % actions.PAGE :]
    known = {
        "row": row_of(rows[0], listed) if rows else None,
        "place": place + 1,
        "total": listed.total,
        "where": address("/caseload/sweep", **kept, at=place),
        "next": address("/caseload/sweep", **kept, at=place + 1),
        "before": address("/caseload/sweep", **kept, at=place - 1) if place else "",
        "back": address("/caseload", **kept),
        "tomorrow": timezone.localdate() + timedelta(days=1),
    }
    return render(request, "caseload/sweep.html", known)


@open_to(*CARERS)
def check_in(request: MemberRequest, episode: str) -> HttpResponse:
    """Put a check-in on the worklist for a day."""
    where = _inside(request.POST.get("next", "/caseload"))
    on = day(request.POST.get("on", ""))
    if request.method != "POST" or on is None:
        return done(request, _("Choose a day."), where)
    try:
        saved = actions.plan_check_in(episode, on, by=request.principal)
    except HandrailError as error:
        return done(request, error.message, where)
    said = _("Check-in planned for %(day)s.") % {"day": dates.day(on)}
    return done(request, said, where, saved.transaction)


def _inside(where: str) -> str:
    """Return an address of this room; never one of somewhere else."""
    return (
        where
        if where == "/caseload" or where.startswith(("/caseload?", "/caseload/"))
        else "/caseload"
    )
