"""The list that a person takes home: plain words, their language, no other page around it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from handrail.access.marks import MemberRequest, open_to
from handrail.duties.community_resources.actions import languages
from handrail.duties.community_resources.actions.looking import Taken, take_home
from handrail.duties.community_resources.resources import phone_of, spoken_at
from handrail.duties.community_resources.rules import plain
from handrail.duties.community_resources.screens import forms
from handrail.duties.community_resources.screens.searching import READERS

MOST = 25
UNTICKED = 10
MOST_PLACES = 3


@open_to(*READERS)
def printed(request: MemberRequest) -> HttpResponse:
    """Show services in plain words, to be printed and handed over."""
    given = request.POST if request.method == "POST" else request.GET
    asked = given.getlist("id") or given.getlist("first")[:UNTICKED]
    wanted = list(dict.fromkeys(filter(None, map(forms.identity, asked))))[:MOST]
    language = "es" if given.get("lang", "").startswith("es") else "en"
    seen = take_home(request.principal, wanted)
    known = {
        "services": [_shown(one, language) for one in seen],
        "words": plain.WORDS[language],
        "lang": language,
    }
    return render(request, "community_resources/printed.html", known)


def _shown(taken: Taken, language: str) -> dict[str, object]:
    service, said = taken.service, plain.WORDS[language]
    own = plain.LANGUAGES.get(language, {})
    spoken = (
        own.get(one) or languages.LANGUAGES.get(one, one)
        for one in spoken_at(service, taken.places)
    )
    places = (one for place in taken.places for one in place.phones)
    return {
        "name": service.name,
        "organization": taken.organization if taken.organization != service.name else "",
        "phone": phone_of((*service.phones, *places)),
        "addresses": [one.address for one in taken.places[:MOST_PLACES] if one.address],
        "hours": plain.hours(taken.hours, language),
        "cost": said["free"] if service.cost == "free" else service.cost_words,
        "documents": service.documents,
        "eligibility": service.eligibility,
        "applying": service.applying,
        "languages": ", ".join(spoken),
        "checked": said["checked"].format(day=plain.day(taken.confirmed_on, language))
        if taken.confirmed_on
        else said["unchecked"],
    }
