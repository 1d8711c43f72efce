"""Resource in, rows out: assessments, scores, forms, open work and enrolments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from handrail.duties.intake.models import Asked, Assessment, Enrolled, Form, Score
from handrail.duties.intake.resources import answers_of, extension_of, languages_of, panel_codes
from handrail.duties.intake.rules import KINDS, SCORE_NAME
from handrail.fhir import work
from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, code_of, id_of, target_of
from handrail.fhir.task import is_open
from handrail.record.registry import Projection

_UNANSWERED = frozenset({"group", "display"})


def moment(text: object) -> datetime | None:
    """Return the instant that a FHIR date or dateTime begins; None if it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return believable(aware)


def project_assessment(response: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for every QuestionnaireResponse about a patient, unless it is an error."""
    said = answers_of(response)
    if not said.patient or said.status == "entered-in-error":
        return
    yield {
        "patient": said.patient,
        "form": said.form,
        "title": said.title,
        "status": said.status,
        "at": moment(said.authored),
        "by": said.by,
        "by_name": said.by_name,
        "language": said.language,
        "asked_by": said.asked_by,
        "answered": said.answered,
        "asked": said.asked,
        "own": said.is_own,
    }


def project_score(observation: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for an Observation that this room wrote as a score."""
    name = extension_of(observation, SCORE_NAME)
    patient = id_of(observation.get("subject"), "Patient")
    if name is None or not patient or observation.get("status") == "entered-in-error":
        return
    sources = (id_of(one, "QuestionnaireResponse") for one in observation.get("derivedFrom", ()))
    bands: list[Resource] = observation.get("interpretation") or [{}]
    value = (observation.get("valueQuantity") or {}).get("value", observation.get("valueInteger"))
    yield {
        "patient": patient,
        "assessment": next((source for source in sources if source), ""),
        "code": code_of(observation.get("code")),
        "name": str(name),
        "value": None if value is None else str(value),
        "words": str(bands[0].get("text", "")),
        "positive": any(code_of(band) == "POS" for band in bands),
        "at": moment(observation.get("effectiveDateTime")),
    }


def project_form(questionnaire: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for every Questionnaire."""
    yield {
        "url": str(questionnaire.get("url", "")),
        "version": str(questionnaire.get("version", "")),
        "title": str(questionnaire.get("title") or questionnaire.get("name") or ""),
        "status": str(questionnaire.get("status", "")),
        "publisher": str(questionnaire.get("publisher", "")),
        "codes": " ".join(panel_codes(questionnaire)),
        "languages": " ".join(languages_of(questionnaire)),
        "questions": _questions(questionnaire),
        "copyright": str(questionnaire.get("copyright", "")),
    }


def _questions(questionnaire: Resource) -> int:
    count, waiting = 0, list(questionnaire.get("item", ()))
    while waiting:
        item = waiting.pop()
        count += item.get("type") not in _UNANSWERED
        waiting += item.get("item", ())
    return count


def project_asked(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for an open Task of this room."""
    kind = work.kind_of(task)
    if kind in KINDS and is_open(task.get("status", "")):
        yield {
            "patient": id_of(task.get("for"), "Patient"),
            "kind": kind,
            "about": id_of(task.get("focus")),
            "rule": work.input_of(task, work.RULE),
            "step": str(task.get("description", "")),
            "why": str((task.get("reasonCode") or {}).get("text", "")),
            "owner": target_of(task.get("owner")),
            "due_at": moment(work.look_by(task)),
        }


def project_enrolled(episode: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for an active enrolment."""
    patient = id_of(episode.get("patient"), "Patient")
    if patient and episode.get("status") == "active":
        types = (code_of(each) for each in episode.get("type", ()))
        yield {"patient": patient, "program": next((code for code in types if code), "")}


PROJECTIONS = (
    Projection(of="QuestionnaireResponse", into=Assessment, rows=project_assessment),
    Projection(of="Observation", into=Score, rows=project_score),
    Projection(of="Questionnaire", into=Form, rows=project_form),
    Projection(of="Task", into=Asked, rows=project_asked),
    Projection(of="EpisodeOfCare", into=Enrolled, rows=project_enrolled),
)
