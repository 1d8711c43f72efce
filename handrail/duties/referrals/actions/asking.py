"""Asking somebody else: a request, one Task for each receiver, and sending it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.people import organization_name
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.reading import (
    ROOM,
    RefusedMoveError,
    now,
    one_request,
    require_care,
)
from handrail.duties.referrals.actions.sending import DELIVERY, Sending, Sent, send_referrals
from handrail.duties.referrals.resources import RequestView, request_view
from handrail.duties.referrals.rules import checking, follow_ups, pace
from handrail.duties.referrals.rules.checking import AskError
from handrail.fhir.change import stamp
from handrail.fhir.errors import NotFoundError
from handrail.fhir.referring import building, names
from handrail.fhir.referring.asked import About
from handrail.fhir.referring.state import receiver_of
from handrail.fhir.resource import Resource, id_of, target_of
from handrail.record import store
from handrail.record.known import RecordKnown

__all__ = [
    "DELIVERY",
    "Ask",
    "AskError",
    "Drafted",
    "Receiver",
    "RefusedMoveError",
    "Sending",
    "Sent",
    "add_receiver",
    "draft_referral",
    "send_referrals",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who is asked.

    ``reference`` is "HealthcareService/...", "PractitionerRole/...", "Practitioner/..." or
    "Organization/..."; empty: only the ``name`` is known. ``channel`` is fhir, mail, sms, fax,
    phone, in-person or post, ``address`` where that leads. ``why`` says why this one.
    """

    reference: str = ""
    name: str = ""
    channel: str = "phone"
    address: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for, for whom.

    ``kind`` is service (community) or specialist; ``category`` an SDOH category code; ``reasons``
    ids of Conditions, ``goal`` the id of a Goal; ``priority`` routine, urgent, asap or stat;
    ``needed_by`` a day; ``words`` what the receiver should know. ``mode`` is direct, light,
    indirect, assessment or self. ``on_behalf_of`` is the id of the Task somebody else gave us.
    ``several``: more than one may say yes. ``form`` names one filled form: sent twice, it is one.
    """

    patient: str
    what: str
    kind: str = "service"
    category: str = ""
    specialty: str = ""
    reasons: tuple[str, ...] = ()
    goal: str = ""
    priority: str = "routine"
    needed_by: str = ""
    words: str = ""
    receivers: tuple[Receiver, ...] = ()
    mode: str = "light"
    on_behalf_of: str = ""
    several: bool = False
    form: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A request and the Tasks of those who are to be asked; ``transaction`` takes it back."""

    request_id: str
    task_ids: tuple[str, ...]
    transaction: int = 0


def draft_referral(by: Principal, ask: Ask) -> Drafted:
    """Write down what is to be asked of whom; nothing leaves yet.

    Raises:
        AskError: something on the form is wrong; ``faults`` name the fields.
        NotFoundError: there is no such patient, or no such Task to act for.
        ForbiddenError: ``by`` may not ask for this person.
    """
    with acting(by):
        require_care(by, ask.patient)
        facts = now(by)
        checking.check(ask, facts)
        seed = ask.form or uuid4().hex
        identity = uuid5(NAMESPACE_URL, f"{names.REFERRAL}|{by.org}|{ask.patient}|{seed}").hex
        if ask.form and (existing := _drafted(identity, ask.patient, facts)):
            return existing
        wish = _wish(by, ask, facts)
        made = building.request(wish, identity)
        tasks = [_task(by, wish, one, identity, facts, ask) for one in ask.receivers]
        done = store.commit([made, *tasks], by=by, reason="referral drafted", room=ROOM)
    return Drafted(identity, tuple(task["id"] for task in tasks), done.transaction)


def _drafted(identity: str, patient: str, facts: RecordKnown) -> Drafted | None:
    if facts.read(f"ServiceRequest/{identity}") is None:
        return None
    tasks = follow_ups.follow_ups(identity, patient, facts, {names.KIND})
    return Drafted(identity, tuple(str(task["id"]) for task in tasks))


