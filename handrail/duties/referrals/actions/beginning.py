"""Beginning several referrals at once: drafts first, then sent on the basis that was named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.asking import Ask, Drafted, draft_referral
from handrail.duties.referrals.actions.sending import Sending, Sent, send_referrals
from handrail.duties.referrals.rules.wanting import SPECIALIST
from handrail.fhir.disclosing import Agreement
from handrail.room import house

NOW: Final = "now"
"""The person agrees at this moment, by word of mouth."""
WITHOUT: Final = ""
"""No consent is named: treatment where it is health care, a request without name elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How several referrals begin.

    ``send``: they leave at once; else they are kept as drafts. ``consent`` is :data:`NOW`, the id
    of a Consent, or :data:`WITHOUT`. ``parts`` are the parts of the record that go along once they
    say yes, ``include`` the resources that are in them, by the place of the ask.
    """

    send: bool
    consent: str = WITHOUT
    parts: tuple[str, ...] = ()
    include: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """What began. ``transaction`` takes a single draft back; 0: there is nothing to take back."""

    tasks: tuple[str, ...]
    sent: tuple[Sent, ...] = ()
    transaction: int = 0

    @property
    def refused(self) -> tuple[Sent, ...]:
        """Return those that did not go; they are drafts now."""
        return tuple(one for one in self.sent if one.refused)


def begin(by: Principal, asks: Sequence[Ask], how: Beginning) -> Began:
    """Write the referrals down, and send them if that is wanted.

    Raises:
        AskError: something on the form is wrong; nothing was written.
        BusinessRuleError: the person may not agree like this; nothing was written.
    """
    with acting(by, durable=True):  # what is refused leaves nothing of the form behind
        drafted = [draft_referral(by, ask) for ask in asks]
        consents = [_consent(by, *pair, how) for pair in zip(asks, drafted, strict=True)]
    tasks = tuple(task for one in drafted for task in one.task_ids)
    if not how.send:
        return Began(tasks=tasks, transaction=drafted[0].transaction if len(drafted) == 1 else 0)
    sent: list[Sent] = []
    for place, (one, consent) in enumerate(zip(drafted, consents, strict=True)):
        sending = Sending(consent=consent, include=how.include.get(place, ()))
        sent += send_referrals(by, one.task_ids, sending)
    return Began(tasks=tasks, sent=tuple(sent))


def _consent(by: Principal, ask: Ask, drafted: Drafted, how: Beginning) -> str:
    """Return the id of the Consent that one request names; empty: it names none."""
    if how.send and how.consent == NOW:
        return _agreed(by, ask, drafted.request_id, how.parts)
    return how.consent


def _agreed(by: Principal, ask: Ask, request_id: str, parts: Iterable[str]) -> str:
    """Write down that the person agrees to these receivers; return the id of the last Consent.

    Whoever is known by name alone cannot be named in a Consent, and gets a request without name.
    """
    made = ""
    for receiver in ask.receivers:
        if not receiver.reference:
            continue
        agreed = Agreement(
            recipient=receiver.reference,
            name=receiver.name,
            purpose="treatment" if ask.kind == SPECIALIST else "service",
            parts=frozenset({"request", "needs", *parts}),
            about=(f"ServiceRequest/{request_id}",),
        )
        made = next(map(str, house.ask("agree", by, ask.patient, agreed)), made)
    return made.partition("/")[2]
