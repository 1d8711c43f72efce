"""Gives patients to people: from the list, or everything somebody has at once."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import ngettext

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.duties.caseload import actions
from handrail.duties.caseload.actions.listing import Wanted
from handrail.duties.caseload.screens.listing import row_of
from handrail.duties.caseload.screens.shared import CARERS, every_program, receivers, word
from handrail.fhir.errors import HandrailError
from handrail.look.said import done
from handrail.record.store import Committed


@open_to(*CARERS)
def assign(request: MemberRequest) -> HttpResponse:
    """Show who carries how much, and hand over what one of them has."""
    by = request.principal
    every = every_program(by.org)
    loads = actions.loads(by.org, every)
    chosen = word(request.GET.get("from", by.person))
    listed = actions.caseload(Wanted(whose="all", manager=chosen), by=by)
    names = actions.names(by.org)
    known = {
        "loads": loads,
        "chosen": chosen,
        "chosen_name": names.get(chosen, ""),
        "rows": [row_of(each, listed) for each in listed.rows],
        "total": listed.total,
        "people": [pair for pair in receivers(by.org, loads) if pair[0] != chosen],
        "covers": [
            (names.get(c.covering, c.covering), names.get(c.covered, c.covered), c)
            for c in actions.covers(by.org)
        ],
        "back": request.get_full_path(),
    }
    return render(request, "caseload/assign.html", known)


@open_to(*CARERS)
def give(request: MemberRequest) -> HttpResponse:
    """Hand the selected patients over, or claim them from a pool."""
    where = request.POST.get("next", "/caseload")
    where = where if where.startswith("/caseload") else "/caseload"
    if request.method != "POST":
        return HttpResponseRedirect("/caseload", status=303)
    chosen = list(dict.fromkeys(map(word, request.POST.getlist("episode"))))
    try:
        saved = _give(request, chosen)
    except HandrailError as error:
        return done(request, error.message, where)
    said = ngettext("%(n)s patient given.", "%(n)s patients given.", len(chosen))
    return done(request, said % {"n": len(chosen)}, where, saved.transaction)


def _give(request: MemberRequest, chosen: list[str]) -> Committed:
    by, to = request.principal, word(request.POST.get("to", ""))
    if request.POST.get("do") == "claim":
        return actions.claim(chosen, by=by)
    if allows(by, "assign"):
        return actions.assign(chosen, to, by=by)
    return actions.hand_over(chosen, to, by=by)
