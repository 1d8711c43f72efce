"""What happened to a patient, one row a moment; from any source, in the record's own words.

Laboratory results and vital signs are left out: they would bury the story, and bulk loads bring
millions. Titles that are ours are translated when shown, by ``kind``.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from handrail.desk.models import Moment
from handrail.desk.projections.instants import Instant, instant
from handrail.fhir.resource import Resource, codings, id_of, words_of
from handrail.fhir.task import is_open
from handrail.record.registry import Projection

Row = dict[str, Any]
Rows = Callable[[Resource], Iterable[Row]]

STAYS = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS"})
_TOLD = frozenset({"social-history", "survey", "sdoh"})
_EXCERPT = 400  # characters of a note
_ANSWERS = "QuestionnaireResponse"
_DISPLAY = "http://hl7.org/fhir/StructureDefinition/display"
_CONTACT = "urn:handrail:contact"  # the systems of a contact's codes begin with this
_NOT_HAPPENED = frozenset({"entered-in-error", "cancelled", "not-done", "proposed", "planned"})


def _first(items: Iterable[Any] | None) -> Mapping[str, Any]:
    return next(iter(items or ()), None) or {}


def _name(ref: Mapping[str, Any] | None) -> str:
    return str((ref or {}).get("display", ""))


def _contact(concepts: Iterable[Mapping[str, Any]]) -> str:
    """Return how one of our contacts was made and what came of it: "Phone, no answer"."""
    ours = [
        words_of(concept)
        for concept in concepts
        if any(system.startswith(_CONTACT) for system, _ in codings(concept))
    ]
    return ", ".join([*ours[:1], *(text[:1].lower() + text[1:] for text in ours[1:])])


def _row(  # noqa: PLR0913, PLR0917 - the columns of one row
    resource: Resource,
    when: str,
    kind: str,
    title: str,
    detail: str = "",
    who: str = "",
    about: str = "",
) -> Iterable[Row]:
    """Yield the row, if it is known when it happened and to whom."""
    at: Instant | None = instant(when)
    patient = id_of(resource.get("subject") or resource.get("patient") or resource.get("for"))
    if at is None or not patient or resource.get("status") in _NOT_HAPPENED:
        return
    yield {
        "patient": patient,
        "at": at.at,
        "timed": at.timed,
        "kind": kind,
        "title": title,
        "detail": detail,
        "who": who,
        "about": about,
    }


def encounter_rows(encounter: Resource) -> Iterable[Row]:
    """Yield a visit or a contact, or the admission and the discharge of a stay."""
    period = encounter.get("period") or {}
    start, end = period.get("start", ""), period.get("end", "")
    reason = words_of(_first(encounter.get("reasonCode")))
    title = words_of(_first(encounter.get("type"))) or reason
    place = _name(encounter.get("serviceProvider"))
    class_code = (encounter.get("class") or {}).get("code", "")
    detail = reason if reason != title else ""
    if class_code in STAYS or class_code == "EMER":
        kinds = (
            ("emergency", "left-emergency") if class_code == "EMER" else ("admitted", "discharged")
        )
        yield from _row(encounter, start, kinds[0], place or title, reason or title)
        if end and encounter.get("status") == "finished":
            yield from _row(encounter, end, kinds[1], place or title, _disposition(encounter))
        return
    who = _name(_first(encounter.get("participant")).get("individual"))
    contact = _contact(encounter.get("type", ()))
    if contact:
        yield from _row(encounter, start, "contact", contact, reason, who)
    else:
        yield from _row(encounter, start, "visit", title, detail, who or place)


def _disposition(encounter: Resource) -> str:
    return words_of((encounter.get("hospitalization") or {}).get("dischargeDisposition"))


def communication_rows(communication: Resource) -> Iterable[Row]:
    """Yield a message that was sent or received, or one of our contacts and attempts."""
    contact = _contact(communication.get("category", ()))
    if not contact and communication.get("status") not in {"completed", "in-progress"}:
        return
    payload = _first(communication.get("payload")).get("contentString", "")
    title = words_of(_first(communication.get("medium"))) or words_of(communication.get("topic"))
    when = communication.get("sent") or communication.get("received") or ""
    sender = _name(communication.get("sender"))
    kind = "contact" if contact else "message"
    row = communication
    if contact and communication.get("status") == "not-done":  # tried, and nobody answered
        row = {**communication, "status": "completed"}
    yield from _row(row, when, kind, contact or title, payload[:_EXCERPT], sender)


def condition_rows(condition: Resource) -> Iterable[Row]:
    """Yield a condition that began; one that nobody has confirmed says so."""
    verified = {code for _, code in codings(condition.get("verificationStatus"))}
    if verified & {"entered-in-error", "refuted"}:
        return
    unsure = "".join(sorted(verified & {"unconfirmed", "provisional", "differential"}))
    when = condition.get("onsetDateTime") or condition.get("recordedDate") or ""
    yield from _row(condition, when, "condition", words_of(condition.get("code")), unsure)


def procedure_rows(procedure: Resource) -> Iterable[Row]:
    """Yield a procedure that was done."""
    period = procedure.get("performedPeriod") or {}
    when = procedure.get("performedDateTime") or period.get("start", "")
    yield from _row(procedure, when, "procedure", words_of(procedure.get("code")))


def task_rows(task: Resource) -> Iterable[Row]:
    """Yield the end of a piece of work. Open work is on the list, not in the past."""
    status = task.get("status", "")
    if is_open(status) or status == "entered-in-error":
        return
    ended_at = (task.get("executionPeriod") or {}).get("end", "")
    written_at = (task.get("meta") or {}).get("lastUpdated") or task.get("lastModified", "")
    when = ended_at or written_at
    kind = "done" if status == "completed" else "dropped"
    note = _first(reversed(task.get("note", ())))
    why = words_of(task.get("statusReason"))
    detail = str(note.get("text") or "")[:_EXCERPT]
    row = {**task, "status": ""}
    title = task.get("description") or words_of(task.get("code"))
    said = ": ".join(part for part in (why, detail) if part)
    yield from _row(row, when, kind, title, said, note.get("authorString", "") or _author(note))


def _author(note: Mapping[str, Any]) -> str:
    return _name(note.get("authorReference"))


def document_rows(document: Resource) -> Iterable[Row]:
    """Yield a document, with the beginning of its text if it is a plain note."""
    if document.get("status") != "current":
        return
    attachment = _first(document.get("content")).get("attachment") or {}
    plain = str(attachment.get("contentType", "")).startswith("text/plain")
    detail = _excerpt(attachment.get("data", "")) if plain else str(attachment.get("title", ""))
    title = document.get("description") or words_of(document.get("type"))
    who = _name(_first(document.get("author")))
    when = document.get("date", "") or attachment.get("creation", "")
    about = id_of(_first((document.get("context") or {}).get("encounter")), "Encounter")
    yield from _row(document, when, "note" if plain else "document", title, detail, who, about)


def _excerpt(data: str) -> str:
    """Return the beginning of a base64 text; decodes no more than it needs."""
    try:
        text = b64decode(data[: _EXCERPT * 4]).decode("utf-8", "ignore")
    except Base64Error:
        return ""
    return text if len(text) <= _EXCERPT else text[:_EXCERPT].rstrip() + "…"


def prescription_rows(request: Resource) -> Iterable[Row]:
    """Yield a medicine that was prescribed."""
    medicine = words_of(request.get("medicationCodeableConcept")) or _name(
        request.get("medicationReference")
    )
    dose = str(_first(request.get("dosageInstruction")).get("text", ""))
    who = _name(request.get("requester"))
    yield from _row(request, request.get("authoredOn", ""), "prescribed", medicine, dose, who)


def observation_rows(observation: Resource) -> Iterable[Row]:
    """Yield what the patient told us: social history and surveys only."""
    for category in observation.get("category", ()):
        for coding in category.get("coding", ()):
            if coding.get("code") in _TOLD:
                return _told(observation)
    return ()


def _told(observation: Resource) -> Iterable[Row]:
    meaning = words_of(_first(observation.get("interpretation")))
    asked = any(id_of(one, _ANSWERS) for one in observation.get("derivedFrom", ()))
    if asked and not meaning:
        return ()  # one answer of many: the line of the assessment stands for all
    answer = words_of(observation.get("valueCodeableConcept")) or observation.get("valueString", "")
    detail = str(answer) or meaning
    when = observation.get("effectiveDateTime", "")
    return _row(observation, when, "told", words_of(observation.get("code")), detail)


def response_rows(response: Resource) -> Iterable[Row]:
    """Yield a finished assessment, by the name of its form."""
    if response.get("status") not in {"completed", "amended"}:
        return
    form: Resource = response.get("_questionnaire") or {}
    title = next(
        (one.get("valueString", "") for one in form.get("extension", ()) if one["url"] == _DISPLAY),
        "",
    )
    row = {**response, "status": ""}
    who = _name(response.get("author"))
    yield from _row(row, response.get("authored", ""), "asked", str(title), who=who)


def episode_rows(episode: Resource) -> Iterable[Row]:
    """Yield the enrolment in a program and its end."""
    period = episode.get("period") or {}
    title = words_of(_first(episode.get("type")))
    who = _name(episode.get("careManager"))
    yield from _row(episode, period.get("start", ""), "enrolled", title, who=who)
    if episode.get("status") == "finished":
        yield from _row(episode, period.get("end", ""), "left", title, who=who)


def appointment_rows(appointment: Resource) -> Iterable[Row]:
    """Yield an appointment that was kept or missed. Those to come are on other lists."""
    status = appointment.get("status", "")
    if status not in {"fulfilled", "noshow"}:
        return
    who = (p.get("actor") or {} for p in appointment.get("participant", ()))
    patient = next((a for a in who if str(a.get("reference", "")).startswith("Patient/")), None)
    title = str(appointment.get("description", "")) or words_of(
        _first(appointment.get("serviceType"))
    )
    kind = "kept" if status == "fulfilled" else "missed"
    row = {**appointment, "subject": patient or {}}
    yield from _row(row, appointment.get("start", ""), kind, title)


_ROWS: dict[str, Rows] = {
    "Encounter": encounter_rows,
    "Communication": communication_rows,
    "Condition": condition_rows,
    "Procedure": procedure_rows,
    "Task": task_rows,
    "DocumentReference": document_rows,
    "MedicationRequest": prescription_rows,
    "Observation": observation_rows,
    "QuestionnaireResponse": response_rows,
    "EpisodeOfCare": episode_rows,
    "Appointment": appointment_rows,
}
MOMENTS = tuple(Projection(of=name, into=Moment, rows=rows) for name, rows in _ROWS.items())
