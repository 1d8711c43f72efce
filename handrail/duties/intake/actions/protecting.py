"""The safety protocol: what was done and said is written down, and that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access.principal import Principal
from handrail.duties.intake.actions.opening import ROOM, open_assessment, refuse_unless
from handrail.duties.intake.resources import codes_by_link
from handrail.duties.intake.rules import SAFETY, safety
from handrail.duties.intake.rules.instruments import Protocol, protocol
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource, concept, id_of, reference
from handrail.fhir.task import is_open
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft, Stored

CATEGORY: Final = "urn:handrail:safety-protocol"
OUTCOMES: Final = {
    "safe-now": later("Safe for now; we agreed when we talk next"),
    "handed-over": later("Handed over to a clinician or the crisis line, in person"),
    "emergency": later("Emergency services were called"),
    "denies": later("Meant something else; no danger was found"),
}
"""How a protocol ended, by code."""


class IncompleteProtocolError(BusinessRuleError):
    """Something has to be said first; ``field`` is the id of the field that wants it."""

    def __init__(self, field: str, message: str) -> None:
        """Keep which field it is about."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """What was done: the steps taken (codes), how it ended, what was said, who was told."""

    steps: Sequence[str]
    outcome: str
    said: str
    told: str = ""


def protocol_of(by: Principal, task: Resource, language: str = "en") -> Protocol:
    """Return the protocol that a piece of work asks for."""
    facts = known(by.org)
    slug = work.input_of(task, work.RULE).removeprefix("protocol.")
    return protocol(facts.rules, slug, facts.as_of.date(), language)


def open_protocols(by: Principal, patient: str, assessment: str = "") -> list[Stored]:
    """Return the safety protocols that nobody has finished, of a patient or of one assessment."""
    return [
        each
        for each in store.of_patient(patient, "Task", by=by)
        if is_open(each.resource["status"])
        and work.kind_of(each.resource) == SAFETY
        and assessment in {"", id_of(each.resource.get("focus"))}
    ]


def document_protocol(
    by: Principal, task: str, done: Protected, *, if_match: int | None = None
) -> Committed:
    """Write down what was done and said (a Communication), and end the protocol with it.

    Raises:
        IncompleteProtocolError: it is not said how it ended, or why a step was left out.
        BusinessRuleError: it has ended already.
        VersionConflictError: somebody changed it meanwhile.
    """
    stored = store.read(f"Task/{task}", by=by)
    found = stored.resource
    is_ours = work.kind_of(found) == SAFETY and is_open(found["status"])
    refuse_unless(is_ours, _("This protocol has ended already."))
    wanted = protocol_of(by, found)
    steps = [(code, words) for code, words in wanted.steps if code in set(done.steps)]
    if done.outcome not in OUTCOMES:
        raise IncompleteProtocolError("outcome", _("Choose how it ended."))
    if not done.said.strip():
        what = _("Write down what the person said and what you agreed.")
        if len(steps) < len(wanted.steps):
            what = _("Write down what was said, and why a step was left out.")
        raise IncompleteProtocolError("said", what)
    told = _communication(by, found, done, [words for _code, words in steps])
    ended = safety.finished(found, f"Communication/{told['id']}", steps)
    drafts = [Draft(told), Draft(ended, if_match=if_match or stored.version)]
    return store.commit(drafts, by=by, reason=f"safety protocol: {done.outcome}", room=ROOM)


def _communication(
    by: Principal, task: Resource, done: Protected, steps: Sequence[str]
) -> Resource:
    now = known(by.org).as_of.isoformat(timespec="seconds")
    texts = [done.said.strip()]
    texts += [f"{_('Told')}: {done.told.strip()}"] if done.told.strip() else []
    texts += [f"[x] {words}" for words in steps]
    focus = task.get("focus") or {}
    return {
        "resourceType": "Communication",
        "id": uuid4().hex,
        "status": "completed",
        "category": [
            concept(CATEGORY, work.input_of(task, work.RULE).removeprefix("protocol.")),
            concept(safety.OUTCOME_SYSTEM, done.outcome, text=OUTCOMES[done.outcome]),
        ],
        "priority": "stat",
        "subject": task["for"],
        "about": [reference(f"Task/{task['id']}"), *([focus] if focus else [])],
        "sent": now,
        "recipient": [task["for"]],
        "sender": reference(by.person, by.name),
        "reasonCode": [{"text": str((task.get("reasonCode") or {}).get("text", ""))}],
        "payload": [{"contentString": text} for text in texts],
    }


def was_mistyped(by: Principal, task: str) -> Committed:
    """End a protocol because the answer was a slip of the finger, and has been corrected.

    Raises:
        BusinessRuleError: the answer still says it, or the protocol has ended.
    """
    stored = store.read(f"Task/{task}", by=by)
    found = stored.resource
    is_ours = work.kind_of(found) == SAFETY and is_open(found["status"])
    refuse_unless(is_ours, _("This protocol has ended already."))
    refuse_unless(
        not still_said(by, found),
        _("The answer still says it. Correct the answer first, or go through the steps."),
    )
    draft = Draft(safety.mistyped(found), if_match=stored.version)
    return store.commit([draft], by=by, reason="answer corrected", room=ROOM)


def still_said(by: Principal, task: Resource) -> bool:
    """Tell whether the answers still call for this protocol."""
    opened = open_assessment(by, id_of(task.get("focus")))
    facts = known(by.org)
    codes = codes_by_link(opened.definition.resource) if opened.definition else {}
    slug = work.input_of(task, work.RULE).removeprefix("protocol.")
    met = safety.met(opened.response, codes, facts.rules, facts.as_of)
    return any(rule.protocol == slug for rule in met)
