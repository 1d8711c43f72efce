"""Find a service: what is needed, where, in which language; the list, best first, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.duties.community_resources.actions import languages
from handrail.duties.community_resources.actions.person import Person, person
from handrail.duties.community_resources.actions.searching import Found, Reader, search
from handrail.duties.community_resources.rules.choosing import Asked
from handrail.duties.community_resources.rules.ordering import Ordered
from handrail.duties.community_resources.screens import forms, words
from handrail.fhir.directory.weighing import Speech
from handrail.look import dates
from handrail.look.typed import whole
from handrail.record.known import known
from handrail.room import house, patient_frame

READERS = (
    Role.COORDINATOR,
    Role.SUPERVISOR,
    Role.CLINICIAN,
    Role.FRONT_DESK,
    Role.ADMINISTRATOR,
)
MOST_SHOWN = 500


@open_to(*READERS)
def resources(request: MemberRequest) -> HttpResponse:
    """Show the services that fit. The form is sent in a body: typed words stand in no address."""
    given = request.POST if request.method == "POST" else request.GET
    by = request.principal
    patient = forms.identity(given.get("for", ""))
    who = person(by, patient) if patient else None
    asked = forms.asked_of(given, who)
    reader = Reader(
        speech=Speech(say=_, day=dates.day),
        names=languages.names(),
        speaks=who.language if who else "",
    )
    found = search(by, asked, reader)
    facts = known(by.org)
    limits = facts.rules.rule("directory.search", facts.as_of.date())
    step = int(limits.values["shown"])
    shown = min(max(whole(given.get("show", "")) or step, step), MOST_SHOWN)
    page = {
        "asked": asked,
        "only": forms.only_of(asked),
        "found": found,
        "rows": [_row(one, found, patient) for one in found.ordered[:shown]],
        "total": len(found.ordered),
        "next": shown + step if shown < min(len(found.ordered), MOST_SHOWN) else 0,
        "away": [(name, words.one(words.FILTERS, name), n) for name, n in found.more.items()],
        "meant": _meant(found),
        "person": who,
        "person_language": languages.name(who.language) if who and who.language else "",
        "need": _need(asked, who),
        "needs": _needs(who),
        "miles": [("0", _("Any distance"))]
        + [(str(n), _("Within %(n)s miles") % {"n": n}) for n in limits.values["miles"]],
        "languages": _languages(found, asked, who),
        "audiences": [("", _("Anybody")), *words.choices(words.AUDIENCES)],
        "onlies": words.choices(words.ONLY),
        "may_add": allows(by, "create", "HealthcareService"),
        "may_print": bool(found.ordered),
        "print_language": who.language if who else "",
    }
    frame = patient_frame(request, patient, "/resources") if patient else {}
    return render(request, "community_resources/search.html", frame | page)


def _row(one: Ordered, found: Found, patient: str) -> Mapping[str, Any]:
    offer = one.offer
    about = f"HealthcareService/{offer.id}"
    return {
        "offer": offer,
        "url": f"/resources/{offer.id}" + (f"?for={patient}" if patient else ""),
        "refer": house.way("refer", patient, about) if patient else "",
        "reasons": one.reasons,
        "minutes": one.minutes,
        "open": words.now(offer.opening),
        "elsewhere": found.elsewhere.get(offer.id, 0),
    }


def _meant(found: Found) -> list[tuple[str, str]]:
    return [(typed, ", ".join(near)) for typed, near in found.meant.items()]


def _need(asked: Asked, who: Person | None) -> str:
    if who is not None and asked.needs and asked.needs == who.needs and len(asked.needs) > 1:
        return forms.THEIRS
    return asked.needs[0] if len(asked.needs) == 1 else ""


def _needs(who: Person | None) -> list[tuple[str, str]]:
    first = [("", _("Any need"))]
    if who is not None and len(who.needs) > 1:
        listed = ", ".join(words.one(words.NEEDS, one) for one in who.needs)
        first.append((forms.THEIRS, _("Their needs: %(needs)s") % {"needs": listed}))
    return [*first, *words.choices(words.NEEDS)]


def _languages(found: Found, asked: Asked, who: Person | None) -> list[tuple[str, str]]:
    codes = [code for code in (asked.language, who.language if who else "") if code]
    every = dict.fromkeys([*codes, *found.languages[:40]])
    return [("", _("Any language")), *((code, languages.name(code)) for code in every)]
