"""Referrals written as FHIR: SDOH Clinical Care 3.0.0, and US Core for specialists. Pure.

Sources: http://hl7.org/fhir/us/sdoh-clinicalcare/STU3/, http://hl7.org/fhir/us/core/STU7/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.fhir import work
from handrail.fhir.dispatch import DISPATCH
from handrail.fhir.referring import names
from handrail.fhir.referring.asked import About, with_about
from handrail.fhir.referring.moves import restaged
from handrail.fhir.referring.state import with_state
from handrail.fhir.resource import Resource, concept, id_of, reference

SPECIALIST: Final = "specialist"
ASSESSMENT: Final = "assessment"
INDIRECT: Final = "indirect"
_OWNERS: Final = ("Organization/", "PractitionerRole/", "Practitioner/", "CareTeam/")
_ACTORS: Final = ("Organization/", "PractitionerRole/", "Practitioner/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for whom, by whom; ``at`` an instant, ``needed_by`` a day, references whole.

    ``code`` is (system, code) of the kind of work; ``original`` the ServiceRequest somebody else
    made, ``requester`` (reference, name).
    """

    patient: str
    what: str
    at: str
    requester: tuple[str, str]
    about: About
    code: tuple[str, str] = ("", "")
    category: str = ""
    reasons: tuple[str, ...] = ()
    goal: str = ""
    priority: str = "routine"
    needed_by: str = ""
    words: str = ""
    original: str = ""


def request(wish: Wish, identity: str) -> Resource:
    """Return the ServiceRequest, a draft."""
    social = wish.about.kind != SPECIALIST
    profile = names.REQUEST_PROFILE if social else names.US_CORE_REQUEST
    made: Resource = {
        "resourceType": "ServiceRequest",
        "id": identity,
        "meta": {"profile": [profile]},
        "identifier": [{"system": names.REFERRAL, "value": identity}],
        "status": "draft",
        "intent": "filler-order" if wish.original else "order",
        "category": _categories(wish, social=social),
        "priority": wish.priority,
        "code": _code(wish.code, wish.what),
        "subject": reference(f"Patient/{wish.patient}"),
        "authoredOn": wish.at,
        "requester": reference(*wish.requester),
    }
    if wish.original:
        made["basedOn"] = [reference(wish.original)]
    if wish.needed_by:
        made["occurrencePeriod"] = {"end": wish.needed_by}
    if wish.reasons:
        made["reasonReference"] = [reference(one) for one in wish.reasons]
    if wish.words:
        made["note"] = [{"text": wish.words}]
    if wish.goal:
        made["extension"] = [{"url": names.PERTAINS, "valueReference": reference(wish.goal)}]
    return with_about(made, wish.about)


def _categories(wish: Wish, *, social: bool) -> list[dict[str, Any]]:
    if not social:
        return [{"text": "Referral to a specialist"}]
    found = [concept(names.US_CORE_CATEGORY, "sdoh", "SDOH")]
    return [*found, concept(names.SDOHCC, wish.category)] if wish.category else found


