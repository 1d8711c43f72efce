"""Typed views of what this room reads: stays, conditions, enrolments, contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, code_of, codings, id_of, is_deceased, target_of

PROGRAM = "urn:handrail:program"
END_REASON = "urn:handrail:end-reason"
REVIEW_ON = "urn:handrail:review-on"
WHY = "urn:handrail:enrolment-reason"
PARKED = "urn:handrail:parked-because"
CONTACT_TYPE = "urn:handrail:contact"
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"

INPATIENT, OBSERVATION, EMERGENCY = "inpatient", "observation", "emergency"
STAY_KINDS = (INPATIENT, OBSERVATION, EMERGENCY)
# Codes of http://terminology.hl7.org/CodeSystem/v3-ActCode and, for I and E, HL7 v2 table 0004.
_KINDS = {
    "IMP": INPATIENT, "ACUTE": INPATIENT, "NONAC": INPATIENT, "I": INPATIENT,
    "OBSENC": OBSERVATION, "EMER": EMERGENCY, "E": EMERGENCY,
}  # fmt: skip
_NEVER_WAS = frozenset({"planned", "cancelled", "entered-in-error", "unknown"})
_GONE = frozenset({"resolved", "inactive", "remission"})
_NOT_SO = frozenset({"refuted", "entered-in-error", "unconfirmed", "provisional", "differential"})
_PERIODS = {4: "-01-01", 7: "-01"}


@dataclass(frozen=True, slots=True)
class Stay:
    """Time in a hospital or emergency department. ``ends`` is None while it lasts."""

    patient: str
    kind: str
    status: str
    starts: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One patient in one program, looked after by a person (``manager``) or a team's pool."""

    id: str
    patient: str
    program: str
    status: str
    manager: str
    manager_name: str
    team: str
    starts: date | None
    ends: date | None
    review_on: date | None
    because: str

    @property
    def owner(self) -> str:
        """Return who gets the patient's work: the manager, else the team. Empty if nobody."""
        return self.manager or self.team

    @property
    def active(self) -> bool:
        """Tell whether the patient is being looked after now."""
        return self.status == "active"

    @property
    def parked(self) -> bool:
        """Tell whether the patient waits, on purpose, for a review date."""
        return self.status == "onhold"


@dataclass(frozen=True, slots=True)
class Contact:
    """A moment at which somebody spoke or wrote with the patient, both ways."""

    patient: str
    at: datetime


def instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the moment in a FHIR date, dateTime or instant; a date is its midnight in ``zone``."""
    try:
        found = believable(datetime.fromisoformat(text + _PERIODS.get(len(text), "")))
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=zone)


def day(text: str) -> date | None:
    """Return the day in a FHIR date or dateTime; the first of the month or year if that is all."""
    try:
        return believable(date.fromisoformat((text + _PERIODS.get(len(text), ""))[:10]))
    except ValueError:
        return None


def start_of(on: date, zone: tzinfo) -> datetime:
    """Return midnight at the beginning of ``on``."""
    return datetime.combine(on, time(), zone)


def stay_of(encounter: Resource) -> Stay | None:
    """Return the stay an Encounter is, or None if it is a visit, a plan or a mistake."""
    kind = _KINDS.get(str((encounter.get("class") or {}).get("code", "")))
    patient = id_of(encounter.get("subject"), "Patient")
    if kind is None or not patient or encounter.get("status") in _NEVER_WAS:
        return None
    period = encounter.get("period") or {}
    starts, ends = instant(str(period.get("start", ""))), instant(str(period.get("end", "")))
    starts = starts or ends
    return Stay(patient, kind, str(encounter["status"]), starts, ends) if starts else None


def chronic_codes(condition: Resource) -> Iterable[tuple[str, str]]:
    """Yield (system, code) of a confirmed condition that the person still has."""
    if code_of(condition.get("clinicalStatus")) in _GONE:
        return
    if code_of(condition.get("verificationStatus")) in _NOT_SO:
        return
    yield from codings(condition.get("code"))


def onset_of(condition: Resource) -> date | None:
    """Return the day a condition began or, if nobody said, was written down."""
    period = condition.get("onsetPeriod") or {}
    said = (condition.get("onsetDateTime"), period.get("start"), condition.get("recordedDate"))
    return next((day(str(text)) for text in said if text), None)


def enrolment_of(episode: Resource) -> Enrolment | None:
    """Return the enrolment an EpisodeOfCare is, or None if it belongs to no program of ours."""
    program = next(
        (code for kind in episode.get("type", ()) for s, code in codings(kind) if s == PROGRAM), ""
    )
    if not program:
        return None
    period = episode.get("period") or {}
    manager = episode.get("careManager") or {}
    return Enrolment(
        id=str(episode.get("id", "")),
        patient=id_of(episode.get("patient"), "Patient"),
        program=program,
        status=str(episode["status"]),
        manager=target_of(manager),
        manager_name=str(manager.get("display", "")),
        team=team_of(episode),
        starts=day(str(period.get("start", ""))),
        ends=day(str(period.get("end", ""))),
        review_on=day(_extension(episode, REVIEW_ON, "valueDate")),
        because=_extension(episode, WHY, "valueString"),
    )


def team_of(episode: Resource) -> str:
    """Return the first team of an EpisodeOfCare, or an empty string."""
    return next((target_of(team) for team in episode.get("team", ()) if target_of(team)), "")


def _extension(resource: Mapping[str, Any], url: str, value: str) -> str:
    extensions = (e for e in resource.get("extension", ()) if e.get("url") == url)
    return next((str(e.get(value, "")) for e in extensions), "")


def contact_of(resource: Resource) -> Contact | None:
    """Return the two-way contact that an Encounter or Communication is, or None.

    Counted: a finished Encounter that is a contact of ours or virtual, and a Communication that the
    patient or a relative sent, or that they received and answered.
    """
    patient = id_of(resource.get("subject"), "Patient")
    if resource["resourceType"] == "Communication":
        at = _answered(resource, patient)
    else:
        at = _spoken(resource)
    moment = instant(at)
    return Contact(patient, moment) if patient and moment else None


def _spoken(encounter: Resource) -> str:
    if encounter.get("status") != "finished":
        return ""
    virtual = (encounter.get("class") or {}).get("code") == "VR"
    types = encounter.get("type", ())
    if not virtual and not any(s == CONTACT_TYPE for kind in types for s, _ in codings(kind)):
        return ""
    return str((encounter.get("period") or {}).get("start", ""))


def _answered(communication: Resource, patient: str) -> str:
    if communication.get("status") != "completed" or not patient:
        return ""
    sender = target_of(communication.get("sender"))
    if sender == f"Patient/{patient}" or sender.startswith("RelatedPerson/"):
        return str(communication.get("sent") or communication.get("received") or "")
    return ""


def appointment_of(appointment: Resource) -> tuple[str, datetime] | None:
    """Return (patient, start) of an Appointment that is to take place, or None."""
    if appointment.get("status") not in {"booked", "pending", "arrived", "checked-in"}:
        return None
    starts = instant(str(appointment.get("start", "")))
    actors = (id_of(p.get("actor"), "Patient") for p in appointment.get("participant", ()))
    patient = next((actor for actor in actors if actor), "")
    return (patient, starts) if patient and starts else None


@dataclass(frozen=True, slots=True)
class Face:
    """A patient as a row of the caseload."""

    id: str
    name: str
    born: date | None
    birth_date: str
    deceased: bool


def face_of(patient: Resource) -> Face:
    """Return the name, family name first, and the age of a patient."""
    names = [name for name in patient.get("name", ()) if name.get("use") not in {"old", "maiden"}]
    best: Mapping[str, Any] = next(
        iter(sorted(names, key=lambda n: n.get("use") != "official")), {}
    )
    given = " ".join(part for part in best.get("given", ()) if part)
    shown = ", ".join(part for part in (str(best.get("family", "")), given) if part)
    birth_date = str(patient.get("birthDate", ""))
    return Face(
        id=str(patient["id"]),
        name=shown or str(best.get("text", "")) or "Name not known",
        born=day(birth_date) if birth_date else None,
        birth_date=birth_date,
        deceased=is_deceased(patient),
    )
