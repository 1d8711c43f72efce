"""Questionnaires (FHIR R4 with Structured Data Capture): read, asked, answered, worked out.

Pure: no clock, no record, no network. ``docs/forms.md`` says what is supported.
"""

from __future__ import annotations

from handrail.fhir.forms.answering import Entered, entered, field_name
from handrail.fhir.forms.carrying import Old, carried, old_words, with_old
from handrail.fhir.forms.checking import shown as shown_value
from handrail.fhir.forms.errors import LoopError, UnreadableFormError
from handrail.fhir.forms.evaluating import Evaluated, evaluate
from handrail.fhir.forms.faults import Fault
from handrail.fhir.forms.form import Condition, Expression, Form, Item, Option, Unit
from handrail.fhir.forms.narrating import answer_words, narrative
from handrail.fhir.forms.reading import read_form
from handrail.fhir.forms.reconciling import Lost, Reconciled, reconciled
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
from handrail.fhir.forms.unsupported import Unsupported, unsupported

__all__ = [
    "Condition",
    "Entered",
    "Evaluated",
    "Expression",
    "Fault",
    "Form",
    "Item",
    "LoopError",
    "Lost",
    "Old",
    "Option",
    "Reconciled",
    "Sheet",
    "Spot",
    "Unit",
    "UnreadableFormError",
    "Unsupported",
    "answer_words",
    "answers_of",
    "begin",
    "carried",
    "carried_from",
    "declined",
    "entered",
    "evaluate",
    "field_name",
    "is_answered",
    "laid_out",
    "narrative",
    "old_words",
    "read_form",
    "reconciled",
    "shown_value",
    "spots_of",
    "unsupported",
    "why_absent",
    "with_old",
]
