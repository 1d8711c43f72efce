"""What is due for whom, from the tables: for the sweep, the patient page and the list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from handrail.access.principal import Principal
from handrail.duties.intake.models import Assessment, Enrolled
from handrail.duties.intake.resources import DONE
from handrail.duties.intake.rules import DUE, reactions
from handrail.duties.intake.rules.due import Done, Due, Person, due
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.record.known import known, organization_facts


def candidates(_known: Known) -> Iterable[str]:
    """Return the patients who are enrolled: assessments may be due for them."""
    rows = Enrolled.objects.order_by("patient").values_list("patient", flat=True)
    return list(dict.fromkeys(rows))


def due_for(by: Principal, patient: str, born: date | None) -> list[Due]:
    """Return what is due for a patient today, in the order it is asked."""
    facts = known(by.org)
    calendar, _pool = organization_facts(by.org)
    mine = {"org": by.org, "patient": patient}
    finished = Assessment.objects.filter(**mine, status__in=DONE, at__isnull=False)
    done = [Done(form, at.date()) for form, at in finished.values_list("form", "at") if at]
    asked = facts.coded(patient, "Task", work.TASK_KIND, {DUE})
    done += [*reactions.scored(patient, facts), *reactions.refused(asked)]
    programs = Enrolled.objects.filter(**mine).values_list("program", flat=True)
    person = Person(born=born, programs=frozenset(programs), done=done)
    return due(person, facts.rules, facts.as_of.date(), calendar)
