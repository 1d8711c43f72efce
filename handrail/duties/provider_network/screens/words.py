"""What people were told, in words: when, by whom, what, and how far it is relied on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from handrail.fhir.directory.aging import Ages, Trust, day_of
from handrail.fhir.directory.telling import Answer, Told
from handrail.look.dates import day

_WEEK: Final = 7
_MONTH: Final = 30
_DAYS_SAID: Final = 2 * _WEEK
_WEEKS_SAID: Final = 2 * _MONTH
_MONTHS_SAID: Final = 24 * _MONTH

ANSWERS: Final[Mapping[Answer, str]] = {
    Answer.YES: noop("Yes"),
    Answer.NO: noop("No"),
    Answer.ONLY_EXISTING: noop("Only existing"),
    Answer.UNSURE: noop("Not sure"),
}
"""What is pressed when an office has answered."""

SAID: Final[Mapping[Answer, str]] = {
    Answer.YES: noop("takes %(plan)s"),
    Answer.NO: noop("does not take %(plan)s"),
    Answer.ONLY_EXISTING: noop("takes %(plan)s only for people who are patients there already"),
    Answer.UNSURE: noop("not sure about %(plan)s"),
}

TRUSTED: Final[Mapping[Trust, str]] = {
    Trust.NOBODY_ASKED: noop("Nobody asked yet"),
    Trust.UNSURE: noop("They were not sure"),
    Trust.OLD: noop("Old: ask again before you rely on it"),
    Trust.CONTRADICTED: noop("Answers contradict: ask again"),
    Trust.TOLD: noop("Asked not long ago"),
    Trust.AGREED: noop("Asked more than once, same answer"),
}

NEW: Final[Mapping[str, str]] = {
    "newpt": noop("Takes new patients"),
    "nopt": noop("Takes no new patients"),
    "existptonly": noop("Only people who are patients there already"),
    "existptfam": noop("Only patients and their families"),
}

WAYS: Final[Mapping[str, str]] = {
    "phone": noop("By phone"),
    "in-person": noop("In person"),
    "message": noop("By message"),
    "portal": noop("In the plan's portal"),
    "patient": noop("A patient told us"),
}

LANGUAGES: Final[Mapping[str, str]] = {
    "en": noop("English"),
    "es": noop("Spanish"),
    "zh": noop("Chinese"),
    "vi": noop("Vietnamese"),
    "ar": noop("Arabic"),
    "fr": noop("French"),
    "ht": noop("Haitian Creole"),
    "ko": noop("Korean"),
    "pt": noop("Portuguese"),
    "ru": noop("Russian"),
    "so": noop("Somali"),
    "tl": noop("Tagalog"),
    "uk": noop("Ukrainian"),
}


def language(code: str) -> str:
    """Return the name of a language; its code if it is not in our list."""
    return _(LANGUAGES[code]) if code in LANGUAGES else code


def trust(code: Trust) -> str:
    """Return how far an answer is relied on."""
    return _(TRUSTED[code])


def new_patients(code: str) -> str:
    """Return what was said about new patients; empty for nothing."""
    return _(NEW[code]) if code in NEW else ""


def ago(then: date | None, today: date) -> str:
    """Return "today", "yesterday", "3 days ago", "6 weeks ago", "5 months ago"."""
    if then is None:
        return _("at some time")
    days = max((today - then).days, 0)
    if days <= 1:
        return _("yesterday") if days else _("today")
    if days < _DAYS_SAID:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    return _long_ago(days)


def _long_ago(days: int) -> str:
    if days < _WEEKS_SAID:
        weeks = days // _WEEK
        return ngettext("%(n)s week ago", "%(n)s weeks ago", weeks) % {"n": weeks}
    if days < _MONTHS_SAID:
        months = days // _MONTH
        return ngettext("%(n)s month ago", "%(n)s months ago", months) % {"n": months}
    years = days // 365
    return ngettext("%(n)s year ago", "%(n)s years ago", years) % {"n": years}


def told(answer: Told, today: date) -> str:
    """Return when it was told, by whom and what: "Told yesterday by Kim: takes Blue Harbor"."""
    when = ago(day_of(answer), today)
    what = _(SAID[answer.answer]) % {"plan": answer.plan_name}
    if answer.told_by:
        return _("Told %(when)s by %(who)s: %(what)s.") % {
            "when": when,
            "who": answer.told_by,
            "what": what,
        }
    return _("Told %(when)s, nobody noted by whom: %(what)s.") % {"when": when, "what": what}


def more(answer: Told, ages: Ages, today: date) -> list[str]:
    """Return what else was said: wait, new patients, languages, reference number, by whom here."""
    said = [_wait(answer, ages, today), _list(answer, ages, today)]
    if answer.languages:
        names = ", ".join(language(code) for code in answer.languages)
        said.append(_("Speaks %(names)s.") % {"names": names})
    if answer.reference_number:
        said.append(_("Reference %(number)s.") % {"number": answer.reference_number})
    if answer.via != "phone" and answer.via in WAYS:
        said.append(_(WAYS[answer.via]) + ".")
    if answer.recorder_name:
        said.append(_("Written down by %(name)s.") % {"name": answer.recorder_name})
    if not answer.stands:
        said.append(_("Taken back: written down by mistake."))
    return [one for one in said if one]


def _wait(answer: Told, ages: Ages, today: date) -> str:
    if answer.wait_days is None:
        return ""
    if answer.earliest_on:
        text = _("Earliest visit %(day)s.") % {"day": day(answer.earliest_on)}
    else:
        text = _("Wait %(span)s.") % {"span": span(answer.wait_days)}
    old = ages.is_wait_old(answer, today)
    return text + " " + _("That may have changed.") if old else text


def _list(answer: Told, ages: Ages, today: date) -> str:
    words = new_patients(answer.new_patients)
    if not words:
        return ""
    old = ages.is_list_old(answer, today)
    return f"{words}. " + _("That may have changed.") if old else f"{words}."


def span(days: int) -> str:
    """Return "3 days" or "6 weeks"."""
    if days < _DAYS_SAID or days % _WEEK:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    weeks = days // _WEEK
    return ngettext("%(n)s week", "%(n)s weeks", weeks) % {"n": weeks}


def first_visit(answer: Told) -> date | None:
    """Return about when the first visit is, counted from the day it was told; None: not said."""
    said = day_of(answer)
    return said + timedelta(days=answer.wait_days) if said and answer.wait_days else None
