"""Settling whose it is: until then only those who sort see it, and each look is in the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, widened
from handrail.access.rights import ACTIONS
from handrail.duties.incoming_referrals.models import Arrived
from handrail.duties.incoming_referrals.projections import is_asked_of_us
from handrail.duties.incoming_referrals.resources import (
    FORM,
    Asked,
    Piece,
    filled,
    is_birth_date,
    requested,
)
from handrail.duties.incoming_referrals.rules import triage
from handrail.duties.incoming_referrals.rules.arriving import sorting_id
from handrail.duties.incoming_referrals.rules.words import NOT_OURS
from handrail.fhir import arrival, work
from handrail.fhir.errors import BusinessRuleError, NotFoundError
from handrail.fhir.instants import written
from handrail.fhir.matching import Score, is_exactly, searches
from handrail.fhir.referring.state import with_state
from handrail.fhir.resource import Resource, id_of, survivor_of, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.known import known
from handrail.record.matching import matches
from handrail.record.stored import Draft, Stored

ROOM: Final = "incoming_referrals"
SORTERS: Final = ACTIONS["sort_incoming"]
MOST: Final = 200
"""Rows of the queue on one page."""
_CANDIDATES: Final = 8


class AlreadySortedError(BusinessRuleError):
    """Somebody sorted it first; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody it could be about. ``exact``: name and birth date are those that arrived."""

    patient: str
    name: str
    birth_date: str
    grade: str
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing that arrived, for the person who sorts it."""

    reference: str
    channel: str
    sender: str
    at: str
    waiting: bool
    patient: str = ""
    pieces: Sequence[Piece] = ()
    asked: Asked = field(default_factory=Asked)
    version: int = 0


def widely(by: Principal) -> Principal:
    """Return who sorts, with the reach that sorting needs.

    Raises:
        ForbiddenError: the principal does not sort.
    """
    require(by, "sort_incoming")
    return widened(by)


def queue(by: Principal, state: str = "waiting") -> list[Arrived]:
    """Return what arrived and is "waiting", was "sorted" or set "aside": newest last, then first.

    Raises:
        ForbiddenError: the principal does not sort.
    """
    require(by, "sort_incoming")
    with acting(by):
        found = Arrived.objects.filter(org=by.org, state=state)
        order = "arrived_at" if state == "waiting" else "-arrived_at"
        audit.saw_many(by, "incoming referrals", (), state)
        return list(found.order_by(order, "source")[:MOST])


def look(by: Principal, reference: str) -> Look:
    """Return one thing that arrived; the look is in the trail.

    Args:
        by: who sorts.
        reference: "DocumentReference/…", or "Task/…" for another system's request.

    Raises:
        ForbiddenError: the principal does not sort.
        NotFoundError: nothing of that kind arrived.
    """
    require(by, "sort_incoming")
    with acting(by):
        stored = _shown(reference, by)
        seen = _request(stored, by) if stored.resource_type == "Task" else _document(stored, by)
        audit.note(by, audit.Event(action="R", what="incoming referral", reference=reference))
        return seen


def _arrived(reference: str, by: Principal) -> Stored:
    stored = store.read(reference, by=widely(by))
    document = stored.resource
    fits = (
        is_asked_of_us(document)
        if stored.resource_type == "Task"
        else stored.resource_type == "DocumentReference" and arrival.channel_of(document)
    )
    if not fits:
        raise NotFoundError(_("Nothing arrived under this address."))
    return stored


def _shown(reference: str, by: Principal) -> Stored:
    """Return what arrived, as far as ``by`` may see it.

    Once it is in somebody's record, it is for those who may read that.
    """
    stored = _arrived(reference, by)
    if stored.resource_type == "Task":
        sorted_already = not triage.waits(stored.resource)
    else:
        sorted_already = bool(arrival.patient_of(stored.resource))
    return store.read(reference, by=by) if sorted_already else stored


def _document(stored: Stored, by: Principal) -> Look:
    document = stored.resource
    pieces, asked = [], Asked()
    for place, identity in enumerate(arrival.binaries_of(document), 1):
        binary = store.read(f"Binary/{identity}", by=widely(by)).resource
        attachment = document["content"][place - 1]["attachment"]
        if binary["contentType"] == FORM and arrival.channel_of(document) == "form":
            asked = filled(binary)
            continue
        pieces.append(_piece(place, attachment, binary))
    return Look(
        reference=stored.reference,
        channel=arrival.channel_of(document),
        sender=arrival.sender_of(document),
        at=str(document.get("date", "")),
        waiting=arrival.is_waiting(document),
        patient=arrival.patient_of(document),
        pieces=pieces,
        asked=asked,
        version=stored.version,
    )


