"""What one place costs in each respect, in minutes of driving, and the reason in plain words.

Each function takes the facts, the scale, the day and the reader's language. A better fact never
costs more (``tests/test_ranking.py`` holds every one to it).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from handrail.fhir.directory.candidates import Reason, Track
from handrail.fhir.directory.places import miles
from handrail.fhir.directory.weighing import Facts, Part, Said, Scale, Speech, Takes

Respect = Callable[[Facts, Scale, date, Speech], Part]

_FOR: Final = 1
_AGAINST: Final = -1


def plan(facts: Facts, scale: Scale, on: date, speech: Speech) -> Part:
    """Does it take the plan: as somebody was told, as the directory says, or nobody knows."""
    if not facts.plan:
        return Part(0)
    base = _listed_cost(facts, scale, on)
    told = facts.told
    if told.answer is Takes.UNKNOWN:
        return Part(base, _listed_reason(facts, speech))
    faded = _faded(told.on, scale, on)
    cost = _told_cost(told.answer, scale) * (1 - faded) + base * faded
    return Part(cost, _told_reason(facts, faded, speech))


def _listed_cost(facts: Facts, scale: Scale, on: date) -> float:
    if facts.listed is Takes.YES:
        faded = _faded(facts.listed_on, scale, on) if facts.listed_on else scale.undated_fades
        return scale.directory_yes * (1 - faded) + scale.unknown_plan * faded
    return scale.directory_no if facts.listed is Takes.NO else scale.unknown_plan


def _told_cost(answer: Takes, scale: Scale) -> float:
    return {
        Takes.YES: scale.told_yes,
        Takes.ONLY_EXISTING: scale.told_only_existing,
        Takes.NO: scale.told_no,
    }.get(answer, scale.unknown_plan)


def _faded(said_on: date | None, scale: Scale, on: date) -> float:
    """Return how much of what was said on a day is worn away: 0 fresh, 1 stale or undated."""
    if said_on is None:
        return 1.0
    age = (on - said_on).days - scale.fresh_days
    return min(1.0, max(0.0, age / max(1, scale.stale_days - scale.fresh_days)))


def _told_reason(facts: Facts, faded: float, speech: Speech) -> Reason:
    _ = speech.say
    told = facts.told
    words = {
        Takes.YES: _("Takes {plan}"),
        Takes.ONLY_EXISTING: _("Takes {plan} for people who are patients there already"),
        Takes.NO: _("Does not take {plan}"),
    }.get(told.answer, _("Not sure whether they take {plan}"))
    said = [words.format(plan=facts.plan) + _told_when(told, speech)]
    if faded >= 1:
        said.append(_("That is long ago: ask again."))
    contrary = {Takes.YES: Takes.NO, Takes.NO: Takes.YES}.get(told.answer)
    if contrary is not None and facts.listed is contrary:
        said.append(_("The directory says otherwise."))
    return Reason(code="plan-told", words=" ".join(said), speaks=_told_speaks(told, faded))


def _told_speaks(told: Said, faded: float) -> int:
    if faded >= 1 or told.answer in {Takes.UNSURE, Takes.UNKNOWN}:
        return 0
    return _FOR if told.answer is Takes.YES else _AGAINST


def _told_when(told: Said, speech: Speech) -> str:
    _ = speech.say
    if told.on and told.by:
        return _(": told on {day} by {by}.").format(day=speech.day(told.on), by=told.by)
    if told.on:
        return _(": told on {day}.").format(day=speech.day(told.on))
    return _(": told by {by}, no date.").format(by=told.by) if told.by else _(": told, no date.")


def _listed_reason(facts: Facts, speech: Speech) -> Reason:
    _ = speech.say
    if facts.listed is Takes.UNKNOWN:
        words = _("Nobody knows yet whether they take {plan}: ask.").format(plan=facts.plan)
        return Reason(code="plan-unknown", words=words)
    takes = facts.listed is Takes.YES
    words = (
        _("The directory lists {plan}")
        if takes
        else _("The directory lists other plans, not {plan}")
    ).format(plan=facts.plan)
    if facts.listed_on:
        words += _(", as of {day}. Nobody was asked yet.").format(day=speech.day(facts.listed_on))
    else:
        words += _(", without a date. Nobody was asked yet.")
    return Reason(code="plan-listed", words=words, speaks=_FOR if takes else _AGAINST)


def distance(facts: Facts, scale: Scale, on: date, speech: Speech) -> Part:  # noqa: ARG001 - one shape for every respect
    """How long is the way there."""
    _ = speech.say
    if not facts.near:
        return Part(0)
    if facts.minutes is None:
        return Part(
            scale.unknown_minutes, Reason(code="distance", words=_("The distance is not known."))
        )
    words = _("About {minutes} minutes by road").format(minutes=facts.minutes)
    if facts.kilometres is not None:
        far = f"{miles(facts.kilometres):.1f}"
        words += _(" ({miles} miles as the crow flies)").format(miles=far)
    return Part(facts.minutes, Reason(code="distance", words=words + "."))


def wait(facts: Facts, scale: Scale, on: date, speech: Speech) -> Part:  # noqa: ARG001 - one shape for every respect
    """How long is the wait for a first appointment."""
    _ = speech.say
    if facts.wait_days is None:
        return Part(scale.unknown_wait_days * scale.wait_day)
    days = min(max(0, facts.wait_days), scale.most_wait_days)
    words = _("Wait for a first visit: {days} days").format(days=facts.wait_days)
    if facts.wait_on:
        words += _(", as told on {day}").format(day=speech.day(facts.wait_on))
    speaks = _FOR if days <= scale.unknown_wait_days else _AGAINST
    return Part(days * scale.wait_day, Reason(code="wait", words=words + ".", speaks=speaks))


def language(facts: Facts, scale: Scale, on: date, speech: Speech) -> Part:  # noqa: ARG001 - one shape for every respect
    """Is the person's language spoken there."""
    _ = speech.say
    if not facts.language:
        return Part(0)
    if facts.speaks is None:
        words = _("Nobody knows whether {language} is spoken there.")
        cost, speaks = scale.language_unknown, 0
    elif facts.speaks:
        words, cost, speaks = _("{language} is spoken there."), 0.0, _FOR
    else:
        words, cost, speaks = _("{language} is not among the languages there."), 0.0, _AGAINST
        cost = scale.language_no
    said = words.format(language=facts.language)
    return Part(cost, Reason(code="language", words=said, speaks=speaks))


