"""What the forms about one referral show: what can be said now, and what was typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.duties.referrals.actions.beside import Beside
from handrail.duties.referrals.actions.seeing import ReferralView
from handrail.duties.referrals.screens import words
from handrail.duties.referrals.screens.saying import SEEN
from handrail.fhir.referring import names
from handrail.fhir.referring.stages import OPEN, WAITING, Stage
from handrail.look.typed import next_of
from handrail.record.known import organization_facts

Choices = Sequence[tuple[str, str]]
_UNDERSTOOD = ("schedule", "outcome")
"""What a receiver may tell without having said yes; the yes is understood."""
_ASKED_AGAIN = 3
"""Business days that are proposed until one looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The forms of one referral. ``panel`` is the work they are shown for; empty: the page."""

    task: str
    version: int
    next: str
    live: bool
    panel: str
    options: Choices
    reasons: Choices
    outcomes: Choices
    legend: str
    hows: Choices
    look_by: str
    may_chase: bool
    may_cancel: bool
    may_add: bool
    is_draft: bool
    typed: defaultdict[str, str] = field(default_factory=lambda: defaultdict(str))
    wrong: defaultdict[str, str] = field(default_factory=lambda: defaultdict(str))


def form_of(
    request: HttpRequest, view: ReferralView, beside: Beside, panel: str = "", version: int = 0
) -> Form:
    """Return what the forms show.

    Args:
        request: what was typed, what was wrong with it, and where it goes afterwards.
        view: the referral.
        beside: what stands beside it.
        panel: the Task whose panel this is; empty: a page of its own.
        version: the version that the forms carry; the referral's own if 0.
    """
    stage, errors = view.stage, request.META.get("handrail.errors", ())
    options = said_now(view)
    codes = {code for code, _label in options}
    return Form(
        task=view.task.id,
        version=version or view.task.version,
        next=str(request.META.get("handrail.next", "")) or next_of(request, ""),
        live=bool(panel),
        panel=panel,
        options=options,
        reasons=[(one.code, _(one.words)) for one in beside.declines.values()]
        if "decline" in codes
        else (),
        outcomes=[(one.code, _(one.words)) for one in beside.outcomes.values()]
        if "outcome" in codes
        else (),
        legend=_("What do they say?") if stage in WAITING else _("What happened?"),
        hows=_hows(view),
        look_by=_in_business_days(request, _ASKED_AGAIN),
        may_chase=stage in OPEN and stage is not Stage.DRAFT,
        may_cancel=bool(
            {"withdraw", "ask-cancel", "give-up"} & set(view.possible[names.INITIATOR])
        ),
        may_add=view.request.is_open,
        is_draft=stage is Stage.DRAFT,
        typed=defaultdict(str, {name: request.POST.get(name, "") for name in request.POST}),
        wrong=defaultdict(str, dict(errors)),
    )


def said_now(view: ReferralView) -> list[tuple[str, str]]:
    """Return what a receiver can say of the referral as it stands: (event, words)."""
    able = set(view.possible[names.RECIPIENT])
    if view.stage in WAITING:
        able |= set(_UNDERSTOOD)
    if view.stage is not Stage.SENT:
        able.discard(SEEN)
    if "schedule" in able:
        able.discard("reschedule")
    return [(code, label) for code, label in words.several(words.SAID) if code in able]


def _hows(view: ReferralView) -> list[tuple[str, str]]:
    """Return the ways to ask again: by phone, in person, or by sending a reminder."""
    way = view.task.state.channel
    sent = [(way, words.reminder(way))] if way in words.REMINDERS else []
    return [("phone", _("Called them, no answer yet")), *sent, ("in-person", _("Asked in person"))]


def _in_business_days(request: HttpRequest, days: int) -> str:
    principal = getattr(request, "principal", None)
    if principal is None:
        return ""
    calendar, _pool = organization_facts(principal.org)
    return calendar.after(timezone.localdate(), days).isoformat()