def _piece(place: int, attachment: Resource, binary: Resource) -> Piece:
    plain = binary["contentType"] == "text/plain"
    text = arrival.content_of(binary).decode("utf-8", "replace") if plain else ""
    return Piece(
        place=place,
        media=str(binary["contentType"]),
        title=str(attachment.get("title", "")),
        size=int(attachment.get("size", 0)),
        text=text[:20_000],
    )


def _request(stored: Stored, by: Principal) -> Look:
    task, house = stored.resource, widely(by)
    focus, patient = target_of(task.get("focus")), id_of(task.get("for"), "Patient")
    request = _if_there(focus, house) if focus.startswith("ServiceRequest/") else None
    person = _if_there(f"Patient/{patient}", house) if patient else None
    asked = requested(task, request, person)
    return Look(
        reference=stored.reference,
        channel="fhir",
        sender=asked.sender,
        at=str(task.get("authoredOn", "")),
        waiting=triage.waits(task),
        patient=patient,
        asked=asked,
        version=stored.version,
    )


def _if_there(reference: str, by: Principal) -> Resource | None:
    try:
        return store.read(reference, by=by).resource
    except NotFoundError:
        return None


def piece(by: Principal, reference: str, place: int) -> tuple[str, bytes]:
    """Return (media type, bytes) of one part of what arrived; the look is in the trail.

    Once it is in somebody's record, whoever may read that may read it; until then who sorts.

    Raises:
        NotFoundError: there is no such part, or it is not for the principal.
    """
    with acting(by):
        if not by.has(*SORTERS):
            reader, document = by, store.read(reference, by=by).resource
        else:
            reader, document = widely(by), _shown(reference, by).resource
        identities = arrival.binaries_of(document)
        if not 1 <= place <= len(identities):
            raise NotFoundError(_("There is no such part."))
        what = f"Binary/{identities[place - 1]}"
        binary = store.read(what, by=reader).resource
        audit.note(by, audit.Event(action="R", what="incoming referral", reference=what))
        return str(binary["contentType"]), arrival.content_of(binary)


def candidates(by: Principal, asked: Asked) -> list[Candidate]:
    """Return who it could be about, the likeliest first.

    Somebody whom the person who sorts does not reach is shown only if name and birth date are just
    those that arrived: then nothing is told that did not arrive. Who was looked for is in the
    trail with who was found.
    """
    require(by, "sort_incoming")
    person = asked.person
    if not list(searches(person)):
        return []
    with acting(by):
        mine = {one.id for _score, one in matches(person, by)}
    with acting(widely(by)):
        found = matches(person, widely(by))
    shown = [
        _candidate(score, one, asked if one.id not in mine else None)
        for score, one in found
        if one.id in mine or is_exactly(person, one.resource)
    ][:_CANDIDATES]
    with acting(by):
        audit.saw_many(by, "search Patient", [one.patient for one in shown])
    return shown


def _candidate(score: Score, stored: Stored, typed: Asked | None) -> Candidate:
    """Return who it could be; somebody else's patient under what was ``typed``, and no more."""
    patient = stored.resource
    name = (patient.get("name") or [{}])[0]
    words = [*name.get("given", ()), name.get("family", "")]
    called = " ".join(filter(None, words)) or str(name.get("text", ""))
    return Candidate(
        patient=survivor_of(patient) or stored.id,
        name=f"{typed.given} {typed.family}" if typed else called,
        birth_date=typed.birth_date if typed else str(patient.get("birthDate", "")),
        grade=score.grade,
        ours=typed is None,
    )