def new_patients(facts: Facts, scale: Scale, on: date, speech: Speech) -> Part:  # noqa: ARG001 - one shape for every respect
    """Are new patients taken."""
    _ = speech.say
    if facts.accepting is None:
        return Part(scale.accepting_unknown)
    if facts.accepting:
        return Part(0, Reason(code="new-patients", words=_("Takes new patients."), speaks=_FOR))
    words = _("Takes no new patients, the directory says.")
    return Part(scale.accepting_no, Reason(code="new-patients", words=words, speaks=_AGAINST))


def track(facts: Facts, scale: Scale, on: date, speech: Speech) -> Part:  # noqa: ARG001 - one shape for every respect
    """How did they deal with what we sent: answers, their speed, acceptance, no-shows.

    Rates are those of a Beta distribution whose prior is ``prior_sent`` average referrals, so that
    one or two referrals move a place little.
    """
    cost = _track_cost(facts.track, scale)
    if not facts.track.sent:
        return Part(cost)
    few = facts.track.sent < scale.proves
    average = _track_cost(Track(), scale)
    speaks = 0 if few or cost == average else _FOR if cost < average else _AGAINST
    return Part(
        cost, Reason(code="track", words=_track_words(facts.track, few, speech), speaks=speaks)
    )


def _track_cost(found: Track, scale: Scale) -> float:
    prior = scale.prior_sent
    answered = _shrunk(found.answered, found.sent, scale.prior_answered_rate, prior)
    decided = found.accepted + found.declined
    accepted = _shrunk(found.accepted, decided, scale.prior_accepted_rate, prior)
    came = _shrunk(found.visits, found.visits + found.no_shows, scale.prior_show_rate, prior)
    days = scale.prior_days
    if found.median_days is not None:
        measured = min(max(0.0, float(found.median_days)), float(scale.most_answer_days))
        days = (measured * found.sent + days * prior) / (found.sent + prior)
    return (
        (1 - answered) * scale.unanswered
        + (1 - accepted) * scale.declined
        + (1 - came) * scale.no_show
        + days * scale.answer_day
    )


def _shrunk(good: int, every: int, rate: float, prior: float) -> float:
    """Return the mean of the Beta distribution after ``good`` of ``every``."""
    every = max(every, good, 0)
    return (max(0, good) + rate * prior) / (every + prior)


def _track_words(found: Track, few: bool, speech: Speech) -> str:  # noqa: FBT001 - told by its only caller
    _ = speech.say
    said = [_answered(found, speech)]
    if found.accepted + found.declined:
        decided = found.accepted + found.declined
        said.append(_("Accepted {part} of {all}.").format(part=found.accepted, all=decided))
    if found.no_shows:
        said.append(_("No-shows: {count}.").format(count=found.no_shows))
    if few:
        said.append(_("So few prove little."))
    return " ".join(said)


def _answered(found: Track, speech: Speech) -> str:
    _ = speech.say
    days = None if found.median_days is None else round(found.median_days)
    if days is None:
        words = _("Answered {part} of {all} of our referrals.")
    elif days > 1:
        words = _("Answered {part} of {all} of our referrals, usually within {days} days.")
    elif days:
        words = _("Answered {part} of {all} of our referrals, usually within a day.")
    else:
        words = _("Answered {part} of {all} of our referrals, usually the same day.")
    return words.format(part=found.answered, all=found.sent, days=days)


RESPECTS: Final[tuple[Respect, ...]] = (
    plan,
    distance,
    wait,
    language,
    new_patients,
    track,
)
"""Every respect that counts, in the order in which reasons are read."""
