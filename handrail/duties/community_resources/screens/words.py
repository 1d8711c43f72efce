"""The words of this room, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from handrail.duties.community_resources.actions import languages
from handrail.fhir.directory.capacity import Capacity
from handrail.fhir.directory.confirming import Standing
from handrail.fhir.directory.opening import Hours, Open, Opening, grouped
from handrail.look import dates
from handrail.look.areas import AREAS

NEEDS: Final = AREAS
"""SDOH categories in plain words."""

FACTS: Final[Mapping[str, str]] = {
    "name": noop("Name"),
    "about": noop("What it is"),
    "phone": noop("Phone and mail"),
    "address": noop("Where"),
    "hours": noop("Hours"),
    "languages": noop("Languages"),
    "cost": noop("Cost"),
    "eligibility": noop("Who may come"),
    "documents": noop("What to bring"),
    "applying": noop("How to apply"),
    "capacity": noop("Room"),
}

AUDIENCES: Final[Mapping[str, str]] = {
    "older": noop("Older people"),
    "families": noop("Families"),
    "youth": noop("Children and young people"),
    "women": noop("Women"),
    "veterans": noop("Veterans"),
    "disability": noop("People with disabilities"),
    "immigrants": noop("People who moved here"),
    "homeless": noop("People without a home"),
    "low-income": noop("People with little money"),
}

ONLY: Final[Mapping[str, str]] = {
    "open": noop("Open now"),
    "free": noop("Free"),
    "papers": noop("No papers needed"),
    "room": noop("Not known to be full"),
}

FILTERS: Final[Mapping[str, str]] = {
    "words": noop("Words"),
    "miles": noop("Distance"),
    "open": noop("Open now"),
    "language": noop("Language"),
    "free": noop("Free"),
    "audience": noop("For whom"),
    "documents": noop("No papers needed"),
    "room": noop("Not known to be full"),
}

ROOM: Final[Mapping[str, str]] = {
    "capacity": noop("Has room"),
    "waitlist": noop("Full, with a waiting list"),
    "no-capacity": noop("Full"),
    "additional-assessment-required": noop("Assesses people first"),
}

WAYS: Final[Mapping[str, str]] = {
    "phone": noop("By phone"),
    "visit": noop("On the spot"),
    "message": noop("By message or mail"),
    "letter": noop("Their paper or website"),
}

COSTS: Final[Mapping[str, str]] = {
    "": noop("Not known"),
    "free": noop("Free"),
    "cost": noop("Costs something"),
}

SAME: Final[Mapping[str, str]] = {
    "phone": noop("same phone"),
    "address": noop("same address"),
    "name": noop("names alike"),
}

_DAYS: Final = (
    noop("Mon"),
    noop("Tue"),
    noop("Wed"),
    noop("Thu"),
    noop("Fri"),
    noop("Sat"),
    noop("Sun"),
)


def one(listed: Mapping[str, str], code: str) -> str:
    """Return the word for a code; the code where there is none."""
    return _(listed[code]) if code in listed else code


def choices(listed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (code, words) of each, as a form wants them."""
    return [(code, _(words)) for code, words in listed.items()]


def days_of_week() -> list[str]:
    """Return the days from Monday."""
    return [_(day) for day in _DAYS]


def hours(spans: Sequence[Hours]) -> list[str]:
    """Return the week in few lines: "Mon-Fri 09:00-17:00"."""
    return [
        f"{_day_range(days)} {', '.join(_clock_span(*span) for span in held)}"
        for days, held in grouped(spans)
    ]


def _clock_span(opens: time, closes: time) -> str:
    if opens == closes:
        return _("all day")
    return f"{opens:%H:%M}-{closes:%H:%M}"


def _day_range(days: Sequence[int]) -> str:
    """Return "Mon-Fri", "Mon, Wed" or "Mon-Wed, Sat"."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = []
    for run in runs:
        first, last = _(_DAYS[run[0]]), _(_DAYS[run[-1]])
        parts.append(first if len(run) == 1 else f"{first}-{last}")
    return ", ".join(parts)


def now(opening: Opening) -> str:
    """Return what is known of this moment."""
    if opening.state is Open.UNKNOWN:
        return _("Hours not known")
    if opening.state is Open.YES and opening.until:
        return _("Open until %(at)s") % {"at": f"{opening.until:%H:%M}"}
    if opening.state is Open.HOLIDAY:
        return _("A holiday: call first")
    if opening.opens:
        return _("Closed now, opens %(at)s") % {"at": dates.moment(opening.opens)}
    return _("Closed now")


def room(known: Capacity) -> str:
    """Return what is known of a service's room, with its age."""
    if not known.status:
        return _("Nobody knows whether there is room.")
    words = one(ROOM, known.status)
    if known.source == "told":
        if known.on is None:
            return _("%(room)s, as its directory says, without a date.") % {"room": words}
        return _("%(room)s, told %(ago)s.") % {"room": words, "ago": dates.ago(known.on)}
    return _("%(room)s, it seems: the last answer to a referral was %(ago)s.") % {
        "room": words,
        "ago": dates.ago(known.on),
    }


def supposed(known: Capacity) -> str:
    """Return what the last answers say; empty: there were none."""
    held = known.supposed
    if held is None:
        return ""
    said = ngettext(
        "Took %(taken)s of the last %(num)s asked.",
        "Took %(taken)s of the last %(num)s asked.",
        held.answers,
    ) % {"taken": held.accepted, "num": held.answers}
    newest = _("The newest answer: %(room)s, %(ago)s.") % {
        "room": one(ROOM, held.status).lower(),
        "ago": dates.ago(held.on),
    }
    return f"{said} {newest}"


def standing(held: Standing) -> str:
    """Return who confirmed a fact and when, and whether to doubt it."""
    said = held.confirmed
    if said is None:
        return _("Not yet")
    parts = {"ago": dates.ago(said.on), "by": said.by_name or _("us"), "told": said.told_by}
    who = (
        _("Confirmed %(ago)s by %(by)s, told by %(told)s.")
        if said.told_by
        else _("Confirmed %(ago)s by %(by)s.")
    )
    words = who % parts
    if held.age == "changed":
        return f"{words} {_('It changed since then: ask again.')}"
    if held.age == "old":
        return f"{words} {_('That is long ago: ask again.')}"
    return words


def language_list(codes: Sequence[str]) -> str:
    """Return languages by name."""
    return ", ".join(languages.name(code) for code in codes)
