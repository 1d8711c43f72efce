"""Taking what goes out to its channel, in a job, and writing down what became of it.

Nothing about the person stands in a job, a subject, a message or a log. A job that runs twice sends
the same letter twice under one Message-ID, or the same file once: before the sending the
Communication says in-progress, after it completed or not-done.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from handrail.access import links
from handrail.access.database import acting
from handrail.access.links_models import Link
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.duties.referrals.actions import letters
from handrail.duties.referrals.actions.inviting import BY_LINK, address_of, invite, seen
from handrail.duties.referrals.actions.letters import Letter
from handrail.duties.referrals.actions.packing import Papers, disclosed_by, papers_of
from handrail.duties.referrals.actions.reading import ROOM
from handrail.duties.referrals.actions.sending import DELIVERY
from handrail.duties.referrals.resources import DispatchView, dispatch_view
from handrail.fhir.disclosing.accounting import disclosures
from handrail.fhir.dispatch import MESSAGE_ID, NOT_SENT
from handrail.fhir.errors import NotFoundError
from handrail.fhir.instants import written
from handrail.fhir.referring.stages import GOING, WAITING, stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource, concept
from handrail.jobs import GiveUpError, Job, JobError, enqueue, handler
from handrail.jobs.kinds import Backoff
from handrail.look.paper import UnprintableError
from handrail.record import store
from handrail.record.known import known
from handrail.sending import Channel, NotSentError, Parcel, RefusedAddressError, channel

CODE: Final = "referral-code"
ATTEMPTS: Final = 10
"""Over about a day."""
_PATIENT: Final = Backoff(first=timedelta(seconds=20), longest=timedelta(hours=6))
_BRISK: Final = Backoff(first=timedelta(seconds=2), longest=timedelta(seconds=30))
_CODE_ATTEMPTS: Final = 4
Bounced = Callable[[Principal, str, str], object]


def register(bounced: Bounced) -> None:
    """Say who does these jobs; ``bounced`` is told (by, Task id, words) of what never arrives."""

    def work(job: Job) -> None:
        _Delivery(job, bounced).make()

    handler(DELIVERY, attempts=ATTEMPTS, backoff=_PATIENT, quick=True)(work)
    handler(CODE, attempts=_CODE_ATTEMPTS, backoff=_BRISK, quick=True)(send_code)


def ask_code(link: Link) -> None:
    """Send the receiver a code for the link, to the address on file.

    Raises:
        TooManyTriesError: the link has sent too many lately.
    """
    turn = links.ask_code(link)
    by = links.principal_of(link)
    payload = {"lookup": bytes(link.lookup).hex(), "turn": turn}
    with acting(by, durable=True):
        enqueue(CODE, payload, by=by, key=f"{link.id}/{turn}")


def send_code(job: Job) -> None:
    """Send a code that was asked for; one that is not good any more is not sent."""
    by = _ourselves(job.org)
    with acting(by):
        found = Link.objects.filter(org=job.org, lookup=bytes.fromhex(job.payload["lookup"]))
        link = found.first()
        house = Organization.objects.get(id=job.org).name
    code = links.code_of(link, job.payload["turn"]) if link and links.is_live(link) else ""
    way = channel(link.factor_channel) if link else None
    if not code or link is None or way is None:
        return
    parcel = Parcel(
        org=job.org,
        reference=f"Code/{link.id}-{link.turn}",
        to=link.factor_address,
        subject=_("Your code"),
        text=letters.code_text(code, house),
    )
    try:
        way.send(parcel)
    except NotSentError as error:
        raise JobError(error.message) from error
    except RefusedAddressError as error:
        with acting(by):
            links.not_sent(by, link)
        raise GiveUpError(error.message) from error


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One Communication on its way out."""

    job: Job
    bounced: Bounced

    def make(self) -> None:
        """Send it, unless it was sent or is not wanted any more."""
        by = _ourselves(self.job.org)
        found = _waiting(by, str(self.job.payload["communication"]))
        if found is None:
            return
        view, task, to = found
        if not _is_wanted(view, task):
            _settle(by, view.id, "not-done", why=("withdrawn", _("It is not needed any more.")))
            return
        try:
            way = _way(view)
            papers = _papers(by, view, task)
            parcel = _parcel(by, found, papers)
            _settle(by, view.id, "in-progress", papers=papers)
            sent_as = way.send(parcel)
        except NotSentError as error:
            self._later(by, view, to, error)
        except (RefusedAddressError, UnprintableError) as error:
            self._never(by, view, to, ("refused", error.message))
        else:
            _settle(by, view.id, "completed", sent_as=sent_as)

    def _later(self, by: Principal, view: DispatchView, to: str, error: NotSentError) -> None:
        if self.job.attempt < ATTEMPTS:
            raise JobError(f"Communication/{view.id}: {error.message}") from error
        self._never(by, view, to, ("gave-up", error.message))

    def _never(self, by: Principal, view: DispatchView, to: str, why: tuple[str, str]) -> None:
        """Write down that it never arrives there; a link that went there opens nothing."""
        _settle(by, view.id, "not-done", why=why)
        with acting(by, durable=True):
            links.revoke(by, f"Task/{view.task}", address_of(view.channel, to) or to or "-")
        self.bounced(by, view.task, why[1])


