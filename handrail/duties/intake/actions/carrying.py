"""What was answered before is offered as an old answer; nothing is asked that the record knows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from handrail.access.principal import Principal
from handrail.duties.intake.actions.opening import definition, reference_for
from handrail.duties.intake.resources import DONE, answers_of
from handrail.duties.intake.rules.carrying import with_old
from handrail.fhir.forms import Form
from handrail.fhir.forms.carrying import carried
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import known

_RULE = "assessments.reading"


def with_old_answers(by: Principal, form: Form, response: Resource, patient: str) -> Resource:
    """Return ``response`` with the answers of earlier assessments, each marked as old.

    Of the same form by its questions; of other instruments where the question has the same code.
    Answers older than the rule file allows are left alone.
    """
    facts = known(by.org)
    today = facts.as_of.date()
    values = facts.rules.rule(_RULE, today).values
    oldest = today - timedelta(days=int(values["carry_days"]))
    earlier = []
    for stored in store.of_patient(patient, "QuestionnaireResponse", by=by):
        said = answers_of(stored.resource)
        if said.status in DONE and (_day(said.authored) or date.min) >= oldest:
            reference = said.definition or reference_for(by, said.form, said.version)
            found = definition(by, reference, said.definition_version) if reference else None
            earlier.append((found.form if found else None, stored.resource))
    old = carried(form, earlier)
    return with_old(
        form, response, {place: (one.answers, one.at, one.source) for place, one in old.items()}
    )


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
