"""Who takes this plan, near, with new patients, soon, in this language; the answer in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal, Role
from handrail.duties.provider_network.actions import calling
from handrail.duties.provider_network.actions.finding import (
    SPECIALIST,
    Filters,
    Found,
    find,
    specialties,
)
from handrail.duties.provider_network.actions.looking import Person, person, plan_names, spoken
from handrail.duties.provider_network.actions.telling import TellingError
from handrail.duties.provider_network.resources import Plan
from handrail.duties.provider_network.rules.calling import CallError
from handrail.duties.provider_network.screens import forms, words
from handrail.duties.provider_network.screens.kept import keep, recall
from handrail.fhir.directory.candidates import Wanted
from handrail.fhir.directory.everyday import specialties_meant
from handrail.fhir.directory.places import KM_A_MILE
from handrail.fhir.directory.telling import Answer, plan_key
from handrail.look.said import done, say
from handrail.room import drawn, house

SEES: Final = CARE | {Role.ADMINISTRATOR}
_ASKED: Final = ("words", "plan", "near", "language")
_FILTERS: Final = ("takes", "accepting", "speaks")
_WITHIN: Final = ("", "10", "25", "50")
_SHOWN: Final = 10
_TOLD: Final = ("plan-told", "wait", "new-patients")
"""Reasons that what was told says already, in its own words."""
Errors = Sequence[tuple[str, str]]


@open_to(*SEES)
def providers(request: MemberRequest) -> HttpResponse:
    """Find an office; what they say is written down in its row."""
    then = request.POST.get("then", "") if request.method == "POST" else ""
    if then == "tell":
        return _tell(request)
    if then == "call":
        return _call(request)
    if request.method == "POST":
        token = keep(request, _asked_in(request))
        return HttpResponseRedirect(f"/providers?s={token}", status=303)
    return _page(request)


def _asked_in(request: MemberRequest) -> dict[str, str]:
    """Return what the form asks for; a filter whose button was pressed is dropped."""
    form = request.POST
    asked = {name: forms.line_of(form.get(name, "")) for name in _ASKED}
    asked |= {name: "1" if form.get(name) else "" for name in _FILTERS}
    within = form.get("within", "")
    asked["within"] = within if within in _WITHIN else ""
    asked["for"] = forms.identity(form.get("for", ""))
    dropped = form.get("drop", "")
    return asked | ({dropped: ""} if dropped in {*_FILTERS, "within"} else {})


def _tell(request: MemberRequest) -> HttpResponse:
    try:
        saved, sentence = forms.recorded(request.principal, request.POST)
    except TellingError as error:
        return _page(request, [(error.field, error.message)])
    say(request, sentence, saved.transaction)
    token = request.POST.get("s", "")
    at = saved.told.about[0].rpartition("/")[2]
    return HttpResponseRedirect(f"/providers?s={forms.identity(token)}#o-{at}", status=303)


def _call(request: MemberRequest) -> HttpResponse:
    asked = recall(request, request.POST.get("s", ""))
    patient = asked.get("for", "")
    offices = [forms.office_of(one) for one in request.POST.getlist("office")]
    first = [forms.office_of(one) for one in request.POST.getlist("first")]
    try:
        listed = calling.put_on_list(
            request.principal, patient, offices or first, Plan(name=asked.get("plan", ""))
        )
    except (CallError, TellingError) as error:
        return _page(request, [("call", error.message)])
    sentence = _("%(n)s on the call list.") % {"n": listed.offices}
    return done(request, sentence, f"/providers/calls?for={patient}", listed.transaction)


def _page(request: MemberRequest, errors: Errors = ()) -> HttpResponse:
    by = request.principal
    sent = request.POST if request.method == "POST" else request.GET
    token = sent.get("s", "")
    asked = recall(request, token)
    patient = asked.get("for", "") or forms.identity(sent.get("for", ""))
    who = person(by, patient) if patient else None
    if not asked and who:
        asked = _known(who)
    named = specialties(by)
    found = _found(by, asked, named) if token and asked else None
    rows = _rows(request, found, asked, dict(named)) if found else []
    context = forms.choices() | {
        "asked": dict.fromkeys((*_ASKED, *_FILTERS, "within"), "") | asked,
        "token": token if found else "",
        "person": who,
        "found": found,
        "rows": rows,
        "first": [row["row"].reference for row in rows[: calling.proposed(by)]],
        "plans": _plans(by, who),
        "named": list(dict.fromkeys(name for _code, name in named)),
        "spoken": [("", _("any")), *forms.choices()["languages"]],
        "within": _reach(),
        "relax": _relax(found),
        "head": drawn(request, by, "head", patient) if who else [],
        "patient": patient,
        "refer": _refer(patient),
        "calls": f"/providers/calls?for={patient}" if patient else "",
        "errors": errors,
        "about": request.POST.get("about", ""),
    }
    return render(request, "provider_network/find.html", context, status=422 if errors else 200)


def _known(who: Person) -> dict[str, str]:
    """Return what the record knows already: nothing of it is asked again."""
    plan = who.plans[0].name if who.plans else ""
    language = "" if who.language == "en" else who.language
    return {"for": who.patient, "plan": plan, "near": who.near, "language": language}


def _found(by: Principal, asked: dict[str, str], named: list[tuple[str, str]]) -> Found:
    codes = specialties_meant(asked.get("words", ""), named)
    wanted = Wanted(
        kind=SPECIALIST,
        specialties=codes,
        words="" if codes else asked.get("words", ""),
        plan=asked.get("plan", ""),
        language=asked.get("language", ""),
        near=asked.get("near", ""),
        patient=asked.get("for", ""),
        at_most=_SHOWN,
    )
    within = asked.get("within", "")
    filters = Filters(
        plan=bool(asked.get("takes")),
        language=bool(asked.get("speaks")),
        accepting=bool(asked.get("accepting")),
        within=float(within) * KM_A_MILE if within in _WITHIN[1:] else 0,
    )
    return find(by, wanted, filters)


def _rows(
    request: MemberRequest, found: Found, asked: dict[str, str], named: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the rows with what was said there about the plan, and what was typed in each."""
    plan = found.plan or asked.get("plan", "")
    offices = [row.reference for row in found.rows]
    said = spoken(request.principal, offices, plan_key(plan))
    return [
        {
            "row": row,
            "id": row.reference.rpartition("/")[2],
            "standing": standing,
            "specialties": [named[code] for code in row.specialties if code in named],
            "told": _TOLD if standing and standing.newest else ("plan-told",),
            "yes": bool(standing and standing.newest and standing.newest.answer is Answer.YES),
            "said": [
                (words.told(one, said.today), words.more(one, said.ages, said.today))
                for one in ((standing.newest, *standing.against) if standing else ())
                if one
            ],
            "typed": forms.typed(request, row.reference) | {"plan": plan},
        }
        for row in found.rows
        for standing in [said.of(row.reference)]
    ]


def _plans(by: Principal, who: Person | None) -> list[str]:
    own = [plan.name for plan in who.plans] if who else []
    return list(dict.fromkeys([*own, *plan_names(by)]))


def _reach() -> list[tuple[str, str]]:
    labels = {"10": _("10 miles"), "25": _("25 miles"), "50": _("50 miles")}
    return [("", _("any distance")), *labels.items()]


def _relax(found: Found | None) -> list[tuple[str, str]]:
    """Return (filter, what dropping it would add) of each filter that is set."""
    labels = {
        "plan": ("takes", _("%(n)s more where nobody knows whether they take the plan")),
        "accepting": ("accepting", _("%(n)s more without word on new patients")),
        "language": ("speaks", _("%(n)s more without the language")),
        "within": ("within", _("%(n)s more further away")),
    }
    more = found.relaxations if found else {}
    return [
        (labels[name][0], labels[name][1] % {"n": count})
        for name, count in more.items()
        if name in labels
    ]


def _refer(patient: str) -> Any:
    """Return what gives the address of a new referral to an office; empty without a patient."""
    return lambda office: house.way("refer", patient, office) if patient else ""
