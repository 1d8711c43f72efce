"""Telling the sender by mail what became of their referral: no name, nothing of the person."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail import sending
from handrail.access.database import acting
from handrail.access.people import organization_name
from handrail.access.principal import Principal
from handrail.fhir.disclosing.accounting import told
from handrail.fhir.dispatch import DISPATCH, MESSAGE_ID, NOT_SENT
from handrail.fhir.instants import written
from handrail.fhir.referring.building import CHANNELS, MEDIUM
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource, concept
from handrail.jobs import GiveUpError, Job, enqueue, handler
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Draft

KIND: Final = "incoming_referrals.reply"
ROOM: Final = "incoming_referrals"


def reply(task: Resource, event: str, note: str, by: Principal) -> list[Resource]:
    """Return the Communication that tells the sender; it is sent once it is committed.

    Nobody is told where no address is known. The note a person typed does not leave by mail, since
    it may name somebody.
    """
    address = state_in(task).address
    if "@" not in address:
        return []
    letter: Resource = {
        "resourceType": "Communication",
        "id": uuid4().hex,
        "status": "preparation",
        "category": [concept(DISPATCH, "reply")],
        "basedOn": [task["focus"]],
        "about": [{"reference": f"Task/{task['id']}"}],
        "subject": task["for"],
        "medium": [concept(MEDIUM, CHANNELS["mail"])],
        "recipient": [{"display": address}],
        "sent": written(known(by.org).as_of),
        "payload": [{"contentString": _text(task, event, by.org)}],
    }
    if note:
        letter["note"] = [{"text": note}]
    letter = told(letter, basis=None, purpose="service", address=address, what="Answer")
    enqueue(KIND, {"communication": letter["id"]}, by=by, key=letter["id"])
    return [letter]


def _text(task: Resource, event: str, org: int) -> str:
    said = {
        "accept": _("We can take it. We will be in touch with the person."),
        "decline": _("We cannot take it. Please call us for the reason."),
        "ask-more": _("We need to know more before we can say yes or no. Please call us."),
        "schedule": _("A visit is set."),
        "no-show": _("The person did not come to the visit. We will try again."),
        "outcome": _("It is done. Please call us for the outcome."),
    }[event]
    return "\n\n".join(
        [
            _("You sent a referral to %(house)s. Reference: %(number)s.")
            % {"house": organization_name(org), "number": task["id"][:8]},
            said,
            _("For privacy this message names nobody."),
        ]
    )


@handler(KIND, quick=True)
def deliver(job: Job) -> None:
    """Send one reply; done twice, it is sent once."""
    by = job.by
    mail = sending.channel("mail")
    with acting(by):
        stored = store.read(f"Communication/{job.payload['communication']}", by=by)
    letter = stored.resource
    if letter["status"] != "preparation":
        return
    if mail is None or not mail.ready():
        _write(by, stored.version, _failed(letter, _("No mail is set up here.")))
        raise GiveUpError("No mail is set up here.")
    try:
        sent_as = mail.send(_parcel(letter, by.org))
    except sending.RefusedAddressError as error:
        _write(by, stored.version, _failed(letter, error.message))
        return
    known_by = [{"system": MESSAGE_ID, "value": sent_as}]
    _write(by, stored.version, {**letter, "status": "completed", "identifier": known_by})


def _parcel(letter: Resource, org: int) -> sending.Parcel:
    return sending.Parcel(
        org=org,
        reference=f"Communication/{letter['id']}",
        to=letter["recipient"][0]["display"],
        subject=_("Your referral"),
        text=letter["payload"][0]["contentString"],
    )


def _failed(letter: Resource, words: str) -> Resource:
    return {
        **letter,
        "status": "not-done",
        "statusReason": concept(NOT_SENT, "refused", text=words),
    }


def _write(by: Principal, version: int, letter: Resource) -> None:
    with acting(by, durable=True):
        draft = Draft(letter, if_match=version)
        store.commit([draft], by=by, reason="Incoming referral: sender told", room=ROOM)