def settle(by: Principal, reference: str, patient: str, asked: Asked, *, if_match: int) -> str:
    """Say whose it is; the request waits for a yes or no from then on.

    Args:
        by: who sorts.
        reference: what arrived.
        patient: the id of a patient who is here; empty: they are new, and registered now.
        asked: what it says, as the person who sorts has read it.
        if_match: the version that was seen.

    Returns:
        The id of the Task to say yes or no.

    Raises:
        AlreadySortedError: somebody was faster.
        BusinessRuleError: neither a patient nor a name was given; the patient is none of those who
            were offered; the birth date is none.
    """
    require(by, "sort_incoming")
    house = widely(by)
    with acting(house, durable=True):
        stored = _arrived(reference, by)
        _check_waits(stored)
        drafts: list[Draft] = []
        if patient:
            patient = _offered(by, stored, patient, asked)
        elif asked.birth_date and not is_birth_date(asked.birth_date):
            raise BusinessRuleError(_("Give the birth date as 1954-02-14, or leave it out."))
        else:
            drafts.append(Draft(triage.new_patient(asked, fresh := uuid4().hex)))
            patient = fresh
        facts = known(by.org)
        opening = triage.opened(stored.resource, patient, asked, facts, (by.person, by.name))
        drafts += [Draft(one) for one in opening]
        drafts += _moved(stored, patient, if_match, house)
        drafts += _sorted(reference, house)
        store.commit(drafts, by=house, reason="Incoming referral: whose it is", room=ROOM)
        return str(opening[-1]["id"])


def _offered(by: Principal, stored: Stored, patient: str, asked: Asked) -> str:
    """Return the id of a patient who may be chosen, or of whom they were merged into.

    Raises:
        BusinessRuleError: it is nobody whom ``by`` reaches, who was shown, or who was named by the
            other system. Whether there is such a patient is not told.
    """
    named = stored.resource_type == "Task" and id_of(stored.resource.get("for"), "Patient")
    offered = {named, *(one.patient for one in candidates(by, asked))}
    with acting(by):
        may = patient in offered or _if_there(f"Patient/{patient}", by) is not None
    found = _if_there(f"Patient/{patient}", widely(by)) if may else None
    if found is None:
        raise BusinessRuleError(_("Choose one of those who are shown here, or look again."))
    return survivor_of(found) or patient


def _check_waits(stored: Stored) -> None:
    waits = (
        triage.waits(stored.resource)
        if stored.resource_type == "Task"
        else arrival.is_waiting(stored.resource)
    )
    if not waits:
        raise AlreadySortedError(_("Somebody sorted this before you. Nothing was changed."))


def _moved(stored: Stored, patient: str, if_match: int, house: Principal) -> list[Draft]:
    """Return the document and its parts in the record of the patient."""
    document = stored.resource
    if stored.resource_type == "Task":
        seen = with_state(document, seen=written(known(house.org).as_of))
        return [Draft(seen, if_match=if_match)]
    parts = (
        store.read(f"Binary/{identity}", by=house).resource
        for identity in arrival.binaries_of(document)
    )
    moved = [Draft(arrival.belonging(part, patient)) for part in parts]
    return [*moved, Draft(arrival.settled(document, patient), if_match=if_match)]


def _sorted(reference: str, house: Principal) -> list[Draft]:
    """Return the work of sorting it, done."""
    task = _if_there(f"Task/{sorting_id(reference)}", house)
    if task is None or not is_open(task["status"]):
        return []
    return [Draft(work.ended(task, TaskStatus.COMPLETED, evidence=[reference]))]


def set_aside(by: Principal, reference: str, words: str, *, if_match: int) -> None:
    """Say that it is no referral for us, and why; it is kept.

    Raises:
        AlreadySortedError: somebody was faster.
        BusinessRuleError: no reason was given.
    """
    require(by, "sort_incoming")
    if not words.strip():
        raise BusinessRuleError(_("Say why it is set aside."))
    house = widely(by)
    with acting(house, durable=True):
        stored = _arrived(reference, by)
        _check_waits(stored)
        task = _if_there(f"Task/{sorting_id(reference)}", house)
        drafts = []
        if stored.resource_type == "Task":
            refused = triage.refused(stored.resource, words, known(by.org))
            drafts.append(Draft(refused, if_match=if_match))
        else:
            aside = arrival.set_aside(stored.resource, words.strip())
            drafts.append(Draft(aside, if_match=if_match))
        if task and is_open(task["status"]):
            reason = (NOT_OURS, words.strip())
            drafts.append(Draft(work.ended(task, TaskStatus.CANCELLED, reason=reason)))
        store.commit(drafts, by=house, reason="Incoming referral: set aside", room=ROOM)
