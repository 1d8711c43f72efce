"""Frozen views of what this room reads: a request, a referral at one receiver, what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir import work
from handrail.fhir.dispatch import DISPATCH
from handrail.fhir.referring import names
from handrail.fhir.referring.asked import About, about_in
from handrail.fhir.referring.building import channel_of
from handrail.fhir.referring.stages import OPEN, Stage, stage_of
from handrail.fhir.referring.state import State, receiver_of, state_in
from handrail.fhir.resource import Resource, code_of, id_of, target_of, words_of

URGENT: Final = frozenset({"urgent", "asap", "stat"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A ServiceRequest: what is asked for whom, and how it was closed."""

    id: str
    version: int
    patient: str
    status: str
    ours: bool
    kind: str
    category: str
    what: str
    priority: str
    needed_by: str
    asked_at: str
    requester: str
    reasons: tuple[str, ...]
    goals: tuple[str, ...]
    performers: tuple[str, ...]
    based_on: str
    note: str
    about: About

    @property
    def reference(self) -> str:
        """Return ``ServiceRequest/id``."""
        return f"ServiceRequest/{self.id}"

    @property
    def is_open(self) -> bool:
        """Tell whether it is neither closed nor taken back."""
        return self.status in {"draft", "active", "on-hold"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralTask:
    """A referral at one receiver: its Task."""

    id: str
    version: int
    patient: str
    request: str
    stage: Stage
    receiver: str
    receiver_name: str
    looker: str
    looker_name: str
    look_at: str
    urgent: bool
    what: str
    authored_at: str
    reason: str
    reason_code: str
    outcome: str
    evidence: tuple[str, ...]
    part_of: str
    notes: tuple[NoteView, ...]
    state: State

    @property
    def reference(self) -> str:
        """Return ``Task/id``."""
        return f"Task/{self.id}"

    @property
    def is_open(self) -> bool:
        """Tell whether somebody has something to do."""
        return self.stage in OPEN


@dataclass(frozen=True, slots=True)
class NoteView:
    """What somebody wrote on a referral."""

    at: str
    who: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchView:
    """What went out for a referral, or came in.

    ``kind``: ask, packet, code, reminder, cancel, fhir; answer and late-answer came in. ``status``:
    preparation, in-progress, completed, not-done; ``trouble`` says why not.
    """

    id: str
    version: int
    kind: str
    task: str
    request: str
    channel: str
    status: str
    at: str
    recipient: str
    text: str
    trouble: str


def request_view(request: Resource) -> RequestView:
    """Return what a ServiceRequest says."""
    about = about_in(request)
    social = (code_of(one, names.SDOHCC) for one in request.get("category", ()))
    notes = [str(one.get("text", "")) for one in request.get("note", ())]
    return RequestView(
        id=str(request.get("id", "")),
        version=int((request.get("meta") or {}).get("versionId", 0) or 0),
        patient=id_of(request.get("subject"), "Patient"),
        status=str(request.get("status", "")),
        ours=is_ours(request),
        kind=about.kind,
        category=next((code for code in social if code), ""),
        what=words_of(request.get("code")),
        priority=str(request.get("priority", "")),
        needed_by=_needed_by(request),
        asked_at=str(request.get("authoredOn", "")),
        requester=str((request.get("requester") or {}).get("display", "")),
        reasons=tuple(target_of(one) for one in request.get("reasonReference", ())),
        goals=tuple(_goals(request)),
        performers=tuple(target_of(one) for one in request.get("performer", ())),
        based_on=next((target_of(one) for one in request.get("basedOn", ())), ""),
        note="\n".join(filter(None, notes)),
        about=about,
    )


def _needed_by(request: Resource) -> str:
    period = request.get("occurrencePeriod") or {}
    return str(request.get("occurrenceDateTime") or period.get("end", ""))[:10]


def _goals(request: Resource) -> list[str]:
    held = [e for e in request.get("extension", ()) if e.get("url") == names.PERTAINS]
    return [target_of(one.get("valueReference")) for one in held]


def is_ours(request: Mapping[str, Any]) -> bool:
    """Tell whether a ServiceRequest is a referral that was made here."""
    return any(one.get("system") == names.REFERRAL for one in request.get("identifier", ()))


def is_referral(task: Mapping[str, Any]) -> bool:
    """Tell whether a Task is a referral at a receiver."""
    return work.kind_of(task) == names.KIND


def referral_task(task: Resource) -> ReferralTask:
    """Return what a referral's Task says."""
    state, owner = state_in(task), task.get("owner") or {}
    looker, looker_name = work.looker_of(task)
    reason = task.get("statusReason") or {}
    return ReferralTask(
        id=str(task.get("id", "")),
        version=int((task.get("meta") or {}).get("versionId", 0) or 0),
        patient=id_of(task.get("for"), "Patient"),
        request=id_of(task.get("focus"), "ServiceRequest"),
        stage=stage_of(task),
        receiver=receiver_of(task),
        receiver_name=str(owner.get("display", "")),
        looker=looker,
        looker_name=looker_name,
        look_at=work.look_by(task),
        urgent=task.get("priority") in URGENT,
        what=str(task.get("description", "")),
        authored_at=str(task.get("authoredOn", "")),
        reason=words_of(reason),
        reason_code=code_of(reason),
        outcome=_outcome(task),
        evidence=tuple(evidence_in(task)),
        part_of=next((id_of(one, "Task") for one in task.get("partOf", ())), ""),
        notes=tuple(_notes(task)),
        state=state,
    )


def _notes(task: Resource) -> list[NoteView]:
    return [
        NoteView(
            str(one.get("time", "")),
            str(one.get("authorString") or (one.get("authorReference") or {}).get("display") or ""),
            str(one.get("text", "")),
        )
        for one in task.get("note", ())
    ]


def _outcome(task: Resource) -> str:
    for entry in task.get("output", ()):
        code = code_of(entry.get("valueCodeableConcept"), names.OUTCOME)
        if code:
            return code
    return ""


def evidence_in(task: Mapping[str, Any]) -> list[str]:
    """Return what the outputs of a referral refer to: results, content, evidence."""
    found = (target_of(entry.get("valueReference")) for entry in task.get("output", ()))
    return list(dict.fromkeys(one for one in found if one))


def dispatch_view(communication: Resource) -> DispatchView:
    """Return what a Communication of a referral says."""
    kinds = (
        code_of(one, DISPATCH) or code_of(one, names.SAID)
        for one in communication.get("category", ())
    )
    based = (id_of(one, "ServiceRequest") for one in communication.get("basedOn", ()))
    about = (id_of(one, "Task") for one in communication.get("about", ()))
    to = [one for one in communication.get("recipient", ()) if one]
    said = [str(one.get("contentString", "")) for one in communication.get("payload", ())]
    return DispatchView(
        id=str(communication.get("id", "")),
        version=int((communication.get("meta") or {}).get("versionId", 0) or 0),
        kind=next((code for code in kinds if code), ""),
        task=next((one for one in about if one), ""),
        request=next((one for one in based if one), ""),
        channel=next((channel_of(code_of(one)) for one in communication.get("medium", ())), ""),
        status=str(communication.get("status", "")),
        at=str(communication.get("sent") or communication.get("received") or ""),
        recipient=str(to[0].get("display") or target_of(to[0])) if to else "",
        text="\n".join(filter(None, said)),
        trouble=words_of(communication.get("statusReason")),
    )
