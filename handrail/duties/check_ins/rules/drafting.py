"""How a contact is written in FHIR R4, so that any EHR can read it.

Two-way: an Encounter (US Core) with its minutes in ``length``, and the note as a DocumentReference
(US Core clinical note; LOINC 34748-4 "Telephone encounter Note", else 34109-9 "Note"). Anything
else: a Communication, completed (a message, a letter, a word with staff) or not done, with why.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from handrail.duties.check_ins.resources import CONTACT, MINUTES, NOTE_TITLE, OUTCOME
from handrail.duties.check_ins.rules.contact import Around, Contact, How, Outcome
from handrail.fhir import work
from handrail.fhir.resource import Resource, concept, reference

_CLASS_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_MODES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
_CLASSES = {How.VISIT: ("HH", "home health")}
_VIRTUAL = ("VR", "virtual")
_LOINC = "http://loinc.org"
_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"

MEDIUM = {
    How.PHONE: ("PHONE", "telephone"),
    How.VISIT: ("PHYSICAL", "physical presence"),
    How.VIDEO: ("VIDEOCONF", "videoconferencing"),
    How.MESSAGE: ("TYPEWRIT", "typewritten"),
    How.LETTER: ("MAILWRIT", "mail"),
}

SAID = {
    Outcome.PATIENT: "Spoke with patient",
    Outcome.FAMILY: "Spoke with family",
    Outcome.NO_ANSWER: "No answer",
    Outcome.LEFT_MESSAGE: "Left message",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.CALL_BACK: "Call back later",
    Outcome.STAFF: "Spoke with staff",
}

HOW = {
    How.PHONE: "Phone",
    How.VISIT: "Visit",
    How.VIDEO: "Video",
    How.MESSAGE: "Message",
    How.LETTER: "Letter",
}


def drafts(contact: Contact, around: Around) -> Iterator[Resource]:
    """Yield what stands for the contact in the record."""
    if contact.outcome.two_way:
        yield _encounter(contact, around)
        yield _note(contact, around)
    else:
        yield _communication(contact, around)


def _person(contact: Contact) -> dict[str, str]:
    return reference(contact.by, contact.by_name)


def _patient(contact: Contact) -> dict[str, str]:
    return reference(f"Patient/{contact.patient}")


def _codes(contact: Contact) -> list[dict[str, Any]]:
    return [
        concept(CONTACT, contact.how.value, HOW[contact.how]),
        concept(OUTCOME, contact.outcome.value, SAID[contact.outcome]),
    ]


def _encounter(contact: Contact, around: Around) -> Resource:
    code, display = _CLASSES.get(contact.how, _VIRTUAL)
    participants = [{"individual": _person(contact)}]
    if contact.outcome is Outcome.FAMILY and contact.relative:
        participants.append({"individual": reference(contact.relative)})
    encounter: Resource = {
        "resourceType": "Encounter",
        "id": contact.id,
        "status": "finished",
        "class": {"system": _CLASS_SYSTEM, "code": code, "display": display},
        "type": _codes(contact),
        "subject": _patient(contact),
        "participant": participants,
        "period": {
            "start": contact.started_at.isoformat(timespec="seconds"),
            "end": contact.ended_at.isoformat(timespec="seconds"),
        },
        "length": {
            "value": contact.minutes,
            "unit": "min",
            "system": "http://unitsofmeasure.org",
            "code": "min",
        },
    }
    if around.task:
        encounter["reasonCode"] = [{"text": str(around.task.get("description", ""))}]
    return encounter


def note_lines(contact: Contact, around: Around) -> Iterator[str]:
    """Yield the note as plain text: what came of it, the points gone through, what was typed."""
    yield f"{HOW[contact.how]}: {SAID[contact.outcome].lower()}, {contact.minutes} min."
    for code, label in around.checklist:
        yield f"[{'x' if code in contact.checklist else ' '}] {label}"
    if contact.note:
        yield contact.note


def _note(contact: Contact, around: Around) -> Resource:
    by_phone = contact.how is How.PHONE
    code, display = ("34748-4", "Telephone encounter Note") if by_phone else ("34109-9", "Note")
    text = "\n".join(note_lines(contact, around))
    return {
        "resourceType": "DocumentReference",
        "id": f"{contact.id}-note",
        "status": "current",
        "docStatus": "final",
        "type": concept(_LOINC, code, display),
        "category": [concept(_CATEGORY, "clinical-note", "Clinical Note")],
        "subject": _patient(contact),
        "date": contact.ended_at.isoformat(timespec="seconds"),
        "author": [_person(contact)],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": base64.b64encode(text.encode()).decode(),
                    "title": NOTE_TITLE,
                    "creation": contact.ended_at.isoformat(timespec="seconds"),
                }
            }
        ],
        "context": {
            "encounter": [reference(contact.reference)],
            "period": {"start": contact.started_at.isoformat(timespec="seconds")},
        },
    }


def _communication(contact: Contact, around: Around) -> Resource:
    done = contact.outcome in {Outcome.LEFT_MESSAGE, Outcome.STAFF}
    mode, display = MEDIUM[contact.how]
    communication: Resource = {
        "resourceType": "Communication",
        "id": contact.id,
        "extension": [{"url": MINUTES, "valueInteger": contact.minutes}],
        "status": "completed" if done else "not-done",
        "category": _codes(contact),
        "medium": [concept(_MODES, mode, display)],
        "subject": _patient(contact),
        "sent": contact.started_at.isoformat(timespec="seconds"),
        "sender": _person(contact),
    }
    if not done:
        code = contact.outcome.value
        communication["statusReason"] = concept(OUTCOME, code, SAID[contact.outcome])
    if contact.outcome is not Outcome.STAFF:
        communication["recipient"] = [reference(contact.relative or f"Patient/{contact.patient}")]
    if contact.note:
        communication["payload"] = [{"contentString": contact.note}]
    if around.task:
        communication["about"] = [reference(around.task)]
        communication["reasonCode"] = [{"text": str(around.task.get("description", ""))}]
    return communication


def with_points(task: Resource, contact: Contact, around: Around, system: str) -> Resource:
    """Return the Task with one output for each point of the checklist that was ticked."""
    points = [
        {"type": concept(system, code, label), "valueBoolean": True}
        for code, label in around.checklist
        if code in contact.checklist
    ]
    return {**task, "output": [*task.get("output", []), *points]} if points else task


def with_contact(task: Resource, contact: Contact) -> Resource:
    """Return the open Task with the contact noted on it; it stays open."""
    kept = {
        "type": concept(work.TASK_OUTPUT, "contact"),
        "valueReference": reference(contact.reference),
    }
    return {**task, "output": [*task.get("output", []), kept]}
