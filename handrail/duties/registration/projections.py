"""A Patient in, the rows that find and show the person out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handrail.duties.registration.models import Person, PersonKey
from handrail.duties.registration.resources import patient_view
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


PERSON = Projection(of="Patient", into=Person, rows=person_rows)
KEYS = Projection(of="Patient", into=PersonKey, rows=key_rows)
PROJECTIONS = (PERSON, KEYS)
