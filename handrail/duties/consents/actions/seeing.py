"""Seeing what may leave: to whom, what for, until when."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import organization_name
from handrail.access.principal import Principal
from handrail.duties.consents.actions.agreeing import (
    RECEIVERS,
    person_of,
    proposed_end,
    receivers,
)
from handrail.duties.consents.actions.revoking import consent_of
from handrail.duties.consents.rules.agreeing import Person
from handrail.fhir.disclosing import Disclosable, disclosable
from handrail.fhir.errors import NotFoundError
from handrail.fhir.people import spoken_name
from handrail.fhir.resource import code_of, id_of, target_of
from handrail.fhir.rulebook import Rulebook
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.known import known

_LISTED = ("Organization", "HealthcareService")


@dataclass(frozen=True, slots=True)
class Sharing:
    """What may leave of a person's record, as of ``on``; ``name`` and ``language`` are theirs."""

    holding: Sequence[Disclosable]
    ended: Sequence[Disclosable]
    unclear: int
    person: Person
    name: str
    language: str
    house: str
    receivers: Sequence[tuple[str, str]]
    proposed_end: str
    rules: Rulebook
    on: date


def see_sharing(by: Principal, patient: str, words: str = "") -> Sharing:
    """Return what may leave of a person's record; the look is audited.

    Args:
        by: who looks.
        patient: id of the Patient.
        words: a part of a name to find receivers by; empty: those asked before.

    Raises:
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        require(by, "read", "Consent", patient)
        facts = known(by.org)
        on = facts.as_of.date()
        person = store.read(f"Patient/{patient}", by=by).resource
        found = [stored.resource for stored in store.of_patient(patient, "Consent", by=by)]
        views = [view for one in found if (view := disclosable(one))]
        views.sort(key=lambda view: (view.given_on, view.id), reverse=True)
        spoken = [c for c in person.get("communication", ()) if c.get("preferred")]
        listed = [*person.get("communication", ()), *spoken]
        return Sharing(
            holding=[view for view in views if view.holds(on)],
            ended=[view for view in views if not view.holds(on)],
            unclear=sum(1 for one in found if _is_unclear(one)),
            person=person_of(facts, patient),
            name=spoken_name(person),
            language=code_of(listed[-1].get("language")) if listed else "",
            house=organization_name(by.org),
            receivers=_found(by, words) if words else receivers(facts, patient),
            proposed_end=proposed_end(facts),
            rules=facts.rules,
            on=on,
        )


def _is_unclear(consent: Mapping[str, Any]) -> bool:
    """Tell whether somebody has to read it: it is active and names nobody."""
    provision: Mapping[str, Any] = consent.get("provision") or {}
    return consent.get("status") == "active" and not provision.get("actor")


def _found(by: Principal, words: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for kind in _LISTED:
        query = parse(kind, [("name:contains", words[:80]), ("_count", "20")])
        for stored in store.search(query, by=by).entries:
            name = stored.resource.get("name")
            found.append((f"{kind}/{stored.resource['id']}", str(name or "")))
    return found


def named(by: Principal, reference: str) -> str:
    """Return the name of a receiver; empty if it is none, or not there."""
    if reference.partition("/")[0] not in RECEIVERS:
        return ""
    with acting(by):
        stored = store.several([reference], by=by).get(reference)
    if stored is None:
        return ""
    one = stored.resource
    if isinstance(one.get("name"), str):
        return str(one["name"])
    shown = (one.get("practitioner") or {}).get("display") or spoken_name(one)
    where = (one.get("organization") or {}).get("display", "")
    return ", ".join(part for part in (str(shown), str(where)) if part)


def see_source(by: Principal, patient: str, consent: str) -> tuple[str, bytes]:
    """Return the content type and the bytes of what proves an agreement; the look is audited.

    Raises:
        NotFoundError: there is none.
    """
    with acting(by):
        source = target_of(consent_of(by, patient, consent).get("sourceReference"))
        if not source.startswith("DocumentReference/"):
            raise NotFoundError(_("Nothing is kept for this consent."))
        document = store.read(source, by=by).resource
        attachment = (document.get("content") or [{}])[0].get("attachment") or {}
        binary = id_of(str(attachment.get("url", "")), "Binary")
        if not binary or id_of(document.get("subject"), "Patient") != patient:
            raise NotFoundError(_("Nothing is kept for this consent."))
        held = store.read(f"Binary/{binary}", by=by).resource
    return str(held.get("contentType", "")), b64decode(str(held.get("data", "")))
