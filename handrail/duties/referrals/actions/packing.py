"""What a receiver gets after they said yes: who it is, and what they need to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.reading import ROOM
from handrail.duties.referrals.resources import (
    ReferralTask,
    RequestView,
    referral_task,
    request_view,
)
from handrail.fhir.change import stamp
from handrail.fhir.disclosing import Basis, NoBasisError, Packet, Purpose, basis_for, packet
from handrail.fhir.disclosing.accounting import left_behind, told
from handrail.fhir.dispatch import DISPATCH
from handrail.fhir.people import phones_of, spoken_name
from handrail.fhir.referring import building, names
from handrail.fhir.resource import Resource, code_of, reference_to, target_of, words_of
from handrail.record import store
from handrail.record.known import RecordKnown, known

_CONTENT: Final = "additional-content"
_TITLES: Final[Mapping[str, str]] = {
    "Condition": later("Condition or need"),
    "Observation": later("Result"),
    "Goal": later("Goal"),
    "MedicationRequest": later("Medicine"),
    "MedicationStatement": later("Medicine"),
    "AllergyIntolerance": later("Allergy"),
    "Coverage": later("Insurance"),
    "CarePlan": later("Plan"),
    "DocumentReference": later("Document"),
    "Procedure": later("Procedure"),
    "Encounter": later("Visit"),
    "RelatedPerson": later("Helper"),
    "QuestionnaireResponse": later("Assessment"),
}
_OTHERWISE: Final = later("Also")
_WHEN: Final = (
    "onsetDateTime",
    "effectiveDateTime",
    "recordedDate",
    "performedDateTime",
    "authoredOn",
    "date",
)
_WORDS: Final = ("code", "description", "medicationCodeableConcept", "type", "vaccineCode")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a packet: what kind of fact it is, what it says, when; ready to print."""

    kind: str
    text: str
    on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What a receiver may know of the person: pairs (name, text), facts, and notices that go along.

    ``basis`` is what it rests on; without one nothing else is here.
    """

    basis: Basis
    pairs: tuple[tuple[str, str], ...] = ()
    phones: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    notices: tuple[str, ...] = ()
    packet: Packet | None = None
    purpose: str = ""
    address: str = ""

    @property
    def part2(self) -> bool:
        """Tell whether records of a substance use disorder program are in it."""
        return len(self.notices) > 1


def disclose(by: Principal, task: Resource, channel: str) -> Papers:
    """Return what may leave to the receiver of a referral, and write down that it did.

    The first time a Communication tells it for the accounting; each look is in the trail. Nothing
    leaves without a basis.
    """
    with acting(by, durable=True):
        facts = known(by.org)
        view = referral_task(task)
        request = facts.read(f"ServiceRequest/{view.request}") or {}
        papers = papers_of(task, request, facts)
        if papers.packet is None:
            return papers
        _write_down(by, task, papers, channel, facts)
        audit.disclosed(by, view.reference, view.patient, papers.basis.kind)
    return papers


def papers_of(task: Resource, request: Resource, facts: RecordKnown) -> Papers:
    """Return what may leave to the receiver of a referral now; inside ``acting``."""
    view, asked = referral_task(task), request_view(request)
    basis = basis_of(view, asked, task, facts)
    patient = facts.read(f"Patient/{view.patient}") or {}
    wanted = [*asked.reasons, *_included(task), *_supporting(request)]
    found = facts.several([one for one in dict.fromkeys(wanted) if not one.startswith("Consent/")])
    about = [one for one in found.values() if _is_theirs(one, view.patient)]
    own = {view.reference, asked.reference}
    try:
        packed = packet([patient, request, *about], basis, facts.rules, reviewed=own)
    except NoBasisError:
        return Papers(basis=basis)
    return Papers(
        basis=basis,
        pairs=tuple(_person(packed)),
        phones=tuple(phones_of(_of_type(packed, "Patient"))),
        facts=tuple(fact for one in packed.included if (fact := fact_of(one))),
        notices=packed.notices,
        packet=packed,
        purpose=_purpose(asked),
        address=view.state.address,
    )


def _purpose(asked: RequestView) -> Purpose:
    return "treatment" if asked.kind == building.SPECIALIST else "service"


def basis_of(view: ReferralTask, asked: RequestView, task: Resource, facts: RecordKnown) -> Basis:
    """Return the basis on which facts that name the person may go to this receiver now."""
    specialist = asked.kind == building.SPECIALIST
    return basis_for(
        facts.of_patient(view.patient, "Consent"),
        recipient={view.receiver, target_of(task.get("owner"))} - {""},
        purpose=_purpose(asked),
        recipient_kind="health-care" if specialist else "community",
        at=facts.as_of.date(),
        rules=facts.rules,
        about=asked.reference,
    )


def _included(task: Resource) -> Iterator[str]:
    for entry in task.get("input", ()):
        if code_of(entry.get("type"), names.SDOHCC) == _CONTENT:
            yield target_of(entry.get("valueReference"))


def _supporting(request: Resource) -> Iterator[str]:
    for one in request.get("supportingInfo", ()):
        yield target_of(one)


def _is_theirs(resource: Mapping[str, Any], patient: str) -> bool:
    """Tell whether a resource is about this patient: nobody else's facts go along by mistake."""
    for name in ("subject", "patient", "beneficiary"):
        if name in resource:
            return target_of(resource[name]) == f"Patient/{patient}"
    return False


