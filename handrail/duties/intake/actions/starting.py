"""Start an assessment, with what is known already shown as old answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.intake.actions.carrying import with_old_answers
from handrail.duties.intake.actions.opening import (
    ROOM,
    Definition,
    definition,
    refuse_unless,
    worked_out,
)
from handrail.duties.intake.models import Assessment
from handrail.duties.intake.resources import ASKED_BY, DISPLAY, FORM_VERSION, WAYS
from handrail.duties.intake.rules.progress import stamped
from handrail.fhir.errors import NotFoundError
from handrail.fhir.forms import begin
from handrail.fhir.resource import Resource, is_deceased, reference
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """What is asked, of whom, how and in which language. ``form`` is the id of a Questionnaire."""

    patient: str
    form: str
    way: str = "in-person"
    language: str = ""
    anew: bool = False


def start_assessment(by: Principal, wanted: Begin) -> tuple[str, Committed]:
    """Begin an assessment, or resume the one of this form that is open; return its id.

    Raises:
        NotFoundError: there is no such patient or form that ``by`` may see.
        BusinessRuleError: the person has died, or the way of asking is unknown.
    """
    require(by, "create", "QuestionnaireResponse", wanted.patient)
    refuse_unless(wanted.way in WAYS, _("Choose how it is asked."))
    found = definition(by, f"Questionnaire/{wanted.form}")
    facts = known(by.org)
    with acting(by):
        patient = facts.read(f"Patient/{wanted.patient}")
    if found is None or patient is None:
        raise NotFoundError(_("There is no such form or patient that you may see."))
    refuse_unless(not is_deceased(patient), _("This person has died. Nothing more is asked."))
    if not wanted.anew and (open_one := _open(by, wanted.patient, found)):
        return open_one, Committed(0, (), (f"QuestionnaireResponse/{open_one}",))
    at = facts.as_of.isoformat(timespec="seconds")
    response = begun(by, wanted, found, at, {"patient": patient})
    response = with_old_answers(by, found.form, response, wanted.patient)
    now = worked_out(by, found.form, response, wanted.patient)
    done = store.commit(
        [Draft(stamped(found.form, now))], by=by, reason="assessment begun", room=ROOM
    )
    return done.stored[0].id, done


def _open(by: Principal, patient: str, found: Definition) -> str:
    """Return the id of the assessment of this form that somebody began and nobody finished."""
    with acting(by):
        rows = Assessment.objects.filter(
            org=by.org, patient=patient, form=found.form.url, status="in-progress", own=True
        )
        row = rows.order_by("-at").first()
    return row.source if row else ""


def begun(
    by: Principal, wanted: Begin, found: Definition, at: str, context: Mapping[str, Resource]
) -> Resource:
    """Return an assessment as it begins at that instant: with what ``context`` knows filled in."""
    form = found.form
    language = wanted.language or form.language or "en"
    response = begin(
        form,
        patient=f"Patient/{wanted.patient}",
        author=by.person,
        at=at,
        language=language,
        context=context,
    )
    response["author"] = reference(by.person, by.name)
    response["_questionnaire"] = {"extension": [{"url": DISPLAY, "valueString": form.title}]}
    version = f"{found.reference}/_history/{found.version}"
    response["extension"] = [
        {"url": ASKED_BY, "valueCode": wanted.way},
        {"url": FORM_VERSION, "valueReference": reference(version)},
    ]
    if wanted.way == "self":
        response["source"] = reference(f"Patient/{wanted.patient}")
    return response
