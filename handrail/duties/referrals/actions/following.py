"""Following up: ask again, take back, give up, and what comes back undelivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, Role
from handrail.duties.referrals.actions.answering import Told
from handrail.duties.referrals.actions.reading import (
    ROOM,
    moves_of,
    now,
    one_referral,
    require_care,
    require_version,
)
from handrail.duties.referrals.actions.sending import deliver, outgoing
from handrail.duties.referrals.rules import checking, pace
from handrail.duties.referrals.rules.checking import AskError
from handrail.duties.referrals.rules.notices import DELIVERED
from handrail.fhir.change import stamp
from handrail.fhir.referring import building, names
from handrail.fhir.referring.moves import restaged
from handrail.fhir.referring.stages import OPEN, Stage, stage_of
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, concept, id_of, reference
from handrail.record import store
from handrail.record.known import RecordKnown
from handrail.record.store import Draft

BY_HAND: Final = ("phone", "in-person")
HOWS: Final = (*BY_HAND, "mail", "sms", "fax", "fhir", "post")
LONGEST: Final = 2000

__all__ = [
    "Chased",
    "Told",
    "ask_to_cancel",
    "bounced",
    "chase",
    "confirm_cancelled",
    "give_up",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chased:
    """How somebody asked again.

    ``how`` is phone or in-person (it was done), or mail, sms, fax, fhir, post (it goes out now);
    ``look_by`` the day somebody looks again. ``channel`` and ``address`` change where they are
    reached. ``supplied``: what was missing is there now.
    """

    how: str = "phone"
    note: str = ""
    look_by: str = ""
    channel: str = ""
    address: str = ""
    supplied: bool = False


def chase(by: Principal, task_id: str, chased: Chased, if_match: int = 0) -> Told:
    """Ask a receiver again, and look at it on another day.

    Raises:
        AskError: the way, the address or the day cannot be.
        VersionConflictError: it was changed since ``if_match``.
    """
    with acting(by):
        facts = now(by)
        task, version = _coordinated(by, task_id, if_match)
        _check(chased, task, facts)
        state = state_in(task)
        changes: dict[str, str | int] = {}
        if chased.channel:
            changes = {"channel": chased.channel, "address": chased.address.strip(), "trouble": ""}
        if chased.supplied:
            changes["missing"] = ""
        moved = restaged(_noted(with_state(task, **changes), by, chased.note, facts), stamp(facts))
        moved = pace.paced(moved, facts, chased.look_by)
        reach = with_state(moved, channel=chased.how, address=_address(chased, state.address))
        parcel = _reminder(reach, chased, by, facts)
        done = store.commit(
            [Draft(moved, if_match=version), *parcel], by=by, reason="asked again", room=ROOM
        )
        if chased.how in DELIVERED:
            deliver(by, parcel)
    return Told(task_id, stage_of(moved), done.transaction)


def _coordinated(by: Principal, task_id: str, if_match: int = 0) -> tuple[Resource, int]:
    task, version = one_referral(by, task_id)
    require_care(by, id_of(task.get("for"), "Patient"))
    require_version(version, if_match)
    return task, version


def _check(chased: Chased, task: Resource, facts: RecordKnown) -> None:
    if stage_of(task) not in OPEN or stage_of(task) is Stage.DRAFT:
        raise AskError.at("how", _("Nobody is asked any more, or nobody was asked yet."))
    if chased.how not in HOWS:
        raise AskError.at("how", _("Choose how they are asked."))
    if chased.channel and chased.channel not in checking.ASKED_BY:
        raise AskError.at("channel", _("Choose how they are asked."))
    address = _address(chased, state_in(task).address)
    if {chased.how, chased.channel} & checking.NEEDS_ADDRESS and not address:
        raise AskError.at("address", _("Say where it is sent: an address or a number."))
    if len(chased.note) > LONGEST or len(chased.address) > checking.LONGEST_LINE:
        raise AskError.at("note", _("Say it in fewer words."))
    checking.check_look(chased.look_by, facts)


def _address(chased: Chased, known: str) -> str:
    return chased.address.strip() or known


def _noted(task: Resource, by: Principal, note: str, facts: RecordKnown) -> Resource:
    text = note.strip()
    if not text:
        return task
    written = {
        "authorReference": reference(by.person, by.name),
        "time": stamp(facts),
        "text": text,
    }
    return {**task, "note": [*task.get("note", ()), written]}


def _reminder(task: Resource, chased: Chased, by: Principal, facts: RecordKnown) -> list[Resource]:
    """Return the Communication: what was said by hand, or what is to go out."""
    if chased.how not in BY_HAND:
        kind = "ask" if chased.channel else "reminder"
        return outgoing(task, kind, by, facts)
    said = building.Dispatch(
        kind="reminder",
        channel=chased.how,
        at=stamp(facts),
        text=chased.note.strip(),
        sender=(by.person, by.name),
    )
    return [building.communication(task, said, uuid4().hex)]


def ask_to_cancel(by: Principal, task_id: str, reason: str) -> Told:
    """Ask a receiver to cancel; a draft is simply dropped.

    Raises:
        AskError: no reason is given.
        IllegalReferralMoveError: it has ended, or they were asked already.
    """
    return _ended(by, task_id, reason, draft="withdraw", sent="ask-cancel", notice=True)


def confirm_cancelled(by: Principal, task_id: str) -> Told:
    """Note that the receiver confirmed that it is cancelled.

    Raises:
        IllegalReferralMoveError: nobody asked them to.
    """
    with acting(by):
        facts = now(by)
        task, version = one_referral(by, task_id)
        if by.has(Role.RECEIVER):
            require(by, "update", "Task", id_of(task.get("for"), "Patient"))
        else:
            require_care(by, id_of(task.get("for"), "Patient"))
        if stage_of(task) is Stage.CANCELLED:
            return Told(task_id, Stage.CANCELLED, unchanged=True)
        moved = moves_of(facts).make(task, "confirm-cancel", names.RECIPIENT, at=stamp(facts))
        if not moved.get("statusReason"):
            moved["statusReason"] = concept(names.ENDED, "cancelled", text="Cancelled, as asked.")
        done = store.commit(
            [Draft(moved, if_match=version)], by=by, reason="referral cancelled", room=ROOM
        )
    return Told(task_id, Stage.CANCELLED, done.transaction)


def give_up(by: Principal, task_id: str, note: str) -> Told:
    """Stop waiting for a receiver; what follows is proposed.

    Raises:
        AskError: no reason is given.
        IllegalReferralMoveError: it has ended.
    """
    return _ended(by, task_id, note, draft="withdraw", sent="give-up", notice=False)


def _ended(
    by: Principal, task_id: str, reason: str, *, draft: str, sent: str, notice: bool
) -> Told:
    if not reason.strip() or len(reason) > checking.LONGEST_LINE:
        raise AskError.at("reason", _("Say why, in a line."))
    with acting(by):
        facts = now(by)
        task, version = _coordinated(by, task_id)
        event = draft if stage_of(task) is Stage.DRAFT else sent
        moved = moves_of(facts).make(task, event, names.INITIATOR, at=stamp(facts))
        words = " ".join(reason.split())
        moved["statusReason"] = concept(names.ENDED, event, text=words)
        moved = pace.paced(moved, facts)
        parcel = outgoing(moved, "cancel", by, facts) if notice and event == sent else []
        done = store.commit(
            [Draft(moved, if_match=version), *parcel], by=by, reason=f"referral {event}", room=ROOM
        )
        deliver(by, parcel)
    return Told(task_id, stage_of(moved), done.transaction)


def bounced(by: Principal, task_id: str, words: str) -> Told:
    """Note that nothing arrives at the receiver's address; somebody looks at it today.

    Args:
        by: the part of Handrail that sends.
        task_id: the referral.
        words: what the channel said, without anything about the person.
    """
    with acting(by):
        facts = now(by)
        task, version = one_referral(by, task_id)
        stage = stage_of(task)
        if stage not in OPEN:
            return Told(task_id, stage, unchanged=True)
        told = with_state(task, trouble=" ".join(words.split())[: checking.LONGEST_LINE] or "?")
        moved = pace.paced(told, facts)
        done = store.commit(
            [Draft(moved, if_match=version)], by=by, reason="referral not delivered", room=ROOM
        )
    return Told(task_id, stage, done.transaction)
