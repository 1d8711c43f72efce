"""What a receiver may say, what is wrong with it, and it in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final, Protocol, Self

from handrail.duties.referrals.resources import ReferralTask
from handrail.duties.referrals.rules.reasons import Outcome, declines, outcomes
from handrail.fhir.change import Known
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.moments import day_of, instant_of
from handrail.fhir.referring import names
from handrail.fhir.referring.stages import Stage
from handrail.fhir.resource import Resource, concept
from handrail.fhir.wording import noop as _

ANSWERS: Final = ("accepted", "more-needed", "waitlisted", "declined")
REPORTS: Final = (
    "scheduled",
    "rescheduled",
    "no-show",
    "visit-cancelled",
    "note",
    "could-not-reach",
    "outcome",
)
VIAS: Final = ("phone", "link", "fax", "mail", "fhir", "in-person")
LONGEST: Final = 2000
LONGEST_NAME: Final = 120
WORDS: Final = {
    "accepted": "Yes, we can.",
    "more-needed": "Maybe; something is missing.",
    "waitlisted": "On the waiting list.",
    "declined": "No.",
    "scheduled": "A visit is set.",
    "rescheduled": "The visit was moved.",
    "no-show": "The person did not come.",
    "visit-cancelled": "The visit was cancelled.",
    "note": "A note.",
    "could-not-reach": "The person could not be reached.",
    "outcome": "What came of it:",
}
ANOTHER_FIRST: Final = _(
    "Thank you. Somebody else said yes before you, so nothing has to be done. What you wrote is"
    " kept, and the coordinator will read it."
)


class AnswerError(BusinessRuleError):
    """The answer says too little; ``faults`` name the fields."""

    @classmethod
    def at(cls, field: str, words: str) -> Self:
        """Return the error of one field."""
        return cls(words, [Fault(field, words)])


class Says(Protocol):
    """What an answer and a report have in common."""

    @property
    def kind(self) -> str:
        """Return what was said."""

    @property
    def note(self) -> str:
        """Return it in words."""

    @property
    def name(self) -> str:
        """Return who said so."""

    @property
    def phone(self) -> str:
        """Return their number."""

    @property
    def via(self) -> str:
        """Return how it came."""


class Answers(Says, Protocol):
    """An answer; see :class:`handrail.duties.referrals.actions.answering.Answer`."""

    @property
    def reason(self) -> str:
        """Return the code of a no."""

    @property
    def earliest_on(self) -> str:
        """Return the first day they could."""


class Reports(Says, Protocol):
    """A report; see :class:`handrail.duties.referrals.actions.answering.Report`."""

    @property
    def at(self) -> str:
        """Return when."""

    @property
    def outcome(self) -> str:
        """Return what came of it."""


def check_answer(given: Answers, known: Known) -> None:
    """Refuse an answer that says too little.

    Raises:
        AnswerError: with the field.
    """
    _require(given, ANSWERS)
    if given.kind == "declined":
        reasons = declines(known.rules, known.as_of.date())
        if given.reason not in reasons:
            raise AnswerError.at("reason", _("Say why not."))
    if given.kind == "more-needed" and not given.note.strip():
        raise AnswerError.at("note", _("Say what is missing."))
    _require_day(given.earliest_on, known)


def check_report(given: Reports, known: Known) -> None:
    """Refuse a report that says too little.

    Raises:
        AnswerError: with the field.
    """
    _require(given, REPORTS)
    zone = known.calendar.zone
    if given.at and instant_of(given.at, zone) is None:
        raise AnswerError.at("at", _("Write the day as 2026-12-01, with the time if you know it."))
    if given.kind in {"scheduled", "rescheduled"} and not given.at:
        raise AnswerError.at("at", _("Say when the visit is."))
    if given.kind == "outcome":
        if given.outcome not in outcomes(known.rules, known.as_of.date()):
            raise AnswerError.at("outcome", _("Say what came of it."))
        day = day_of(given.at, zone)
        if day and day > known.as_of.date():
            raise AnswerError.at("at", _("This day is still to come."))
    if given.kind == "note" and not given.note.strip():
        raise AnswerError.at("note", _("Write the note first."))


def _require(given: Says, kinds: tuple[str, ...]) -> None:
    if given.kind not in kinds:
        raise AnswerError.at("kind", _("Choose an answer."))
    if given.via not in VIAS:
        raise AnswerError.at("via", _("Say how it came."))
    if len(given.note) > LONGEST:
        raise AnswerError.at("note", f"At most {LONGEST} characters.")
    if max(len(given.name), len(given.phone)) > LONGEST_NAME:
        raise AnswerError.at("name", f"At most {LONGEST_NAME} characters.")


def _require_day(text: str, known: Known) -> None:
    if not text:
        return
    day = day_of(text, known.calendar.zone) if len(text) == len("2026-12-01") else None
    if day is None or day < known.as_of.date():
        raise AnswerError.at("earliest_on", _("Name a day from today on, as 2026-12-01."))


def outcome_of(given: Reports, known: Known) -> Outcome:
    """Return what came of it."""
    return outcomes(known.rules, known.as_of.date())[given.outcome]


def decline_reason(given: Answers, known: Known) -> Resource:
    """Return why they said no, for Task.statusReason: the code, and their words if any."""
    words = declines(known.rules, known.as_of.date())[given.reason].words
    note = " ".join(given.note.split())
    return concept(names.DECLINED, given.reason, text=f"{words}: {note}" if note else words)


def who_said(name: str, phone: str) -> str:
    """Return who said it, with the number."""
    return ", ".join(part for part in (name.strip(), phone.strip()) if part)


def in_words(given: Says, known: Known) -> str:
    """Return all of what was said, for the record."""
    return "\n".join(_lines(given, known))


def _lines(given: Says, known: Known) -> Iterator[str]:
    yield WORDS[given.kind]
    reason = str(getattr(given, "reason", ""))
    if reason:
        yield declines(known.rules, known.as_of.date())[reason].words
    outcome = str(getattr(given, "outcome", ""))
    if outcome:
        yield outcomes(known.rules, known.as_of.date())[outcome].words
    for label, name in (("When", "at"), ("From", "earliest_on")):
        if value := str(getattr(given, name, "")):
            yield f"{label}: {value}"
    if given.note.strip():
        yield given.note.strip()
    if who := who_said(given.name, given.phone):
        yield f"({who})"


NOT_FROM_HERE: Final = _(
    "This cannot be said as things stand now. What you wrote is kept, and the coordinator will"
    " read it."
)
_LATE: Final = {
    Stage.DRAFT: _(
        "This was not sent yet. What you wrote is kept, and the coordinator will read it."
    ),
    Stage.CANCEL_ASKED: _(
        "The coordinator has asked to cancel this. Nothing has to be done. What you wrote is kept,"
        " and the coordinator will read it."
    ),
    Stage.DECLINED: _(
        "You said no before. If that has changed, the coordinator will call you. What you wrote is"
        " kept, and the coordinator will read it."
    ),
    Stage.CLOSED: _(
        "You told us before that this is done. What you wrote is kept, and the coordinator will"
        " read it."
    ),
}
_TAKEN_BACK: Final = _(
    "This was cancelled meanwhile. Nothing has to be done. What you wrote is kept, and the"
    " coordinator will read it."
)


def too_late(view: ReferralTask) -> str:
    """Return why an answer comes too late, in words for the receiver that name nobody."""
    if view.reason_code == "another-accepted":
        return ANOTHER_FIRST
    return _LATE.get(view.stage, _TAKEN_BACK)


def moment(text: str, zone: tzinfo) -> str:
    """Return a moment as FHIR writes it, in ``zone`` if it names none; a day stays a day."""
    found = instant_of(text, zone)
    if found is None or len(text) <= len("2026-12-01"):
        return text if found else ""
    return found.isoformat()
