"""The call list of one person: the script, and each answer in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal
from handrail.duties.provider_network.actions import calling
from handrail.duties.provider_network.actions.calling import CallList, call_list, one_call
from handrail.duties.provider_network.actions.looking import Person, person
from handrail.duties.provider_network.actions.telling import TellingError
from handrail.duties.provider_network.rules.calling import CallError
from handrail.duties.provider_network.screens import forms, script, words
from handrail.fhir.directory.telling import Answer
from handrail.fhir.errors import NotFoundError
from handrail.fhir.moments import whole_day
from handrail.look.dates import day
from handrail.look.said import say
from handrail.look.typed import next_of, version_seen
from handrail.room import house, patient_frame

Errors = Sequence[tuple[str, str]]


@open_to(*CARE)
def calls(request: MemberRequest) -> HttpResponse:
    """Show whom to call for a person, what to say, and keep what each office says."""
    if request.method == "POST":
        return _answered(request)
    return _page(request, forms.identity(request.GET.get("for", "")))


def _answered(request: MemberRequest) -> HttpResponse:
    """Keep an answer, or the day of the next try; then the next office."""
    patient = forms.identity(request.POST.get("for", ""))
    task = forms.identity(request.POST.get("task", ""))
    here = f"/providers/calls?for={patient}"
    try:
        if request.POST.get("missed"):
            return _missed(request, task, here)
        saved, sentence = forms.recorded(request.principal, request.POST)
    except TellingError as error:
        return _refused(request, patient, task, [(error.field, error.message)])
    except CallError as error:
        return _refused(request, patient, task, [("again", error.message)])
    say(request, sentence, saved.transaction)
    office = saved.told.about[0].rpartition("/")[2]
    yes = f"&yes={office}" if saved.told.answer is Answer.YES else ""
    return HttpResponseRedirect(next_of(request, here + yes), status=303)


def _missed(request: MemberRequest, task: str, here: str) -> HttpResponse:
    form = request.POST
    told = {"no-answer": _("Nobody answered"), "call-back": _("They asked to call back")}
    tried = calling.not_reached(
        request.principal,
        task,
        told.get(form["missed"], told["no-answer"]),
        _day(form.get("again", "")),
        if_match=version_seen(request),
    )
    sentence = _("Kept. Call again on %(day)s.") % {"day": day(tried.again_on)}
    say(request, sentence, tried.transaction)
    return HttpResponseRedirect(next_of(request, here), status=303)


def _day(text: str) -> date | None:
    """Return the day that was typed; None: none was."""
    found = whole_day(text.strip())
    if text.strip() and found is None:
        raise CallError(_("Choose a day, such as 2026-11-24."))
    return found


def _refused(request: MemberRequest, patient: str, task: str, errors: Errors) -> HttpResponse:
    """Answer with what was typed: in the desk's panel if it came from there, else on the page."""
    if request.headers.get("HX-Request") and request.POST.get("live") == "1":
        html = _panel(request, request.principal, one_call(request.principal, task), errors)
        return HttpResponse(html, status=422)
    return _page(request, patient, errors)


def _page(request: MemberRequest, patient: str, errors: Errors = ()) -> HttpResponse:
    if not patient:
        raise NotFoundError(_("Open the call list from somebody's record."))
    by = request.principal
    listed = call_list(by, patient)
    who = person(by, patient)
    yes = forms.identity(request.GET.get("yes", ""))
    known = patient_frame(request, patient, "/providers") | _shown(request, listed, who, by)
    known |= {
        "errors": errors,
        "refer": house.way("refer", patient, f"PractitionerRole/{yes}") if yes else "",
        "find": house.way("find-provider", patient),
        "live": False,
    }
    return render(request, "provider_network/calls.html", known, status=422 if errors else 200)


def _shown(request: HttpRequest, listed: CallList, who: Person, by: Principal) -> dict[str, Any]:
    """Return what the calls and their script show."""
    plan = listed.calls[0].plan.name if listed.calls else ""
    payer = next((one.payer for one in who.plans if one.name == plan), "")
    speaks = who.language if who.language not in {"", "en"} else ""
    return forms.choices() | {
        "listed": listed,
        "rows": [_row(request, listed, one) for one in listed.calls],
        "script": script.office(plan, payer, by.name, words.language(speaks) if speaks else ""),
        "heard": script.person(who.language or "en"),
        "heard_name": words.language(who.language or "en"),
    }


def _row(request: HttpRequest, listed: CallList, call: calling.Call) -> dict[str, Any]:
    standing = call.standing
    answers = (standing.newest, *standing.against) if standing else ()
    return {
        "call": call,
        "said": [
            (words.told(one, listed.today), words.more(one, listed.ages, listed.today))
            for one in answers
            if one
        ],
        "tried": len(call.tries),
        "enough": len(call.tries) >= listed.most_tries,
        "again": listed.next_try,
        "typed": forms.typed(request, call.office.reference)
        | {"plan": call.plan.name, "token": uuid4().hex},
    }


def panel(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the desk's panel of one call: the script, and the answer in one line."""
    errors = list(request.META.get("handrail.errors", ()))
    return _panel(request, principal, one_call(principal, task), errors)


def _panel(request: HttpRequest, by: Principal, listed: CallList, errors: Errors) -> str:
    who = person(by, listed.calls[0].patient)
    known = _shown(request, listed, who, by) | {
        "errors": errors,
        "patient": who.patient,
        "next": str(request.META.get("handrail.next") or request.POST.get("next", "/")),
        "live": True,
    }
    return render_to_string("provider_network/panel.html", known, request=request)
