"""Resource in, rows out: what people were told, from VerificationResults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from handrail.duties.provider_network.models.telling import Told
from handrail.fhir.directory.telling import told_of
from handrail.fhir.resource import Resource
from handrail.record.registry import Projection

_MOST_DAYS: Final = 36_500


def project_told(result: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each provider or site that an answer is about."""
    told = told_of(result)
    if told is None:
        return
    days = told.wait_days
    for place, about in enumerate(told.about):
        yield {
            "place": place,
            "about": about,
            "plan": told.plan,
            "plan_key": told.plan_key,
            "plan_name": told.plan_name,
            "answer": told.answer.value,
            "new_patients": told.new_patients,
            "wait_days": min(max(days, 0), _MOST_DAYS) if days is not None else None,
            "earliest_on": told.earliest_on[:10],
            "languages": " ".join(told.languages),
            "told_by": told.told_by,
            "reference_number": told.reference_number,
            "told_on": told.told_on,
            "told_at": told.told_at,
            "recorded_by": told.recorder,
            "recorded_name": told.recorder_name,
            "via": told.via,
            "stands": told.stands,
        }


TELLING = (Projection(of="VerificationResult", into=Told, rows=project_told),)
