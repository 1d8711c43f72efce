"""What a receiver said, as it is kept: word for word, as proof, and in the request."""

from __future__ import annotations

from uuid import uuid4

from handrail.access.principal import Principal, Role
from handrail.duties.referrals.resources import request_view
from handrail.duties.referrals.rules import reporting
from handrail.duties.referrals.rules.reporting import Reports, Says
from handrail.fhir import work
from handrail.fhir.change import stamp
from handrail.fhir.referring import building
from handrail.fhir.referring.state import receiver_of, state_in
from handrail.fhir.resource import Resource, concept, id_of, reference
from handrail.record.known import RecordKnown
from handrail.record.store import Draft


def taken_by(request: Resource, task: Resource) -> Draft:
    """Return the request with who does it; two who say yes at once meet here, and one is first."""
    version = int((request.get("meta") or {}).get("versionId", 0))
    if request_view(request).about.several:
        performers = [*request.get("performer", ()), _performer(task)]
    else:
        performers = [_performer(task)]
    return Draft({**request, "performer": performers}, if_match=version)


def _performer(task: Resource) -> Resource:
    owner, receiver = dict(task.get("owner") or {}), state_in(task).receiver
    if not receiver:
        return owner
    return dict(reference(receiver, str(owner.get("display", ""))))


def noted(task: Resource, given: Says, at: str) -> Resource:
    """Return the Task with what was written beside the answer."""
    text = given.note.strip()
    if not text:
        return task
    who = reporting.who_said(given.name, given.phone) or "—"
    return {
        **task,
        "note": [*task.get("note", ()), {"authorString": who, "time": at, "text": text}],
    }


def said(by: Principal, task: Resource, given: Says, facts: RecordKnown, kind: str) -> Resource:
    """Return the Communication that keeps what a receiver said, word for word."""
    via = {"mail": "mail", "fax": "fax", "fhir": "fhir", "phone": "phone", "link": "link"}
    told = building.Dispatch(
        kind=kind,
        channel=via.get(given.via, "in-person"),
        at=stamp(facts),
        text=reporting.in_words(given, facts),
        incoming=True,
    )
    made = building.communication(task, told, uuid4().hex)
    if not by.has(Role.RECEIVER):
        made["recipient"] = [reference(by.person, by.name)]
    return made


def evident(task: Resource, said: Resource) -> Resource:
    """Return the Task with the proof of what was told (P3)."""
    proof = {
        "type": concept(work.TASK_OUTPUT, work.EVIDENCE),
        "valueReference": reference(said),
    }
    return {**task, "output": [*task.get("output", ()), proof]}


def procedure(request: Resource, task: Resource, given: Reports, facts: RecordKnown) -> Resource:
    """Return the Procedure of what was done."""
    outcome = reporting.outcome_of(given, facts)
    owner = task.get("owner") or {}
    result = building.Result(
        outcome=(outcome.code, outcome.words),
        at=reporting.moment(given.at, facts.calendar.zone) or stamp(facts),
        by=(str(owner.get("reference", "")) or receiver_of(task), str(owner.get("display", ""))),
        note=given.note.strip(),
    )
    return building.procedure(request, result, uuid4().hex)


def request_of(task: Resource, facts: RecordKnown) -> Resource | None:
    """Return the request that a referral is part of."""
    return facts.read(f"ServiceRequest/{id_of(task.get('focus'), 'ServiceRequest')}")