def _of_type(packed: Packet, kind: str) -> Mapping[str, Any]:
    return next((one for one in packed.included if one["resourceType"] == kind), {})


def _person(packed: Packet) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of who it is: only what the packet has."""
    kept = _of_type(packed, "Patient")
    request = _of_type(packed, "ServiceRequest")
    yield "name", spoken_name(kept)
    yield "birth", str(kept.get("birthDate", ""))
    yield "address", _address(kept)
    spoken = [words_of(one.get("language")) for one in kept.get("communication", ())]
    yield "language", ", ".join(filter(None, spoken))
    if request:
        yield "need", words_of(request.get("code"))
        yield "words", "\n".join(str(n.get("text", "")) for n in request.get("note", ()))


def _address(patient: Mapping[str, Any]) -> str:
    for one in patient.get("address", ()):
        parts = [*one.get("line", ()), one.get("city"), one.get("state"), one.get("postalCode")]
        return str(one.get("text") or ", ".join(str(part) for part in parts if part))
    return ""


def fact_of(resource: Mapping[str, Any]) -> Fact | None:
    """Return the line that says what a resource of a packet is; None for the person and the ask."""
    kind = str(resource["resourceType"])
    if kind in {"Patient", "ServiceRequest", "Task", "Provenance"}:
        return None
    on = next((str(resource[name])[:10] for name in _WHEN if resource.get(name)), "")
    text = next((w for name in _WORDS if (w := _said(resource.get(name)))), "")
    return Fact(_(_TITLES.get(kind, _OTHERWISE)), " ".join([text, _value(resource)]).strip(), on)


def _said(value: Any) -> str:
    return words_of(value) if isinstance(value, Mapping) else str(value or "")


def _value(resource: Mapping[str, Any]) -> str:
    if quantity := resource.get("valueQuantity"):
        return f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    return words_of(resource.get("valueCodeableConcept")) or str(resource.get("valueString", ""))


def _write_down(
    by: Principal, task: Resource, papers: Papers, channel: str, facts: RecordKnown
) -> None:
    """Write the disclosure once for each thing that left: another packet is another disclosure."""
    sent = papers.packet
    assert sent is not None  # noqa: S101 - whoever calls has looked
    held = sorted(reference_to(one) for one in sent.included)
    seed = f"{DISPATCH}|{by.org}|{task['id']}|{channel}|{'|'.join(held)}"
    identity = uuid5(NAMESPACE_URL, seed).hex
    if facts.read(f"Communication/{identity}") is not None:
        return
    said = building.Dispatch(kind="packet", channel=channel, at=stamp(facts))
    made = disclosed_by(building.communication(task, said, identity), papers)
    stayed = left_behind(made, sent)
    drafts = [made, *([stayed] if stayed else [])]
    store.commit(drafts, by=by, reason="packet disclosed", room=ROOM)


def disclosed_by(communication: Resource, papers: Papers) -> Resource:
    """Return the Communication that tells for the accounting what left with it."""
    count = len(papers.packet.included) if papers.packet else 0
    return told(
        communication,
        basis=papers.basis,
        purpose=papers.purpose,
        address=papers.address,
        what=f"Request and packet ({count} parts)",
        sent=papers.packet,
    )
