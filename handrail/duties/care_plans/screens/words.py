"""The words of these pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.duties.care_plans.rules.building import PRIORITY
from handrail.duties.care_plans.rules.gaps import Gap
from handrail.look import dates

STATUS: Final[Mapping[str, str]] = {
    "draft": later("Draft"),
    "on-hold": later("Draft, put aside"),
    "active": later("Agreed"),
    "completed": later("Replaced or completed"),
    "revoked": later("Ended"),
    "entered-in-error": later("Entered by mistake"),
}
STEP_STATUS: Final[Mapping[str, str]] = {
    "draft": later("planned"),
    "requested": later("to do"),
    "received": later("to do"),
    "accepted": later("accepted"),
    "in-progress": later("in progress"),
    "active": later("ordered"),
    "proposed": later("proposed"),
    "pending": later("asked for"),
    "booked": later("booked"),
    "on-hold": later("waiting"),
    "completed": later("done"),
    "fulfilled": later("done"),
    "cancelled": later("ended"),
    "rejected": later("declined"),
    "failed": later("not possible"),
    "stopped": later("stopped"),
}
ACHIEVED: Final[Mapping[str, str]] = {
    "in-progress": later("In progress"),
    "improving": later("Improving"),
    "worsening": later("Getting worse"),
    "no-change": later("No change"),
    "achieved": later("Reached"),
    "sustaining": later("Reached and kept"),
    "not-achieved": later("Not reached"),
    "no-progress": later("No progress"),
    "not-attainable": later("Cannot be reached"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "done": later("It was done"),
    "not-needed": later("Not needed any more"),
    "declined": later("The person declined"),
}
_GAPS: Final[Mapping[str, str]] = {
    "sent-back": later("The plan was sent back: %(words)s"),
    "goals-contradict": later(
        "“%(words)s” and “%(other)s” may contradict (%(about)s). Ask the person which holds."
    ),
    "goals-twice": later("“%(words)s” is there twice. Give one of them up."),
    "need-without-goal": later("“%(words)s” has no goal yet."),
    "goal-of-ended-need": later("“%(words)s” was for “%(other)s”, which has ended. Is it needed?"),
    "goal-without-step": later("“%(words)s” has no step yet."),
    "goal-all-done": later("All steps of “%(words)s” are done. Ask whether it is reached."),
    "step-stopped": later("“%(words)s” was stopped. Is something needed instead?"),
    "step-without-owner": later("Nobody owns “%(words)s”."),
    "owner-left": later("%(other)s no longer works here and owns “%(words)s”. Give it to another."),
    "step-without-date": later("“%(words)s” has no date."),
    "step-late": later("“%(words)s” was due %(due)s."),
    "not-agreed": later("Nobody has agreed on a plan yet. Ask for the signatures."),
    "no-review-date": later("No review date is set."),
}


def gap(found: Gap) -> str:
    """Return what a plan lacks, in a sentence."""
    facts = {"words": found.words, "other": found.other, **found.facts}
    if "due" in facts:
        facts["due"] = dates.day(str(facts["due"]))
    return _(_GAPS[found.code]) % facts


def in_words(words: Mapping[str, str], code: str) -> str:
    """Return the words for a code; the code itself if it has none."""
    return _(words[code]) if code in words else code


def choices(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (code, label) in the reader's language."""
    return [(code, _(label)) for code, label in words.items()]


def priorities() -> list[tuple[str, str]]:
    """Return how important a goal can be."""
    return choices(PRIORITY)
