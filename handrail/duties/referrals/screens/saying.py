"""What was heard of a referral, from a form to the action that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.referrals.actions.answering import Answer, Report, answer, report, seen
from handrail.duties.referrals.actions.following import confirm_cancelled
from handrail.duties.referrals.screens import forms
from handrail.duties.referrals.screens.forms import MistypedError
from handrail.fhir.errors import HandrailError
from handrail.look.typed import whole

ANSWERS: Final[Mapping[str, str]] = {
    "accept": "accepted",
    "ask-more": "more-needed",
    "waitlist": "waitlisted",
    "decline": "declined",
}
REPORTS: Final[Mapping[str, str]] = {
    "schedule": "scheduled",
    "reschedule": "rescheduled",
    "no-show": "no-show",
    "visit-cancel": "visit-cancelled",
    "outcome": "outcome",
    "not-reached": "could-not-reach",
    "note": "note",
}
SEEN: Final = "see"
CANCELLED: Final = "confirm-cancel"
FIELDS: Final[Mapping[str, str]] = {"kind": "what", "earliest_on": "on", "at": "on"}
"""The field of the form for what an action calls otherwise."""


def heard(by: Principal, task: str, form: QueryDict) -> int:
    """Keep what a receiver said; return the transaction that takes it back (0: it was told before).

    Raises:
        MistypedError: a field cannot be understood.
        HandrailError: the action refuses it.
    """
    what, seen_version = form.get("what", ""), whole(form.get("if_match", "")) or 0
    if what == SEEN:
        return seen(by, task).transaction
    if what == CANCELLED:
        return confirm_cancelled(by, task).transaction
    if what in ANSWERS:
        return answer(by, task, _answer(what, form), seen_version).transaction
    if what in REPORTS:
        return report(by, task, _report(what, form), seen_version).transaction
    raise MistypedError("what", _("Choose what they say."))


def _answer(what: str, form: QueryDict) -> Answer:
    return Answer(
        kind=ANSWERS[what],
        reason=form.get("reason", "") if what == "decline" else "",
        note=forms.text(form, "note", forms.LONGEST),
        earliest_on=forms.day(form, "on"),
        name=forms.text(form, "name", forms.NAME),
    )


def _report(what: str, form: QueryDict) -> Report:
    return Report(
        kind=REPORTS[what],
        at=forms.moment(form, "on", "at"),
        note=forms.text(form, "note", forms.LONGEST),
        outcome=form.get("outcome", "") if what == "outcome" else "",
        name=forms.text(form, "name", forms.NAME),
    )


def faults_of(
    error: HandrailError, otherwise: str, fields: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return what is wrong, each with the name of its field on the page.

    Args:
        error: what the action or the form refused.
        otherwise: the field of what names none.
        fields: the field on the page for what the action calls otherwise.
    """
    if isinstance(error, MistypedError):
        return [(error.field, error.message)]
    found = [(fields.get(fault.path, fault.path), fault.text) for fault in error.faults]
    return found or [(otherwise, error.message)]
