"""The words of this room, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from handrail.fhir.disclosing.kinds import UNREAD

STAGES: Final[Mapping[str, str]] = {
    "draft": noop("Draft"),
    "sent": noop("Sent"),
    "seen": noop("Seen"),
    "more-needed": noop("More is needed"),
    "waitlisted": noop("On a waiting list"),
    "accepted": noop("Accepted"),
    "scheduled": noop("Visit is set"),
    "no-show": noop("Person did not come"),
    "visit-cancelled": noop("Visit was cancelled"),
    "service-given": noop("Service given"),
    "cancel-asked": noop("Asked to cancel"),
    "closed": noop("Done, says the receiver"),
    "declined": noop("Declined"),
    "cancelled": noop("Cancelled"),
    "failed": noop("Given up"),
}
WAITS: Final[Mapping[str, str]] = {
    "draft": noop("us: it is not sent yet"),
    "sent": noop("their answer"),
    "seen": noop("their answer; they have opened it"),
    "more-needed": noop("us: they need something first"),
    "waitlisted": noop("a free place"),
    "accepted": noop("a day, or that they say what was done"),
    "scheduled": noop("the visit"),
    "no-show": noop("a new day"),
    "visit-cancelled": noop("a new day"),
    "service-given": noop("what came of it"),
    "cancel-asked": noop("that they confirm it"),
    "closed": noop("our review"),
    "declined": noop("us: decide the next step"),
    "failed": noop("us: decide the next step"),
}
"""What a referral waits for, by its stage."""

SAID: Final[Mapping[str, str]] = {
    "accept": noop("They take it"),
    "ask-more": noop("They need something first"),
    "waitlist": noop("Waiting list"),
    "decline": noop("They say no"),
    "schedule": noop("A visit is set"),
    "reschedule": noop("The visit is moved"),
    "no-show": noop("The person did not come"),
    "visit-cancel": noop("The visit is cancelled"),
    "outcome": noop("It is done"),
    "not-reached": noop("They do not reach the person"),
    "note": noop("Something was done, more follows"),
    "see": noop("They have seen it, no answer yet"),
    "confirm-cancel": noop("They confirm it is cancelled"),
}
"""What a receiver can say, by the event of the move; in the order of the digit keys."""

CHANNELS: Final[Mapping[str, str]] = {
    "fhir": noop("by their system"),
    "mail": noop("by e-mail"),
    "fax": noop("by fax"),
    "sms": noop("by text message"),
    "phone": noop("by phone"),
    "post": noop("by letter"),
    "in-person": noop("in person"),
    "link": noop("by their link"),
}
REMINDERS: Final[Mapping[str, str]] = {
    "fhir": noop("Send a reminder to their system"),
    "mail": noop("Send a reminder by e-mail"),
    "fax": noop("Send a reminder by fax"),
    "sms": noop("Send a reminder by text message"),
}
BASES: Final[Mapping[str, str]] = {
    "treatment": noop("It is for their treatment"),
    "consent": noop("The person agreed"),
    "none": noop("It names nobody"),
}
DISPATCHES: Final[Mapping[str, str]] = {
    "ask": noop("The request went out"),
    "packet": noop("The packet went out"),
    "code": noop("A code went out"),
    "reminder": noop("Asked again"),
    "cancel": noop("Asked to cancel"),
    "fhir": noop("Told their system"),
    "answer": noop("They told us"),
    "late-answer": noop("They answered when it had ended"),
}
DELIVERY: Final[Mapping[str, str]] = {
    "preparation": noop("waits to go out"),
    "in-progress": noop("on its way"),
    "completed": noop("arrived, as far as we know"),
    "not-done": noop("did not arrive"),
}
WORK: Final[Mapping[str, str]] = {
    "referral-next-step": noop("Decide the next step"),
    "referral-review": noop("Read what came of it, and close"),
    "referral-need-check": noop("Ask whether the need is met"),
}
"""Open work about referrals, by kind."""

COUNTED: Final[Mapping[str, str]] = {
    "asked": noop("All that were asked for in a year"),
    "unanswered": noop("Not answered"),
    "answered": noop("Answered"),
    "open": noop("Not closed"),
    "closed": noop("Closed with a reason"),
    "met": noop("Need met"),
    "not-met": noop("Need not met, met in part, or not known"),
    "not-asked": noop("The person was not asked yet"),
}
MET_SHORT: Final[Mapping[str, str]] = {
    "yes": noop("The need is met"),
    "partly": noop("The need is met in part"),
    "no": noop("The need is not met"),
    "not-known": noop("Not known whether the need is met"),
}
TOLD_HOW: Final[Mapping[str, str]] = {
    "phone": noop("by phone"),
    "in-person": noop("in person"),
    "message": noop("by message"),
    "video": noop("by video"),
    "letter": noop("by letter"),
}
PRIORITIES: Final[Mapping[str, str]] = {
    "routine": noop("In the usual time"),
    "urgent": noop("Urgent"),
    "asap": noop("As soon as possible"),
    "stat": noop("At once"),
}
MET: Final[Mapping[str, str]] = {
    "yes": noop("Yes, it is met"),
    "partly": noop("In part"),
    "no": noop("No"),
    "not-known": noop("Not known"),
}


def one(words: Mapping[str, str], code: str) -> str:
    """Return the words of a code; a code we do not know is shown as it is."""
    return _(words[code]) if code in words else code


def several(words: Mapping[str, str], codes: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return (code, words) of some codes, or of all of them, for a form."""
    wanted = list(codes) or list(words)
    return [(code, one(words, code)) for code in wanted]


def reminder(channel: str) -> str:
    """Return how a reminder goes out by a channel."""
    return one(REMINDERS, channel)


def kept(category: str) -> str:
    """Return what was left out: a kind of sensitive facts, or words that nobody read."""
    return _("Free words") if category == UNREAD else category.replace("-", " ").capitalize()
