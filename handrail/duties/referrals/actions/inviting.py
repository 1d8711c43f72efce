"""The link by which a receiver answers: made when something goes out, read out by phone, ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from handrail.access import links
from handrail.access.database import acting
from handrail.access.links_models import Link
from handrail.access.models import Organization
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.reading import one_referral
from handrail.duties.referrals.resources import (
    ReferralTask,
    RequestView,
    referral_task,
    request_view,
)
from handrail.fhir.disclosing import Minimum, minimum
from handrail.fhir.errors import BusinessRuleError, NotFoundError
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown, known
from handrail.sending import dialled

PURPOSE: Final = "referral"
BY_LINK: Final = frozenset({"mail", "sms", "fax"})
"""Channels that carry a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a receiver sees of a referral before they say yes, and where it stands.

    ``house`` and ``phone`` are ours; ``minimum`` names nobody.
    """

    house: str
    phone: str
    zone: str
    resource: Resource
    request: Resource
    task: ReferralTask
    asked: RequestView
    minimum: Minimum


def see(by: Principal, task_id: str) -> Seen:
    """Return the referral as a receiver may see it; the look is written down.

    Raises:
        NotFoundError: it is not there any more, or is not this receiver's.
    """
    with acting(by):
        resource, _version = one_referral(by, task_id)
        return seen(by, resource, known(by.org))


def seen(by: Principal, task: Resource, facts: RecordKnown) -> Seen:
    """Return the same of a Task that was read; inside ``acting``."""
    view = referral_task(task)
    request = facts.read(f"ServiceRequest/{view.request}") or {}
    house = Organization.objects.get(id=by.org)
    return Seen(
        house=house.name,
        phone=house.phone,
        zone=house.time_zone,
        resource=task,
        request=request,
        task=view,
        asked=request_view(request),
        minimum=minimum(
            facts.read(f"Patient/{view.patient}") or {},
            request,
            at=facts.as_of.date(),
            rules=facts.rules,
            coverages=facts.of_patient(view.patient, "Coverage"),
        ),
    )


def invite(by: Principal, task: Resource, channel: str, address: str) -> Link:
    """Return the open link to a referral for this address; it is made if there is none.

    Inside ``acting``; ``address`` is as :func:`address_of` gives it.
    """
    view = referral_task(task)
    link = links.to_address(by.org, view.reference, channel, address)
    return link or links.make(
        by,
        links.NewLink(
            purpose=PURPOSE,
            subject=view.reference,
            patient=view.patient,
            recipient=view.receiver,
            recipient_name=view.receiver_name,
            channel=channel,
            address=address,
        ),
    )


def address_of(channel: str, typed: str) -> str:
    """Return where something goes, as the channel takes it; empty if it is no such address."""
    return dialled(typed) if channel in {"sms", "fax"} else typed.strip()


def page_of(link: Link) -> str:
    """Return the address of the page that the link opens."""
    return f"{settings.HANDRAIL_ADDRESS}/a/{links.token_of(link)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a member sees of a link: where it went, and what became of it."""

    patient: str
    receiver: str
    link: Link | None


def standing(by: Principal, task_id: str) -> Standing:
    """Return how the link to a referral stands.

    Raises:
        NotFoundError: there is no such referral that ``by`` may see.
    """
    with acting(by):
        view = referral_task(one_referral(by, task_id)[0])
        link = links.of_subject(by.org, view.reference)
        return Standing(patient=view.patient, receiver=view.receiver_name, link=link)


def read_out(by: Principal, task_id: str) -> str:
    """Return a code for a receiver who is on the phone and has the link before them.

    Raises:
        NotFoundError: there is no such referral that ``by`` may see.
        BusinessRuleError: it has no link that is open.
    """
    with acting(by):
        found = standing(by, task_id)
        if found.link is None:
            raise BusinessRuleError(
                _("There is no open link to this referral. Send it, or write the answer down here.")
            )
        return links.read_out(by, found.link)


def take_back(by: Principal, task_id: str) -> int:
    """End the links to a referral; return how many there were.

    Raises:
        NotFoundError: there is no such referral that ``by`` may see.
    """
    with acting(by, durable=True):
        view = referral_task(one_referral(by, task_id)[0])
        return links.revoke(by, view.reference)


def referral_of_code(by: Principal, code: str) -> tuple[str, str]:
    """Return (patient, Task id) of the fax whose 8 digits somebody reads out on the phone.

    Raises:
        NotFoundError: no fax about a person whom ``by`` looks after has this code.
    """
    with acting(by):
        link = links.of_code(by, code)
        if link is None:
            raise NotFoundError(
                _("No fax of yours has this code. Ask them to read all 8 digits again.")
            )
        identity = link.subject.removeprefix("Task/")
        one_referral(by, identity)
        return link.patient, identity
