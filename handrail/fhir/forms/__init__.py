"""Questionnaires (FHIR R4 with Structured Data Capture): read, asked, answered, worked out.

Pure: no clock, no record, no network. ``docs/forms.md`` says what is supported.
"""

from __future__ import annotations

from handrail.fhir.forms.answering import Entered, entered, field_name
from handrail.fhir.forms.errors import LoopError, UnreadableFormError
from handrail.fhir.forms.evaluating import Evaluated, evaluate
from handrail.fhir.forms.faults import Fault
from handrail.fhir.forms.form import Condition, Expression, Form, Item, Option, Unit
from handrail.fhir.forms.reading import read_form
from handrail.fhir.forms.responses import (
    answers_of,
    carried_from,
    declined,
    is_answered,
    spots_of,
    why_absent,
)
from handrail.fhir.forms.sheet import Sheet, Spot, laid_out
from handrail.fhir.forms.starting import begin

__all__ = [
    "Condition",
    "Entered",
    "Evaluated",
    "Expression",
    "Fault",
    "Form",
    "Item",
    "LoopError",
    "Option",
    "Sheet",
    "Spot",
    "Unit",
    "UnreadableFormError",
    "answers_of",
    "begin",
    "carried_from",
    "declined",
    "entered",
    "evaluate",
    "field_name",
    "is_answered",
    "laid_out",
    "read_form",
    "spots_of",
    "why_absent",
]
