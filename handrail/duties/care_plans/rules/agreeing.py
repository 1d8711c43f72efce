"""Agreeing on a plan: who looks at it and signs it, in which order, and what a signature covers.

Each review and signature is a Task of its own, ended by a FHIR Signature
(http://hl7.org/fhir/R4/datatypes.html#signature) over the content that was seen. What is changed
afterwards makes the signature stale: the plan goes around again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource, code_of, concept, reference, reference_to
from handrail.fhir.rulebook import Rule, Rulebook, UnknownRuleError
from handrail.fhir.task import TaskStatus, is_open

KIND: Final = "plan-sign-off"
RULE: Final = "care-plan.chain"
SIGNATURE: Final = "signature"
SIGNED_CONTENT: Final = "signed-content"
SENT_BACK: Final = "sent-back"
LEFT_OUT: Final = "left-out"
_ASTM: Final = "urn:iso-astm:E1762-95:2013"
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "coordinator": ("1.2.840.10065.1.12.1.1", "Author's Signature"),
    "nurse": ("1.2.840.10065.1.12.1.8", "Review Signature"),
    "person": ("1.2.840.10065.1.12.1.7", "Consent Signature"),
    "primary-care": ("1.2.840.10065.1.12.1.8", "Review Signature"),
}
"""Purposes of signatures: http://hl7.org/fhir/R4/valueset-signature-type.html."""


class FrozenPlanError(BusinessRuleError):
    """The plan was agreed; what it says is not changed any more. A new version can be begun."""


class SignError(BusinessRuleError):
    """This signature is not due, or says too little. Nothing was saved."""


class State(StrEnum):
    """How far a link of the chain is."""

    SIGNED = "signed"
    STALE = "stale"
    WAITING = "waiting"
    SENT_BACK = "sent-back"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Link:
    """One who looks at the plan, within ``days``. Who is not ``required`` may be left out."""

    by: str
    days: int
    required: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A link of the chain, how far it is, by whom and when; ``task`` is its work, if any."""

    link: Link
    state: State
    who: str = ""
    at: str = ""
    how: str = ""
    reason: str = ""
    task: str = ""


def chain(rules: Rulebook, on: Any, programs: Sequence[str] = ()) -> tuple[Link, ...]:
    """Return who signs: the chain of the first program that has its own, else the general one."""
    return tuple(
        Link(str(one["by"]), int(one["days"]), bool(one["required"]))
        for one in _rule(rules, on, programs).values["chain"]
    )


def _rule(rules: Rulebook, on: Any, programs: Sequence[str]) -> Rule:
    for program in programs:
        try:
            return rules.rule(f"{RULE}.{program}", on)
        except UnknownRuleError:
            continue
    return rules.rule(RULE, on)


def content_of(plan: Resource, parts: Iterable[Resource]) -> str:
    """Return a fingerprint of what a signature covers: the plan's words, goals and steps.

    Who does a step and whether it is done are no part of it: they go on after the plan is agreed.
    """
    said = {
        "title": plan.get("title"),
        "addresses": _refs(plan.get("addresses", ())),
        "goals": _refs(plan.get("goal", ())),
        "steps": _refs(a.get("reference") or {} for a in plan.get("activity", ())),
        "parts": sorted((_said(part) for part in parts), key=lambda part: part["of"]),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _refs(references: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(str(one.get("reference", "")) for one in references)


def _said(part: Resource) -> dict[str, Any]:
    words = part.get("description")
    return {
        "of": reference_to(part),
        "words": words.get("text") if isinstance(words, dict) else words,
        "target": part.get("target"),
        "priority": part.get("priority") if part["resourceType"] == "Goal" else None,
        "addresses": _refs(part.get("addresses", ())),
        "code": part.get("code") if part["resourceType"] == "Condition" else None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who is asked to sign, by whom, when, and by when somebody looks whether they did."""

    owner: str
    owner_name: str
    by: str
    at: str
    look_by: str


def sign_off(plan: Resource, link: Link, asking: Asking) -> Resource:
    """Return the Task that asks for a signature."""
    step = work.Step(
        kind=KIND,
        step=f"Care plan: {SIGNERS[link.by]}",
        why="The plan is ready to be looked at and signed.",
        patient=str((plan.get("subject") or {}).get("reference", "")).partition("/")[2],
        owner=asking.owner,
        owner_name=asking.owner_name,
        look_by=asking.look_by,
        authored_at=asking.at,
        focus=reference_to(plan),
        requester=asking.by,
    )
    task = work.open_task(step)
    task["input"] = [
        *task.get("input", []),
        {"type": concept(work.TASK_INPUT, "signer"), "valueString": link.by},
    ]
    return task


SIGNERS: Final[Mapping[str, str]] = {
    "coordinator": "the coordinator signs",
    "nurse": "a nurse reviews",
    "person": "the person agrees",
    "primary-care": "primary care reviews",
}