def _code(code: tuple[str, str], words: str) -> dict[str, Any]:
    return concept(*code, text=words) if code[1] else {"text": words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One receiver who is asked.

    ``owner`` is a reference a Task may be owned by, else ``receiver`` ("HealthcareService/...")
    alone names it; both empty: only the ``name`` is known. ``looker`` (reference, name) is who
    looks at it here, ``house`` what we are called, ``part_of`` the Task somebody else made.
    """

    receiver: str
    name: str
    owner: str = ""
    channel: str = "phone"
    address: str = ""
    why: str = ""
    looker: tuple[str, str] = ("", "")
    house: str = ""
    part_of: str = ""


def task(wish: Wish, asked: Asked, request_id: str, identity: str) -> Resource:
    """Return the Task of one receiver, a draft."""
    fulfill = {
        "system": names.TASK_CODE,
        "code": "fulfill",
        "display": "Fulfill the focal request",
    }
    made: Resource = {
        "resourceType": "Task",
        "id": identity,
        "meta": {"profile": [names.TASK_PROFILE]} if wish.about.kind != SPECIALIST else {},
        "status": "draft",
        "intent": "order",
        "priority": wish.priority,
        "code": {"coding": [fulfill, {"system": work.TASK_KIND, "code": names.KIND}]},
        "description": wish.what,
        "focus": reference(f"ServiceRequest/{request_id}"),
        "for": reference(f"Patient/{wish.patient}"),
        "authoredOn": wish.at,
        "requester": {"type": "Organization", "display": asked.house},
        "owner": _owner(asked, identity),
    }
    if not made["meta"]:
        del made["meta"]
    if asked.part_of:
        made["partOf"] = [reference(asked.part_of)]
    made = work.looked_after(made, *asked.looker)
    told = with_state(
        made,
        channel=asked.channel,
        address=asked.address,
        receiver=asked.receiver,
        candidate=asked.why,
    )
    return restaged(told, wish.at)


def _owner(asked: Asked, identity: str) -> dict[str, Any]:
    for one in (asked.owner, asked.receiver):
        if one.startswith(_OWNERS):
            return dict(reference(one, asked.name))
    value = asked.receiver or identity
    return {"identifier": {"system": names.RECEIVER, "value": value}, "display": asked.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a receiver did. ``outcome`` is (code, words); ``by`` (reference, name)."""

    outcome: tuple[str, str]
    at: str
    by: tuple[str, str]
    note: str = ""


def procedure(asked: Resource, result: Result, identity: str) -> Resource:
    """Return the Procedure that a receiver's outcome is: SDOHCC for social, US Core otherwise."""
    social = [c for c in asked.get("category", ()) if _is_social(c)]
    profile = names.PROCEDURE_PROFILE if names.REQUEST_PROFILE in _profiles(asked) else ""
    made: Resource = {
        "resourceType": "Procedure",
        "id": identity,
        "meta": {"profile": [profile or names.US_CORE_PROCEDURE]},
        "basedOn": [reference(asked)],
        "status": "completed",
        "code": asked["code"],
        "subject": asked["subject"],
        "performedDateTime": result.at,
        "outcome": concept(names.OUTCOME, result.outcome[0], text=result.outcome[1]),
    }
    if social:
        made["category"] = social[-1]
    if asked.get("reasonReference"):
        made["reasonReference"] = asked["reasonReference"]
    if result.by[0].startswith(_ACTORS):
        made["performer"] = [{"actor": reference(*result.by)}]
    goals = [e for e in asked.get("extension", ()) if e.get("url") == names.PERTAINS]
    if goals:
        made["extension"] = goals
    if result.note:
        made["note"] = [{"text": result.note}]
    return made


def _is_social(category: Mapping[str, Any]) -> bool:
    return any(c.get("system") == names.SDOHCC for c in category.get("coding", ()))


def _profiles(resource: Resource) -> list[str]:
    return list((resource.get("meta") or {}).get("profile", ()))


def resulting(task: Resource, activity: str, outcome: tuple[str, str]) -> Resource:
    """Return the Task with what came of it: the Procedure (empty: none), and the outcome's code."""
    kind = concept(names.SDOHCC, "resulting-activity", "Resulting Activity")
    came = concept(names.OUTCOME, outcome[0], text=outcome[1])
    output = list(task.get("output", ()))
    if activity:
        output.append({"type": kind, "valueReference": reference(activity)})
    output.append({"type": concept(work.TASK_OUTPUT, "outcome"), "valueCodeableConcept": came})
    return {**task, "output": output}


MEDIUM: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
CHANNELS: Final[Mapping[str, str]] = {
    "fhir": "ELECTRONIC",
    "mail": "EMAILWRIT",
    "sms": "SMSWRIT",
    "fax": "FAXWRIT",
    "phone": "PHONE",
    "link": "REMOTE",
    "post": "MAILWRIT",
    "in-person": "FACE",
}
"""How it travels, and the code of HL7's ParticipationMode."""


def channel_of(medium: str) -> str:
    """Return our channel for a code of ParticipationMode; what is unknown stays as it is."""
    return next((name for name, code in CHANNELS.items() if code == medium), medium)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What went out or came in.

    ``kind`` is a code of urn:handrail:dispatch; of urn:handrail:referral-said if ``incoming``.
    """

    kind: str
    channel: str
    at: str
    status: str = "completed"
    text: str = ""
    sender: tuple[str, str] = ("", "")
    incoming: bool = False
    extensions: Iterable[Mapping[str, Any]] = field(default_factory=tuple)


def communication(task: Resource, said: Dispatch, identity: str) -> Resource:
    """Return the Communication of a dispatch; ``task`` is the referral it belongs to."""
    receiver = task.get("owner") or {}
    made: Resource = {
        "resourceType": "Communication",
        "id": identity,
        "basedOn": [task["focus"]],
        "status": said.status,
        "category": [concept(names.SAID if said.incoming else DISPATCH, said.kind)],
        "medium": [concept(MEDIUM, CHANNELS[said.channel])],
        "subject": reference(f"Patient/{id_of(task.get('for'), 'Patient')}"),
        "about": [reference(task)],
    }
    if said.incoming:
        made["sender"] = _someone(receiver)
        made["received"] = said.at
    else:
        made["recipient"] = [_someone(receiver)]
        made["sent"] = said.at
        if said.sender[0]:
            made["sender"] = reference(*said.sender)
    if said.text:
        made["payload"] = [{"contentString": said.text}]
    if extensions := [dict(one) for one in said.extensions]:
        made["extension"] = extensions
    return made


def _someone(owner: Mapping[str, Any]) -> dict[str, Any]:
    """Return a receiver as a Communication names one; a service by reference."""
    value = str((owner.get("identifier") or {}).get("value", ""))
    if value.startswith("HealthcareService/"):
        return dict(reference(value, str(owner.get("display", ""))))
    return dict(owner)