def _ourselves(org: int) -> Principal:
    return system(org, "delivery", "Handrail")


def _waiting(by: Principal, identity: str) -> tuple[DispatchView, Resource, str] | None:
    """Return a Communication that has not gone yet, its referral's Task, and where it goes."""
    with acting(by):
        try:
            made = store.read(f"Communication/{identity}", by=by).resource
            view = dispatch_view(made)
            task = store.read(f"Task/{view.task}", by=by).resource
        except NotFoundError:
            return None
    if view.status not in {"preparation", "in-progress"}:
        return None
    tells = disclosures([{**made, "status": "completed"}])
    to = next((one.address for one in tells), "") or state_in(task).address
    return view, task, to


def _is_wanted(view: DispatchView, task: Resource) -> bool:
    """Tell whether it still makes sense: a request that was taken back is not sent."""
    stage = stage_of(task)
    if view.kind in {letters.ASK, letters.REMINDER}:
        return stage in WAITING | (GOING if view.kind == letters.REMINDER else frozenset())
    return view.kind != letters.PACKET or stage in GOING


def _way(view: DispatchView) -> Channel:
    way = channel(view.channel)
    if way is None:
        raise RefusedAddressError(_("There is no way set up here to send this."))
    return way


def _parcel(
    by: Principal, found: tuple[DispatchView, Resource, str], papers: Papers | None
) -> Parcel:
    """Return what is sent; the link is made when it is first needed."""
    view, task, to = found
    reference = f"Communication/{view.id}"
    if view.channel not in BY_LINK:
        return Parcel(org=by.org, reference=reference, to=to)
    with acting(by, durable=True):
        letter = Letter(
            kind=view.kind,
            seen=seen(by, task, known(by.org)),
            link=invite(by, task, view.channel, address_of(view.channel, to)),
            on=datetime.now(UTC),
            papers=papers,
        )
        is_fax, is_short = view.channel == "fax", view.channel == "sms"
        return Parcel(
            org=by.org,
            reference=reference,
            to=letter.link.address,
            subject=letters.subject(letter),
            text=letters.message_text(letter) if is_short else letters.mail_text(letter),
            pages=letters.fax_pages(letter) if is_fax else b"",
        )


def _papers(by: Principal, view: DispatchView, task: Resource) -> Papers | None:
    """Return the papers of a fax that brings them; other channels lead to the page."""
    if view.kind != letters.PACKET or view.channel != "fax":
        return None
    with acting(by):
        facts = known(by.org)
        papers = papers_of(task, facts.read(f"ServiceRequest/{view.request}") or {}, facts)
    if papers.packet is None:
        raise RefusedAddressError(papers.basis.words)
    return papers


def _settle(
    by: Principal,
    identity: str,
    status: str,
    *,
    sent_as: str = "",
    why: tuple[str, str] = ("", ""),
    papers: Papers | None = None,
) -> None:
    """Write down what became of a Communication."""
    with acting(by, durable=True):
        stored = store.read(f"Communication/{identity}", by=by)
        made = {**stored.resource, "status": status}
        if papers is not None:
            made = disclosed_by(made, papers)
        if status == "completed":
            made["sent"] = written(datetime.now(UTC))
            key = {"system": MESSAGE_ID, "value": sent_as or secrets.token_hex(8)}
            others = [o for o in made.get("identifier", ()) if o.get("system") != MESSAGE_ID]
            made["identifier"] = [*others, key]
        if why[0]:
            made["statusReason"] = concept(NOT_SENT, why[0], text=why[1])
        if made == stored.resource:
            return
        draft = store.Draft(made, if_match=stored.version)
        store.commit([draft], by=by, reason=f"dispatch {status}", room=ROOM)
