"""A resource in, rows out: who is enrolled, who was in hospital, who was spoken with, what is open.

These run for every Encounter, Condition and Task of a bulk load: each looks at one or two fields
first and gives nothing for the many it does not want.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from handrail.access.models import CareRelationship
from handrail.duties.caseload.models import (
    Chronic,
    Enrolment,
    Face,
    NextVisit,
    OpenWork,
    Stay,
    Touch,
)
from handrail.duties.caseload.resources import (
    appointment_of,
    chronic_codes,
    contact_of,
    enrolment_of,
    face_of,
    instant,
    onset_of,
    stay_of,
    team_of,
)
from handrail.duties.caseload.rules.enrolment import OPEN_STATUSES
from handrail.duties.caseload.rules.programs import Grouper, groups
from handrail.fhir.resource import Resource, id_of, survivor_of, target_of
from handrail.fhir.task import OPEN
from handrail.fhir.work import kind_of, look_by
from handrail.record.registry import Projection
from handrail.record.rulebook import rulebook

_FIRST_TIE = timedelta(days=30)  # house rule: long enough to enroll somebody new
Rows = Iterable[Mapping[str, Any]]


def face_rows(patient: Resource) -> Rows:
    """Return the patient's name and age; nothing for a record merged into another."""
    if survivor_of(patient):
        return ()
    face = face_of(patient)
    folded = unicodedata.normalize("NFKD", face.name.casefold())
    return (
        {
            "patient": face.id,
            "name": face.name,
            "sort_name": "".join(c for c in folded if not unicodedata.combining(c)),
            "birth_date": face.birth_date,
            "born": face.born,
            "deceased": face.deceased,
        },
    )


def stay_rows(encounter: Resource) -> Rows:
    """Return the stay an Encounter is, if it is one."""
    stay = stay_of(encounter)
    if stay is None:
        return ()
    return (
        {
            "patient": stay.patient,
            "kind": stay.kind,
            "status": stay.status,
            "starts": stay.starts,
            "ends": stay.ends,
        },
    )


@lru_cache(maxsize=1)
def grouper() -> Grouper:
    """Return the groups of chronic conditions as they are shipped, read once."""
    return Grouper(groups(rulebook(), date.today()))  # noqa: DTZ011 - the groups change by years


def chronic_rows(condition: Resource) -> Rows:
    """Return the groups of chronic conditions that a Condition belongs to."""
    patient = id_of(condition.get("subject"), "Patient")
    found = {grouper().group_of(system, code) for system, code in chronic_codes(condition)} - {""}
    if not found or not patient:
        return ()
    onset = onset_of(condition)
    return [{"patient": patient, "group": group, "onset": onset} for group in sorted(found)]


def enrolment_rows(episode: Resource) -> Rows:
    """Return the enrolment an EpisodeOfCare is, if it belongs to a program."""
    each = enrolment_of(episode)
    if each is None:
        return ()
    return (
        {
            "patient": each.patient,
            "program": each.program,
            "status": each.status,
            "manager": each.manager,
            "manager_name": each.manager_name,
            "team": each.team,
            "starts": each.starts,
            "review_on": each.review_on,
        },
    )


def episode_relationships(episode: Resource) -> Rows:
    """Return who may see the patient because they look after them.

    A planned episode of no program is the first tie to somebody new: it ends by itself.
    """
    patient = id_of(episode.get("patient"), "Patient")
    if not patient or episode.get("status") not in OPEN_STATUSES:
        return ()
    until = None if enrolment_of(episode) else _tie_ends(episode)
    people = {target_of(episode.get("careManager")): "care-manager", team_of(episode): "team"}
    return [
        {"patient": patient, "person": person, "kind": kind, "until": until}
        for person, kind in people.items()
        if person
    ]


def _tie_ends(episode: Resource) -> datetime | None:
    """Return when a planned episode of no program ends to be a reason to see the patient."""
    starts = instant(str((episode.get("period") or {}).get("start", "")))
    return starts + _FIRST_TIE if starts and episode["status"] == "planned" else None


def team_relationships(team: Resource) -> Rows:
    """Return who may see the patient because they are on the patient's care team.

    A pool of people (a CareTeam without a subject) is related to nobody by itself.
    """
    patient = id_of(team.get("subject"), "Patient")
    if not patient or team.get("status", "active") not in {"active", "proposed"}:
        return ()
    rows = {}
    for participant in team.get("participant", ()):
        person = target_of(participant.get("member"))
        if person.startswith(("Practitioner/", "CareTeam/")):
            until = instant(str((participant.get("period") or {}).get("end", "")))
            rows[person] = {
                "patient": patient,
                "person": person,
                "kind": "care-team",
                "until": until,
            }
    return list(rows.values())


def open_work_rows(task: Resource) -> Rows:
    """Return the open work a Task is, if it is open and for a patient."""
    patient = id_of(task.get("for"), "Patient")
    if task["status"] not in OPEN or not patient:
        return ()
    return (
        {
            "patient": patient,
            "kind": kind_of(task),
            "owner": target_of(task.get("owner")),
            "look_at": instant(_noon(look_by(task))),
        },
    )


def _noon(text: str) -> str:
    """Return a date as its noon in UTC, which is that day wherever the organization is."""
    return f"{text}T12:00:00+00:00" if len(text) == len("2026-11-21") else text


def touch_rows(resource: Resource) -> Rows:
    """Return the two-way contact an Encounter or Communication is, if it is one."""
    contact = contact_of(resource)
    return ({"patient": contact.patient, "at": contact.at},) if contact else ()


def visit_rows(appointment: Resource) -> Rows:
    """Return the coming visit an Appointment is."""
    found = appointment_of(appointment)
    return ({"patient": found[0], "starts_at": found[1]},) if found else ()


PROJECTIONS = (
    Projection(of="Patient", into=Face, rows=face_rows),
    Projection(of="Encounter", into=Stay, rows=stay_rows),
    Projection(of="Encounter", into=Touch, rows=touch_rows),
    Projection(of="Communication", into=Touch, rows=touch_rows),
    Projection(of="Condition", into=Chronic, rows=chronic_rows),
    Projection(of="EpisodeOfCare", into=Enrolment, rows=enrolment_rows),
    Projection(of="EpisodeOfCare", into=CareRelationship, rows=episode_relationships),
    Projection(of="CareTeam", into=CareRelationship, rows=team_relationships),
    Projection(of="Task", into=OpenWork, rows=open_work_rows),
    Projection(of="Appointment", into=NextVisit, rows=visit_rows),
)
