"""What is done to work from Today: every form here is a plain POST that answers with a redirect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal, Role
from handrail.desk import actions, worklist
from handrail.desk.actions import Holding, MissingWordError
from handrail.desk.colleagues import colleagues
from handrail.desk.screens import doing, stale
from handrail.desk.words import ENDINGS
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.look.dates import day
from handrail.look.said import say
from handrail.look.typed import whole
from handrail.record import store
from handrail.record.stored import Committed
from handrail.room import house

Verb = Callable[[Principal, str, QueryDict, "int | None"], tuple[Committed, str]]


def next_of(request: MemberRequest) -> str:
    """Return where the form goes after saving: a path of our own, else Today."""
    wanted = request.POST.get("next", "/")
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else "/"


def _day(form: QueryDict, name: str = "until") -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError as error:
        raise MissingWordError(name, _("Choose a day, as in 2026-11-23.")) from error


def _snooze(by: Principal, task: str, form: QueryDict, seen: int | None) -> tuple[Committed, str]:
    until = _day(form)
    done = actions.hold(by, task, Holding(until=until, reason=form.get("reason", "")), seen)
    return done, _("Snoozed to %(day)s.") % {"day": day(until)}


def _wait(by: Principal, task: str, form: QueryDict, seen: int | None) -> tuple[Committed, str]:
    who = form.get("who", "").strip()
    if not who:
        raise MissingWordError("who", _("Say whom it waits for."))
    until = _day(form)
    done = actions.hold(by, task, Holding(until=until, who=who), seen)
    return done, _("Waiting on %(who)s. It comes back %(day)s.") % {"who": who, "day": day(until)}


def _resume(by: Principal, task: str, _form: QueryDict, seen: int | None) -> tuple[Committed, str]:
    return actions.resume(by, task, seen), _("Taken up again.")


def _claim(by: Principal, task: str, _form: QueryDict, seen: int | None) -> tuple[Committed, str]:
    return actions.claim(by, task, seen), _("It is yours.")


def _hand_over(
    by: Principal, task: str, form: QueryDict, seen: int | None
) -> tuple[Committed, str]:
    owner = form.get("owner", "")
    name = colleagues(by.org).name_of(owner)
    if not name:
        raise MissingWordError("owner", _("Choose who gets it."))
    done = actions.hand_over(by, task, (owner, name), seen)
    return done, _("Handed over to %(name)s.") % {"name": name}


def _end(by: Principal, task: str, form: QueryDict, seen: int | None) -> tuple[Committed, str]:
    ending = form.get("ending", "")
    label = ENDINGS.get(ending, "")
    done = actions.end(by, task, ending, label, form.get("note", ""), seen)
    return done, _("Saved: %(how)s.") % {"how": _(label).lower() if label else ""}


VERBS: dict[str, Verb] = {
    "snooze": _snooze,
    "wait": _wait,
    "resume": _resume,
    "claim": _claim,
    "hand-over": _hand_over,
    "end": _end,
}


@open_to(*CARE)
def act(request: MemberRequest, task: str, verb: str) -> HttpResponse:
    """Do one thing to one piece of work, then go to the next."""
    if request.method != "POST" or verb not in VERBS:
        raise NotFoundError(_("There is nothing here that you may see."))
    seen = whole(request.POST.get("if_match", ""))
    try:
        done, said = VERBS[verb](request.principal, task, request.POST, seen)
    except MissingWordError as error:
        return _again(request, task, error)
    except VersionConflictError:
        return stale.page(request, task, seen or 0)
    say(request, said, done.transaction)
    return HttpResponseRedirect(next_of(request), status=303)


def _again(request: MemberRequest, task: str, error: MissingWordError) -> HttpResponse:
    """Show the form again with what is missing; what was typed is kept."""
    request.META["handrail.errors"] = ((error.field, error.message),)
    request.META["handrail.next"] = next_of(request)
    request.META["handrail.version"] = request.POST.get("if_match", "")
    item = worklist.item(request.principal, task)
    if item is None:
        raise NotFoundError(_("This step has ended already."))
    known = {
        "doing": doing.plain(request, request.principal, task),
        "errors": [error],
        "item": item,
    }
    part = request.headers.get("HX-Request") == "true"
    if request.resolver_match and request.resolver_match.kwargs["verb"] != "end":
        known["doing"] = ""
    template = "desk/again_part.html" if part else "desk/again.html"
    return render(request, template, known | {"form": request.POST, "task": task}, status=422)


@open_to(*CARE)
def many(request: MemberRequest) -> HttpResponse:
    """Do the same to every selected piece of work."""
    verb = request.POST.get("verb", "")
    tasks = request.POST.getlist("task")[: worklist.PAGE]
    if request.method != "POST" or verb not in {"snooze", "hand-over", "claim"}:
        raise NotFoundError(_("There is nothing here that you may see."))
    if not tasks:
        say(request, _("Nothing was selected. Select rows with x first."))
        return HttpResponseRedirect(next_of(request), status=303)
    by, form = request.principal, request.POST
    try:
        if verb == "snooze":
            _day(form)
        done = actions.each(tasks, lambda task: VERBS[verb](by, task, form, None))
    except MissingWordError as error:
        say(request, error.message)
        return HttpResponseRedirect(next_of(request), status=303)
    changed = ngettext("%(n)s changed.", "%(n)s changed.", done.changed) % {"n": done.changed}
    say(request, " ".join((changed, *done.refused)))
    return HttpResponseRedirect(next_of(request), status=303)


@open_to(*CARE, Role.FRONT_DESK, Role.ADMINISTRATOR)
def undo(request: MemberRequest) -> HttpResponse:
    """Take back what was just done."""
    require(request.principal, "undo")
    number = whole(request.POST.get("transaction", ""))
    if request.method != "POST" or not number or not _is_mine(request.principal, number):
        raise NotFoundError(_("There is nothing to undo."))
    mine = store.written_in(number, by=request.principal)
    store.undo(number, by=request.principal, reason="undone")
    say(request, _("Taken back."))
    task = next((each.id for each in mine if each.resource_type == "Task"), "")
    there = _page_before(request)
    if there.startswith("/patients/") or (there and not any(each.patient for each in mine)):
        return HttpResponseRedirect(there, status=303)
    boards = {nav.url for nav in house.nav(request.principal)}
    board = there if there in boards else "/"
    return HttpResponseRedirect(f"{board}?item={task}", status=303)


def _is_mine(by: Principal, transaction: int) -> bool:
    """Tell whether ``by`` did it: what others did is taken back by them, or corrected."""
    agents = store.provenance(transaction, by=by)["agent"]
    return any(agent["who"]["reference"] == by.person for agent in agents)


def _page_before(request: MemberRequest) -> str:
    """Return the path of the page of ours the form stood on; empty if it is not known."""
    host, _, path = request.META.get("HTTP_REFERER", "").partition("//")[2].partition("/")
    return f"/{path.partition('?')[0]}" if host == request.get_host() else ""
