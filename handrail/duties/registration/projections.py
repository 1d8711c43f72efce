"""A Patient in, the rows that find and show the person out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handrail.duties.registration.models import MayTalk, Person, PersonKey
from handrail.duties.registration.resources import full_date, patient_view, related_view
from handrail.duties.registration.rules.words import keys, plain
from handrail.fhir.resource import Resource
from handrail.record.registry import Projection


def person_rows(patient: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the row that lists show. A record merged into another has none."""
    view = patient_view(patient)
    if view.merged_into:
        return []
    return [
        {
            "patient": view.id,
            "name": view.name,
            "sort_name": plain(view.name),
            "birth_date": view.birth_date,
            "born": view.born,
            "gender": view.gender,
            "mrn": view.mrn,
            "phone": view.phones[0].value if view.phones else "",
            "message": view.phones[0].message if view.phones else "",
            "language": view.language,
            "interpreter": view.interpreter,
            "deceased": view.deceased,
        }
    ]


def key_rows(patient: Resource) -> Iterable[Mapping[str, Any]]:
    """Return everything the person is found by."""
    view = patient_view(patient)
    if view.merged_into:
        return []
    return [{"patient": view.id, "key": key} for key in keys(view)]


def may_talk_rows(related: Resource) -> Iterable[Mapping[str, Any]]:
    """Return whom we may talk to; a relative nobody gave leave to is not one of them."""
    view = related_view(related)
    if not (view.scope and view.active and view.patient):
        return []
    return [
        {
            "patient": view.patient,
            "name": view.name,
            "relationship": view.relationship,
            "phone": view.phones[0].value if view.phones else "",
            "scope": view.scope,
            "starts_on": full_date(view.starts_on),
            "ends_on": full_date(view.ends_on),
        }
    ]


PERSON = Projection(of="Patient", into=Person, rows=person_rows)
KEYS = Projection(of="Patient", into=PersonKey, rows=key_rows)
MAY_TALK = Projection(of="RelatedPerson", into=MayTalk, rows=may_talk_rows)
PROJECTIONS = (PERSON, KEYS, MAY_TALK)
