"""Programs: whom they are for, who fits, and enrolling many at once with a preview."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handrail.access import audit
from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.duties.caseload import actions
from handrail.duties.caseload.actions.enrolling import BALANCED, Enrolling
from handrail.duties.caseload.models import Face
from handrail.duties.caseload.screens.shared import (
    SUPERVISORS,
    address,
    every_program,
    number,
    receivers,
    word,
)
from handrail.fhir.errors import HandrailError, NotFoundError
from handrail.look.said import done


@open_to(*SUPERVISORS)
def programs(request: MemberRequest) -> HttpResponse:
    """Show the programs and who fits one of them, with the reasons."""
    by = request.principal
    every = every_program(by.org)
    chosen = word(request.GET.get("program", next(iter(every), "")))
    fits = actions.who_fits(chosen, by=by) if every else []
    page = max(1, number(request.GET.get("page", "1"), 1))
    start = (page - 1) * actions.PAGE
    piece = fits[start : start + actions.PAGE]
    audit.saw_many(by, "who fits", (fit.patient for fit in piece))
    known = {
        "every": every,
        "chosen": every.get(chosen),
        "fits": piece,
        "total": len(fits),
        "people": _receivers(by.org),
        "span": _("%(first)s-%(last)s of %(total)s")
        % {"first": start + bool(piece), "last": start + len(piece), "total": len(fits)},
        "before": address("/caseload/programs", program=chosen, page=page - 1) if start else "",
        "after": address("/caseload/programs", program=chosen, page=page + 1)
        if start + len(piece) < len(fits)
        else "",
    }
    return render(request, "caseload/programs.html", known)


def _receivers(org: int) -> list[tuple[str, str]]:
    loads = actions.loads(org, every_program(org))
    balanced = (BALANCED, _("Whoever carries the fewest expected minutes"))
    return [balanced, *receivers(org, loads)]


@open_to(*SUPERVISORS)
def enroll(request: MemberRequest) -> HttpResponse:
    """Preview an enrolment, then do it. With ``patient``: a form for that one."""
    if request.method != "POST":
        return _one(request, word(request.GET.get("patient", "")))
    form = request.POST
    everybody = form.get("everybody") == "yes"
    patients = None if everybody else list(dict.fromkeys(map(word, form.getlist("patient"))))
    sure = form.get("sure") == "yes"
    back = address("/caseload/programs", program=word(form.get("program", "")))
    try:
        plan = actions.enroll(
            request.principal,
            word(form.get("program", "")),
            patients,
            assign=word(form.get("to", BALANCED)),
            because=word(form.get("because", "")),
            dry_run=not sure,
        )
    except HandrailError as error:
        return done(request, error.message, back)
    return _enrolled(request, plan) if sure else _preview(request, plan, everybody=everybody)


def _preview(request: MemberRequest, plan: Enrolling, *, everybody: bool) -> HttpResponse:
    given: dict[str, int] = {}
    for one in plan.planned:
        given[one.to_name] = given.get(one.to_name, 0) + 1
    chosen = every_program(request.principal.org)[plan.program]
    shown = plan.planned[: actions.PAGE]
    seen = [*(one.patient for one in shown), *(patient for patient, _why in plan.skipped)]
    audit.saw_many(request.principal, "enroll", seen)
    known = {
        "plan": plan,
        "everybody": everybody,
        "to": request.POST.get("to", BALANCED),
        "because": word(request.POST.get("because", "")),
        "skipped": _named(request.principal.org, plan),
        "loads": [
            (name, count, plan.minutes.get(name, 0), count * chosen.minutes_per_month)
            for name, count in sorted(given.items())
        ],
        "shown": shown,
    }
    return render(request, "caseload/preview.html", known)


def _named(org: int, plan: Enrolling) -> list[tuple[str, str]]:
    ids = [patient for patient, _why in plan.skipped]
    names = dict(Face.objects.filter(org=org, patient__in=ids).values_list("patient", "name"))
    return [(names.get(patient, patient), why) for patient, why in plan.skipped]


def _enrolled(request: MemberRequest, plan: Enrolling) -> HttpResponse:
    number_of = len(plan.planned)
    said = ngettext(
        "%(n)s patient enrolled in %(program)s.",
        "%(n)s patients enrolled in %(program)s.",
        number_of,
    )
    undo = plan.transactions[0] if len(plan.transactions) == 1 else 0
    where = address("/caseload", whose="all", program=plan.program)
    return done(request, said % {"n": number_of, "program": plan.title}, where, undo)


def _one(request: MemberRequest, patient: str) -> HttpResponse:
    """Show which programs one patient fits."""
    by = request.principal
    if not patient:
        return HttpResponseRedirect("/caseload/programs", status=303)
    require(by, "enroll")
    face = Face.objects.filter(org=by.org, source=patient).first()
    if face is None:
        raise NotFoundError(_("There is no such patient."))
    audit.saw_many(by, "enroll", [patient])
    now: list[Any] = actions.of_patient(patient, by=by)
    enrolled = {each.program for each in now}
    every = every_program(by.org)
    known = {
        "face": face,
        "programs": [
            (
                program,
                next((f.reasons for f in actions.who_fits(program.id, by=by, only=[patient])), ()),
            )
            for program in every.values()
            if program.id not in enrolled
        ],
        "people": _receivers(by.org),
    }
    return render(request, "caseload/enroll_one.html", known)
