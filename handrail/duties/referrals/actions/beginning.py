"""Beginning several referrals at once: drafts first, then sent on the basis that was named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from handrail.access.principal import Principal
from handrail.duties.referrals.actions.asking import Ask, draft_referral
from handrail.duties.referrals.actions.sending import Sending, Sent, send_referrals
from handrail.room import house

NOW: Final = "now"
"""The person agrees at this moment, by word of mouth."""
WITHOUT: Final = ""
"""No consent is named: treatment where it is health care, a request without name elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How several referrals begin.

    ``send``: they leave at once; else they are kept as drafts. ``consent`` is :data:`NOW`, the id
    of a Consent, or :data:`WITHOUT`. ``include`` are the resources that go along once they say yes,
    by the place of the ask.
    """

    send: bool
    consent: str = WITHOUT
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
        AskError: something on the form is wrong; nothing of that ask was written.
    """
    drafted = [draft_referral(by, ask) for ask in asks]
    tasks = tuple(task for one in drafted for task in one.task_ids)
    if not how.send:
        return Began(tasks=tasks, transaction=drafted[0].transaction if len(drafted) == 1 else 0)
    sent: list[Sent] = []
    for place, (ask, one) in enumerate(zip(asks, drafted, strict=True)):
        consent = _agreed(by, ask, one.request_id) if how.consent == NOW else how.consent
        sending = Sending(consent=consent, include=how.include.get(place, ()))
        sent += send_referrals(by, one.task_ids, sending)
    return Began(tasks=tasks, sent=tuple(sent))


def _agreed(by: Principal, ask: Ask, request_id: str) -> str:
    """Write down that the person agrees to these receivers; return the id of the last Consent."""
    about = f"ServiceRequest/{request_id}"
    made: Iterable[str] = (
        str(answer)
        for receiver in ask.receivers
        for answer in house.ask("agree", by, ask.patient, receiver.reference, receiver.name, about)
    )
    return next(iter(list(made)[-1:]), "")
