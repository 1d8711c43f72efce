"""What is done with an assessment: answer, finish, correct, set aside, read, take over."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.intake.actions import ending, finishing, saving
from handrail.duties.intake.actions.finishing import UnfinishedError
from handrail.duties.intake.actions.opening import Opened, open_assessment
from handrail.duties.intake.actions.protecting import open_protocols
from handrail.duties.intake.actions.saving import Saved, save_answers
from handrail.duties.intake.resources import DONE, FORMER, is_carried
from handrail.duties.intake.screens.filling import (
    Apart,
    Sheet,
    context,
    lines_of,
    sheet_of,
    words_of_page,
)
from handrail.duties.intake.screens.forms import fields_of, seen_of
from handrail.duties.intake.screens.questions import Line
from handrail.duties.intake.screens.reading import read_page
from handrail.fhir.errors import BusinessRuleError, NotFoundError, VersionConflictError
from handrail.fhir.forms import Fault, spots_of
from handrail.look.said import done, say
from handrail.look.typed import whole
from handrail.room import house


def address(assessment: str, page: int = 1) -> str:
    """Return the address of an assessment."""
    return f"/assessments/{assessment}" + (f"?page={page}" if page > 1 else "")


@open_to(*CARE)
def one(request: MemberRequest, assessment: str) -> HttpResponse:
    """Show an assessment: to fill in while it is open, to correct when asked to, else to read."""
    opened = open_assessment(request.principal, assessment)
    correcting = opened.said.status in DONE and bool(request.GET.get("correct"))
    if opened.definition is None or not (opened.said.is_open or correcting):
        return read_page(request, opened)
    page = whole(request.GET.get("page", "")) or 1
    add = request.GET.get("add", "")
    sheet = sheet_of(request.principal, opened, page, apart=Apart(add=add))
    return _fill(request, sheet, correcting=correcting)


def _fill(
    request: MemberRequest, sheet: Sheet, *, status: int = 200, **more: object
) -> HttpResponse:
    former = [
        str(each.get("valueString", ""))
        for each in sheet.opened.response.get("extension", ())
        if each.get("url") == FORMER
    ]
    known = context(request, sheet, former=former, reasons=_reasons(), **more)
    return render(request, "intake/fill.html", known, status=status)


def _reasons() -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in ending.REASONS.items()]


@open_to(*CARE)
@require_POST
def answers(request: MemberRequest, assessment: str) -> HttpResponse:
    """Save what is on the page; then go on, finish, or say what could not be taken."""
    form = request.POST
    if form.get("correcting"):
        return _correct(request, assessment)
    by, page = request.principal, whole(form.get("page", "")) or 1
    fields = fields_of(form)
    then = form.get("then", "finish")
    if then.startswith("confirm:"):
        fields = {**fields, **_confirmed(request, assessment, then.removeprefix("confirm:"), page)}
    saved = save_answers(by, assessment, fields, if_match=seen_of(form))
    if request.headers.get("HX-Request"):
        return _parts(request, saved, page)
    if saved.faults or saved.clashes:
        return _again(request, saved, page)
    if then == "finish":
        return _finish(request, saved, page)
    return _onward(request, saved, then, page)


def _onward(request: MemberRequest, saved: Saved, then: str, page: int) -> HttpResponse:
    identity = saved.opened.id
    kind, _colon, value = then.partition(":")
    if kind == "page":
        return HttpResponseRedirect(address(identity, whole(value) or 1), status=303)
    if kind == "add":
        there = address(identity, page)
        mark = "&" if "?" in there else "?"
        return HttpResponseRedirect(f"{there}{mark}add={value}", status=303)
    say(request, _("Saved. You can go on at any time."))
    return HttpResponseRedirect(address(identity, page), status=303)


def _confirmed(
    request: MemberRequest, assessment: str, which: str, page: int
) -> dict[str, list[str]]:
    """Return the fields that say that old answers are still true: one, or all of the page."""
    opened = open_assessment(request.principal, assessment)
    if which == "page":
        here = {line.place for line in sheet_of(request.principal, opened, page).lines}
        spots = spots_of(opened.form, opened.response)
        places = [place for place, spot in spots.items() if place in here and is_carried(spot.said)]
    else:
        places = [which]
    return {f"a:{place}!confirmed": ["1"] for place in places}


def _parts(request: MemberRequest, saved: Saved, page: int) -> HttpResponse:
    """Answer a change with what it changes on the page, and nothing else."""
    by = request.principal
    apart = Apart(saved.faults, saved.clashes)
    after = sheet_of(by, saved.opened, page, now=saved.after, apart=apart)
    tallied = {score.rule.code for score in after.scores}
    before = lines_of(saved.opened, page, saved.before, tallied)
    moved = [line.place for line in after.lines] != [line.place for line in before]
    shown_wrong = set(request.POST.get("faulty", "").split())
    known = words_of_page(
        after,
        moved=moved or saved.merged,
        redrawn=[] if moved else _redrawn(before, after.lines),
        slots=[
            line for line in after.lines if line.shown and (line.fault or line.id in shown_wrong)
        ],
        alarm_changed=after.alarm != request.POST.get("alarm", ""),
        merged=saved.merged,
    )
    return render(request, "intake/answered.html", known)


def _redrawn(before: list[Line], after: list[Line]) -> list[Line]:
    """Return the lines that look different for a reason other than that they were answered."""
    return [
        now
        for was, now in zip(before, after, strict=True)
        if was.shown != now.shown
        or was.why != now.why
        or now.clash
        or was.old != now.old
        or (now.shape == "worked-out" and was.values != now.values)
    ]


def _again(request: MemberRequest, saved: Saved, page: int) -> HttpResponse:
    """Show the page again with what could not be taken; the rest is saved."""
    apart = Apart(saved.faults, saved.clashes)
    sheet = sheet_of(request.principal, saved.opened, page, now=saved.after, apart=apart)
    return _fill(request, sheet, status=422, errors=_errors(sheet))


def _errors(sheet: Sheet) -> list[tuple[str, str]]:
    found = []
    for line in sheet.lines:
        if line.clash:
            found.append((line.id, _("Two different answers: %(what)s") % {"what": line.text}))
        elif line.fault:
            found.append((line.id, f"{line.text}: {line.fault}"))
    return found


def _finish(request: MemberRequest, saved: Saved, page: int) -> HttpResponse:
    by, identity = request.principal, saved.opened.id
    try:
        finished = finishing.finish_assessment(by, identity, if_match=saved.opened.stored.version)
    except UnfinishedError as error:
        return _unfinished(request, saved.opened, page, error)
    said = _("Finished: %(title)s.") % {"title": saved.opened.form.title}
    if finished.left_out:
        n = finished.left_out
        said += " " + ngettext(
            "%(n)s old answer was not confirmed and is left out.",
            "%(n)s old answers were not confirmed and are left out.",
            n,
        ) % {"n": n}
    say(request, said, finished.committed.transaction)
    waiting = open_protocols(by, finished.patient, identity)
    there = f"/assessments/{identity}/safety/{waiting[0].id}" if waiting else ""
    onward = there or house.way("needs-found", finished.patient, about=identity)
    return HttpResponseRedirect(onward, status=303)


def _unfinished(
    request: MemberRequest, opened: Opened, page: int, error: UnfinishedError
) -> HttpResponse:
    """Show the page where the first missing answer is."""
    wanted = [Fault(place, place, _("Answer this, or mark it declined.")) for place in error.places]
    faults = error.wrong or wanted
    sheet = sheet_of(request.principal, opened, page, apart=Apart(faults))
    if not _errors(sheet) and faults:
        where = {link: n for n, each in enumerate(sheet.pages, 1) for link in each.links}
        spot = spots_of(opened.form, opened.response).get(faults[0].place)
        number = where.get(spot.item.link_id, page) if spot else page
        sheet = sheet_of(request.principal, opened, number, apart=Apart(faults))
    return _fill(request, sheet, status=422, errors=_errors(sheet) or [("main", error.message)])


def _correct(request: MemberRequest, assessment: str) -> HttpResponse:
    by, form = request.principal, request.POST
    page = whole(form.get("page", "")) or 1
    try:
        committed, faults = finishing.correct_assessment(
            by, assessment, fields_of(form), if_match=seen_of(form)
        )
    except UnfinishedError as error:
        faults, committed = error.wrong, None
    except VersionConflictError:
        committed, faults = None, ()
        say(request, _("Somebody corrected this meanwhile. Look at it, then correct it again."))
        return HttpResponseRedirect(f"{address(assessment)}?correct=1", status=303)
    if faults:
        opened = open_assessment(by, assessment)
        sheet = sheet_of(by, opened, page, apart=Apart(faults))
        return _fill(request, sheet, status=422, errors=_errors(sheet), correcting=True)
    number = committed.transaction if committed else 0
    return done(
        request,
        _("Corrected.") if number else _("Nothing was changed."),
        address(assessment),
        number,
    )


Did = tuple[str, str, int]
"""What is said, where one goes on, and the transaction that takes it back."""


def _set_aside(request: MemberRequest, opened: Opened) -> Did:
    form, patient = request.POST, opened.said.patient
    reason, note = form.get("reason", ""), form.get("note", "")
    made = ending.set_aside(request.principal, opened.id, reason, note=note)
    said = _("Set aside. What was answered is kept.")
    return said, f"/patients/{patient}/assessments", made.transaction


def _take_up(request: MemberRequest, opened: Opened) -> Did:
    made = ending.take_up_again(request.principal, opened.id)
    return _("Taken up again."), address(opened.id), made.transaction


def _take_over(request: MemberRequest, opened: Opened) -> Did:
    made = finishing.take_over(request.principal, opened.id)
    onward = house.way("needs-found", opened.said.patient, about=opened.id)
    return _("Taken over."), onward, made.transaction


def _read(request: MemberRequest, opened: Opened) -> Did:
    made = ending.read_only(request.principal, opened.id)
    return _("Read."), f"/patients/{opened.said.patient}/assessments", made.transaction


def _renew(request: MemberRequest, opened: Opened) -> Did:
    made = saving.renew_form(request.principal, opened.id, if_match=seen_of(request.POST))
    return _("Now with the newer version."), address(opened.id), made.transaction


VERBS = {
    "set-aside": _set_aside,
    "take-up": _take_up,
    "take-over": _take_over,
    "read": _read,
    "renew": _renew,
}


@open_to(*CARE)
@require_POST
def act(request: MemberRequest, assessment: str, verb: str) -> HttpResponse:
    """Set aside, take up again, take over, read, or go on with the newer form."""
    if verb not in VERBS:
        raise NotFoundError(_("There is nothing here that you may see."))
    opened = open_assessment(request.principal, assessment)
    try:
        said, onward, undo = VERBS[verb](request, opened)
    except (BusinessRuleError, VersionConflictError) as error:
        return done(request, error.message, address(assessment))
    return done(request, said, onward, undo)


@open_to(*CARE)
@require_POST
def declined(request: MemberRequest, task: str) -> HttpResponse:
    """End the wish for an assessment: declined, or not needed."""
    reason = request.POST.get("reason", "")
    committed = ending.decline_whole(request.principal, task, reason=reason)
    wanted = request.POST.get("next", "/")
    onward = wanted if wanted.startswith("/") and not wanted.startswith("//") else "/"
    return done(request, _("Saved."), onward, committed.transaction)