def signer_of(task: Resource) -> str:
    """Return which link of the chain a Task asks."""
    return work.input_of(task, "signer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A signature as it is given. ``how``: here, on-paper, said. ``who`` is a reference."""

    who: str
    name: str
    how: str
    at: str
    on_behalf_of: str = ""


HOW: Final[Mapping[str, str]] = {
    "here": "here, signed in",
    "on-paper": "on paper",
    "said": "said so to the coordinator",
}


def signed(task: Resource, plan: Resource, content: str, signing: Signing) -> Resource:
    """Return the Task ended by a signature over ``content``, with the version that was seen.

    Raises:
        SignError: the work has ended, or nobody is named.
    """
    if not is_open(task["status"]):
        raise SignError("This was signed or sent back already. Look at the plan again.")
    if signing.how not in HOW or not signing.name.strip():
        raise SignError("Say who signed and how.")
    kind = _TYPES.get(signer_of(task), _TYPES["nurse"])
    signature: dict[str, Any] = {
        "type": [{"system": _ASTM, "code": kind[0], "display": kind[1]}],
        "when": signing.at,
        "who": reference(signing.who, signing.name) if signing.who else {"display": signing.name},
    }
    if signing.on_behalf_of:
        signature["onBehalfOf"] = reference(signing.on_behalf_of)
    version = str((plan.get("meta") or {}).get("versionId", ""))
    done = work.ended(task, TaskStatus.COMPLETED, evidence=[f"{reference_to(plan)}"])
    done["output"] = [
        *done["output"],
        _output(SIGNATURE, valueSignature=signature),
        _output("signed-how", valueString=signing.how),
        _output(SIGNED_CONTENT, valueString=content),
        _output("signed-version", valueString=version),
    ]
    return done


def _output(code: str, **value: Any) -> dict[str, Any]:
    return {"type": concept(work.TASK_OUTPUT, code), **value}


def sent_back(task: Resource, reason: str) -> Resource:
    """Return the Task ended because the signer wants something changed, with what they said.

    Raises:
        SignError: no reason was given.
    """
    if not reason.strip():
        raise SignError("Say what should be changed.")
    if not is_open(task["status"]):
        raise SignError("This was signed or sent back already. Look at the plan again.")
    return work.ended(task, TaskStatus.CANCELLED, reason=(SENT_BACK, reason.strip()))


def skipped(task: Resource, reason: str) -> Resource:
    """Return the Task of a link that is not required, ended with the reason it was left out."""
    if not reason.strip():
        raise SignError("Say why this signature is left out.")
    return work.ended(task, TaskStatus.CANCELLED, reason=(LEFT_OUT, reason.strip()))


def standings(
    links: Sequence[Link], tasks: Iterable[Resource], plan: str, content: str
) -> tuple[Standing, ...]:
    """Return how far each link of the chain is, in its order.

    Args:
        links: the chain.
        tasks: the person's Tasks.
        plan: the reference of the plan.
        content: the fingerprint of what the plan says now.
    """
    mine = [
        task
        for task in tasks
        if work.kind_of(task) == KIND and (task.get("focus") or {}).get("reference") == plan
    ]
    mine.sort(key=lambda task: str(task.get("authoredOn", "")))
    latest = {signer_of(task): task for task in mine}
    return tuple(_standing(link, latest.get(link.by), content) for link in links)


def _standing(link: Link, task: Resource | None, content: str) -> Standing:
    if task is None:
        return Standing(link, State.LATER)
    if is_open(task["status"]):
        owner = str((task.get("owner") or {}).get("display", ""))
        return Standing(link, State.WAITING, owner, task=str(task["id"]))
    signature = _value(task, SIGNATURE, "valueSignature")
    if signature:
        stale = _value(task, SIGNED_CONTENT, "valueString") != content
        who = str((signature.get("who") or {}).get("display", ""))
        return Standing(
            link,
            State.STALE if stale else State.SIGNED,
            who,
            str(signature.get("when", "")),
            str(_value(task, "signed-how", "valueString") or ""),
            task=str(task["id"]),
        )
    reason = str((task.get("statusReason") or {}).get("text", ""))
    code = code_of(task.get("statusReason"))
    state = State.SIGNED if code == LEFT_OUT else State.SENT_BACK
    return Standing(link, state, how=code, reason=reason, task=str(task["id"]))


def signature_of(task: Resource) -> Mapping[str, Any] | None:
    """Return the signature that ended a Task; None if it did not end by one."""
    found: Mapping[str, Any] | None = _value(task, SIGNATURE, "valueSignature")
    return found


def moment(at: str) -> datetime:
    """Return an instant of a signature."""
    return datetime.fromisoformat(at.replace(":60", ":59", 1))  # a leap second


def _value(task: Resource, code: str, key: str) -> Any:
    for entry in task.get("output", ()):
        types = (entry.get("type") or {}).get("coding", ())
        if any(one.get("code") == code for one in types):
            return entry.get(key)
    return None


def sent_back_last(tasks: Iterable[Resource], plan: str) -> tuple[str, str] | None:
    """Return (who, why) when the last thing that was done about a plan was to send it back."""
    mine = [
        task
        for task in tasks
        if work.kind_of(task) == KIND and (task.get("focus") or {}).get("reference") == plan
    ]
    last = max(mine, key=lambda task: str(task.get("authoredOn", "")), default=None)
    if last is None or code_of(last.get("statusReason")) != SENT_BACK:
        return None
    return signer_of(last), str((last.get("statusReason") or {}).get("text", ""))


def next_link(standing: Sequence[Standing]) -> Link | None:
    """Return whose turn it is; None: everybody signed what the plan says now."""
    for one in standing:
        if one.state is not State.SIGNED:
            return one.link
    return None


def check_open(plan: Resource) -> None:
    """Refuse to change what an agreed plan says.

    Raises:
        FrozenPlanError: the plan is agreed, ended or replaced.
    """
    if plan.get("status") not in {"draft", "on-hold"}:
        raise FrozenPlanError(
            "This plan is agreed, so what it says is kept as it was signed. Nothing was changed."
            " Begin a new version to change goals or steps."
        )
