"""Beginning several referrals at once: drafts first, then sent on the basis that was named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.asking import (
    Ask,
    Drafted,
    Receiver,
    add_receiver,
    draft_referral,
    owner_of,
)
from handrail.duties.referrals.actions.seeing import ReferralView, referral
from handrail.duties.referrals.actions.sending import Sending, Sent, send_referrals
from handrail.duties.referrals.rules.wanting import SPECIALIST
from handrail.fhir.disclosing import Agreement
from handrail.record.known import known
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
    if not (how.send and how.consent == NOW):
        return how.consent
    made = ""
    for receiver in ask.receivers:
        to = (receiver.reference, receiver.name)
        about = (ask.patient, ask.kind, drafted.request_id)
        made = _agreed(by, about, to, how.parts) or made
    return made


def _agreed(
    by: Principal, about: tuple[str, str, str], to: tuple[str, str], parts: Iterable[str] = ()
) -> str:
    """Write down that the person agrees to a receiver; return the id of the Consent.

    For a service, it is the organization behind it that they agree to. Whoever is known by name
    alone cannot be named in a Consent, and gets a request without name.

    Args:
        by: who hears it.
        about: the patient's id, the kind of request, the request's id.
        to: the receiver's reference and name.
        parts: of the record, that may go along.
    """
    patient, kind, request_id = about
    recipient = owner_of(to[0], known(by.org))
    if not recipient:
        return ""
    agreed = Agreement(
        recipient=recipient,
        name=to[1],
        purpose="treatment" if kind == SPECIALIST else "service",
        parts=frozenset({"request", "needs", *parts}),
        about=(f"ServiceRequest/{request_id}",),
    )
    found = next(map(str, house.ask("agree", by, patient, agreed)), "")
    return found.partition("/")[2]


def send_draft(by: Principal, task: str, consent: str) -> Sent:
    """Send one draft; ``consent`` as in :class:`Beginning`."""
    view = referral(by, task)
    request = view.request
    with acting(by, durable=True):
        if consent == NOW:
            about = (request.patient, request.about.kind, request.id)
            consent = _agreed(by, about, (view.task.receiver, view.task.receiver_name))
        sending = Sending(consent=consent, include=request.reasons)
        return send_referrals(by, [task], sending)[0]


def ask_more(by: Principal, view: ReferralView, receivers: Iterable[Receiver]) -> list[Sent]:
    """Ask others for the same, with the same words and on the bases there are; send at once.

    Raises:
        AskError: one of them was asked already, or cannot be asked like this.
        RefusedMoveError: the request is closed.
    """
    with acting(by, durable=True):
        drafted = [add_receiver(by, view.request.id, one) for one in receivers]
    tasks = [task for one in drafted for task in one.task_ids]
    return send_referrals(by, tasks, Sending(include=view.request.reasons))
