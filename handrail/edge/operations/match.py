"""``Patient/$match``: who in the record could be this person, the likeliest first.

Candidates come from a few searches (:func:`handrail.fhir.matching.searches`), of patients the asker
reaches; each is scored (:mod:`handrail.fhir.matching.scoring`) and graded certain, probable or
possible. With ``onlyCertainMatches`` there is one answer or none: if two are certain, neither is.

Source: http://hl7.org/fhir/R4/patient-operation-match.html.
"""

from __future__ import annotations

from handrail.access.database import acting
from handrail.edge.operations import asking
from handrail.fhir import text
from handrail.fhir.matching import Score, searches
from handrail.fhir.resource import Resource
from handrail.fhir.validation import validate
from handrail.operation import Answer, Asked, Operation
from handrail.record.bundles import bundle, quoted
from handrail.record.matching import matches
from handrail.record.stored import Stored

FEW = 10
"""Matches in one answer, unless ``count`` asks for others."""
MOST = 100
_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"


def match(asked: Asked) -> Answer:
    """Answer with a searchset of Patients, each with its score and grade."""
    patient = _sent(asked)
    count = min(asking.number(asked, "count", FEW, least=1), MOST)
    certain = asking.truth(asked, "onlyCertainMatches")
    with acting(asked.by, durable=False):
        found = matches(patient, asked.by)
    if certain:
        found = [one for one in found if one[0].grade == "certain"]
        found = found if len(found) == 1 else []
    entries = [_entry(asked.base, *one) for one in found[:count]]
    return Answer(body=bundle("searchset", entries, total=len(found)))


def _sent(asked: Asked) -> Resource:
    patient = asked.resource("resource")
    if patient is None:
        raise asking.ParameterError(
            "Send the Patient that is looked for: as it is, or as the parameter “resource”."
        )
    validate(text.write(patient), "Patient")
    if not list(searches(patient)):
        raise asking.ParameterError(
            "Too little is said to look for somebody. Give an identifier, a phone number, a birth"
            " date, or a name with something else."
        )
    return patient


def _entry(base: str, score: Score, stored: Stored) -> bytes:
    return (
        b'{"fullUrl":%b,"resource":%b,"search":{"extension":[{"url":"%b","valueCode":"%b"}],'
        b'"mode":"match","score":%.4f}}'
    ) % (
        quoted(f"{base}/{stored.reference}"),
        stored.body,
        _GRADE.encode(),
        score.grade.encode(),
        score.value,
    )


MATCH = Operation(
    name="match",
    definition="http://hl7.org/fhir/OperationDefinition/Patient-match",
    does="Returns the patients who could be the person described, with how likely that is.",
    answer=match,
    types=frozenset({"Patient"}),
    on_type=True,
)