def _wish(by: Principal, ask: Ask, facts: RecordKnown) -> building.Wish:
    codes = facts.rules.rule("referrals.codes", facts.as_of.date()).values
    kind_of_work = "assessment" if ask.mode == building.ASSESSMENT else "service"
    social = ask.kind != building.SPECIALIST
    patient = facts.read(f"Patient/{ask.patient}") or {}
    requester = (by.person, by.name)
    if ask.mode == checking.SELF:
        requester = (f"Patient/{patient.get('id', ask.patient)}", "")
    return building.Wish(
        patient=ask.patient,
        what=" ".join(ask.what.split()),
        at=stamp(facts),
        requester=requester,
        about=About(
            kind=ask.kind, mode=ask.mode, several=ask.several, specialty=ask.specialty.strip()
        ),
        code=(codes["system"], codes[kind_of_work]) if social else ("", ""),
        category=ask.category if social else "",
        reasons=tuple(f"Condition/{one}" for one in ask.reasons),
        goal=f"Goal/{ask.goal}" if ask.goal else "",
        priority=ask.priority,
        needed_by=ask.needed_by,
        words=ask.words.strip(),
        original=_original(ask, facts),
    )


def _original(ask: Ask, facts: RecordKnown) -> str:
    """Return the ServiceRequest of the Task that somebody else gave us."""
    if not ask.on_behalf_of:
        return ""
    given = facts.read(f"Task/{ask.on_behalf_of}")
    if given is None or id_of(given.get("for"), "Patient") != ask.patient:
        raise NotFoundError(_("There is no such request for this person."))
    return target_of(given.get("focus"))


def _task(
    by: Principal,
    wish: building.Wish,
    receiver: Receiver,
    request_id: str,
    facts: RecordKnown,
    ask: Ask | None = None,
) -> Resource:
    looker = follow_ups.looker(wish.patient, facts)
    if not looker[0] or looker[0] == facts.pool:
        looker = (by.person, by.name)
    asked = building.Asked(
        receiver=receiver.reference,
        name=" ".join(receiver.name.split()),
        owner=owner_of(receiver.reference, facts),
        channel=receiver.channel,
        address=receiver.address.strip(),
        why=receiver.why.strip(),
        looker=looker,
        house=organization_name(by.org) or "Handrail",
        part_of=f"Task/{ask.on_behalf_of}" if ask and ask.on_behalf_of else "",
    )
    made = building.task(wish, asked, request_id, uuid4().hex)
    return pace.paced(made, facts)


def owner_of(receiver: str, facts: RecordKnown) -> str:
    """Return who may own a Task for this receiver: the organization behind a service.

    It is also who can be named in a Consent; empty: nobody is behind it.
    """
    if not receiver.startswith("HealthcareService/"):
        return receiver
    service = facts.read(receiver) or {}
    behind = target_of(service.get("providedBy"))
    return behind if behind.startswith("Organization/") else ""


def add_receiver(by: Principal, request_id: str, receiver: Receiver) -> Drafted:
    """Ask one more: a draft Task for a request that is still open.

    Raises:
        AskError: the receiver is not well described, or was asked already.
        RefusedMoveError: the request is closed.
    """
    with acting(by):
        facts = now(by)
        request = one_request(by, request_id)
        view = request_view(request)
        require_care(by, view.patient)
        if not view.is_open:
            raise RefusedMoveError(_("This referral is closed. Start a new one."))
        checking.check_receiver(receiver, 0)
        others = follow_ups.follow_ups(view.id, view.patient, facts, {names.KIND})
        if any(receiver.reference and receiver_of(o) == receiver.reference for o in others):
            raise AskError.at("receivers-0-reference", _("This one is asked already."))
        wish = _wish_of(view, facts)
        task = _task(by, wish, receiver, view.id, facts)
        if parts := next((o["partOf"] for o in others if o.get("partOf")), None):
            task["partOf"] = parts
        done = store.commit([task], by=by, reason="one more receiver", room=ROOM)
    return Drafted(view.id, (str(task["id"]),), done.transaction)


def _wish_of(view: RequestView, facts: RecordKnown) -> building.Wish:
    return building.Wish(
        patient=view.patient,
        what=view.what,
        at=stamp(facts),
        requester=("", ""),
        about=view.about,
        priority=view.priority or "routine",
    )
