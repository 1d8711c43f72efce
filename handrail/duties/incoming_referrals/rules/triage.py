"""From what arrived to a yes or no: what is asked of us, as ServiceRequest and Task of our own.

What another system asks stays as it is; ours is based on it (intent filler-order), and every answer
is told in both. Source: SDOH Clinical Care 3.0.0, indirect referrals; BSeR's moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from handrail.duties.incoming_referrals.resources import Asked
from handrail.duties.incoming_referrals.rules.words import REFERRAL, TRIAGE
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.fhir.instants import written
from handrail.fhir.referring.moves import Moves
from handrail.fhir.referring.names import RECIPIENT, TASK_CODE
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, concept, reference
from handrail.fhir.task import TaskStatus

RULE: Final = "incoming-referrals.triage"
_MOST: Final = 500  # characters of what is asked


def waits(task: Mapping[str, Any]) -> bool:
    """Tell whether another system's request has been sorted by nobody yet."""
    return task["status"] == TaskStatus.REQUESTED and not state_in(task).seen


def new_patient(asked: Asked, identity: str) -> Resource:
    """Return the Patient whom a referral names, as far as it does."""
    patient = {**asked.person, "id": identity, "active": True}
    for point in patient.get("telecom", ()):
        point.setdefault("use", "home")
    if asked.language:
        patient["communication"] = [
            {"language": concept("urn:ietf:bcp:47", asked.language), "preferred": True}
        ]
    return patient


def opened(
    origin: Resource, patient: str, asked: Asked, known: Known, who: tuple[str, str]
) -> list[Resource]:
    """Return the ServiceRequest and, last, the Task to say yes or no.

    Args:
        origin: the DocumentReference or the other system's Task.
        patient: the id of whom it is about.
        asked: what it says.
        known: what rules may know.
        who: (Type/id, name) of who sorted it and looks at it next.
    """
    at = written(known.as_of)
    request = _request(origin, patient, asked, at)
    return [request, _task(request, origin, patient, asked, known, who)]


def _request(origin: Resource, patient: str, asked: Asked, at: str) -> Resource:
    elsewhere = origin["resourceType"] == "Task"
    request: Resource = {
        "resourceType": "ServiceRequest",
        "id": uuid4().hex,
        "identifier": [{"system": REFERRAL, "value": str(origin["id"])}],
        "status": "active",
        "intent": "filler-order" if elsewhere else "order",
        "code": {"text": asked.what[:_MOST] or "Not said"},
        "subject": reference(f"Patient/{patient}"),
        "authoredOn": at,
    }
    sender = ", ".join(filter(None, [asked.sender, asked.organization]))
    if sender:
        request["requester"] = {"display": sender[:200]}
    if asked.note:
        request["note"] = [{"text": asked.note}]
    if elsewhere:
        request["basedOn"] = [origin["focus"]] if origin.get("focus") else []
        request = {name: value for name, value in request.items() if value != []}
    else:
        request["supportingInfo"] = [reference(f"DocumentReference/{origin['id']}")]
    return request


def _task(
    request: Resource,
    origin: Resource,
    patient: str,
    asked: Asked,
    known: Known,
    who: tuple[str, str],
) -> Resource:
    days = int(_values(known)["answer_business_days"])
    step = work.Step(
        kind=TRIAGE,
        step="Say yes or no to a referral",
        why=asked.what[:120] or "What is asked is not said.",
        patient=patient,
        owner=who[0],
        owner_name=who[1],
        look_by=_after(known, days),
        authored_at=written(known.as_of),
        focus=f"ServiceRequest/{request['id']}",
        part_of=f"Task/{origin['id']}" if origin["resourceType"] == "Task" else "",
        rule=RULE,
    )
    task = work.open_task(step, uuid4().hex)
    task["code"]["coding"].append({"system": TASK_CODE, "code": "fulfill"})
    if asked.answer_to:
        task = with_state(task, address=asked.answer_to)
    return task


def _values(known: Known) -> Mapping[str, Any]:
    return known.rules.rule(RULE, known.as_of.date()).values


def _after(known: Known, business_days: int) -> str:
    calendar = known.calendar
    day = calendar.after(calendar.local_date(known.as_of), business_days)
    return calendar.end_of(day).isoformat(timespec="seconds")


def moved(task: Resource, event: str, known: Known, *, note: str = "") -> Resource:
    """Return a Task of ours, or the other system's, after what we say: accept, decline, schedule.

    Raises:
        IllegalReferralMoveError: it cannot be said as it stands.
    """
    at = written(known.as_of)
    ways = Moves.read(known.rules, known.as_of.date()).reach(task, event, RECIPIENT, at=at)
    after = ways[-1]
    if note:
        after = {**after, "note": [*after.get("note", []), {"text": note, "time": at}]}
    if event == "decline":
        after["statusReason"] = concept(work.STATUS_REASON, "declined", text=note or "Declined")
    if work.kind_of(after) and after["status"] not in {"completed", "rejected", "cancelled"}:
        end = _after(known, int(_values(known)["again_business_days"]))
        after = {**after, "restriction": {"period": {"end": end}}}
    return after


def refused(task: Resource, words: str, known: Known) -> Resource:
    """Return another system's Task, declined before anybody here took it on."""
    return moved(task, "decline", known, note=words)


def done(task: Resource, proof: str, known: Known, *, note: str) -> Resource:
    """Return the Task with its outcome: ``proof`` (Type/id) shows what was done."""
    after = moved(task, "outcome", known, note=note)
    output = {"type": concept(work.TASK_OUTPUT, work.EVIDENCE), "valueReference": reference(proof)}
    activity = {
        "type": {"coding": [_RESULTING]},
        "valueReference": reference(proof),
    }
    outputs = [output, activity] if work.kind_of(after) else [activity]
    return {**after, "output": [*after.get("output", []), *outputs]}


_RESULTING: Final = {
    "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
    "code": "resulting-activity",
    "display": "Resulting Activity",
}


def procedure(task: Resource, note: str, known: Known, who: tuple[str, str]) -> Resource:
    """Return the Procedure that tells what was done for the person, as of now."""
    return {
        "resourceType": "Procedure",
        "id": uuid4().hex,
        "status": "completed",
        "code": {"text": str(task["reasonCode"]["text"])},
        "subject": task["for"],
        "basedOn": [task["focus"]],
        "performedDateTime": written(known.as_of),
        "performer": [{"actor": reference(*who)}],
        "note": [{"text": note}],
    }
