"""``QuestionnaireResponse/$extract``: as a transaction, the Observations that finishing writes.

Observation-based: each answered question with a code, and the scores. The answer is Parameters
with ``return``, a transaction Bundle that a client may send as it is, and ``issues``. Nothing is
stored. The ids in it are those that Handrail itself would give, so that sending it after the
assessment was finished here makes nothing twice.

Source: http://hl7.org/fhir/uv/sdc/OperationDefinition/QuestionnaireResponse-extract.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.duties.intake.actions.finishing import counted_in
from handrail.duties.intake.actions.opening import definition, reference_for, worked_out
from handrail.duties.intake.actions.value_sets import form_of
from handrail.duties.intake.api.asking import ParameterError, answer, hint, resource_in
from handrail.duties.intake.resources import DONE, answers_of
from handrail.duties.intake.rules import observing
from handrail.duties.intake.rules.carrying import without_old
from handrail.fhir import text
from handrail.fhir.errors import BusinessRuleError, Fault, NotFoundError
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource, reference
from handrail.fhir.validation import validate
from handrail.operation import Answer, Asked, Operation
from handrail.record import store
from handrail.record.known import known

_REFUSED: Final = frozenset({"entered-in-error", "stopped"})
_PERFORMERS: Final = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"}
)


def extract(asked: Asked) -> Answer:
    """Answer with Parameters: ``return`` a transaction Bundle, ``issues`` what is to be said."""
    with acting(asked.by, durable=False):
        require(asked.by, "read", "QuestionnaireResponse")
        response = _response(asked)
        form = _form(asked, response)
        made, issues = _made(asked, form, response)
    if not made:
        issues.append(hint("There is nothing to extract: no question with a code has an answer."))
        return answer("return", None, issues)
    return answer("return", _bundle(asked, made, kept=bool(response.get("id"))), issues)


def _response(asked: Asked) -> Resource:
    """Return the answers that are stored, or that were sent."""
    if asked.id:
        return store.read(f"QuestionnaireResponse/{asked.id}", by=asked.by).resource
    sent = resource_in(asked, "questionnaire-response", "QuestionnaireResponse")
    if sent is None and (asked.body or {}).get("resourceType") == "QuestionnaireResponse":
        sent = dict(asked.body or {})
    if sent is None:
        raise ParameterError(
            "Send the QuestionnaireResponse, as it is or as the parameter “questionnaire-response”,"
            " or ask QuestionnaireResponse/[id]/$extract."
        )
    validate(text.write(sent), "QuestionnaireResponse")
    return sent


def _form(asked: Asked, response: Resource) -> Form:
    """Return the form that was answered: as it is kept, else as it was sent along."""
    said = answers_of(response)
    kept = said.definition if asked.id else ""
    where = kept or reference_for(asked.by, said.form, said.version)
    found = definition(asked.by, where, said.definition_version if kept else "") if where else None
    if found is not None:
        return found.form
    sent = resource_in(asked, "questionnaire", "Questionnaire")
    if sent is not None:
        return form_of(sent, by=asked.by)
    raise NotFoundError(
        "The questionnaire of these answers is not here. Send it along as the parameter"
        " “questionnaire”."
    )


def _made(asked: Asked, form: Form, response: Resource) -> tuple[list[Resource], list[Fault]]:
    """Return the Observations, and what is to be said about them."""
    said = answers_of(response)
    if said.status in _REFUSED:
        raise BusinessRuleError("These answers were withdrawn; nothing is made of them.")
    if not said.patient:
        raise BusinessRuleError("The answers are of no patient: subject is missing.")
    facts = known(asked.by.org)
    plain = without_old(form, response)
    found = worked_out(asked.by, form, plain, said.patient)
    final = dict(found.final)
    final.setdefault("authored", facts.as_of.replace(microsecond=0).isoformat())
    final.setdefault("id", uuid4().hex)
    now = answers_of(final)
    performer = _performer(asked, final)
    about = observing.Said(
        now,
        "amended" if now.status == "amended" else "final",
        performer,
        observing.topics(facts.rules, facts.as_of.date()),
    )
    counted = counted_in(form, final, now, facts)
    made = [
        one if performer else {key: value for key, value in one.items() if key != "performer"}
        for one in observing.observations(form, final, counted, about)
    ]
    return made, list(_issues(now.status, found.faults, found.missing))


def _performer(asked: Asked, response: Resource) -> dict[str, str]:
    """Return who asked, as the answers say, else whoever extracts; nothing if that is a device."""
    named = [response.get("author") or {}, reference(asked.by.person, asked.by.name)]
    kinds = ((one, str(one.get("reference", "")).partition("/")[0]) for one in named)
    return next((dict(one) for one, kind in kinds if kind in _PERFORMERS), {})


def _issues(status: str, faults: tuple[object, ...], missing: tuple[str, ...]) -> list[Fault]:
    told = [
        hint(f"{getattr(one, 'link_id', '')}: {getattr(one, 'message', '')}", warning=True)
        for one in faults
    ]
    told += [
        hint(f"{place}: this must be answered or declined.", warning=True) for place in missing
    ]
    if status not in DONE:
        told.append(hint("The assessment is not finished; answers may still change."))
    return told


def _bundle(asked: Asked, made: list[Resource], *, kept: bool) -> Resource:
    """Return the transaction. Answers without an id cannot be named, and are new each time."""
    entries = [_kept(asked, one) if kept else _new(one) for one in made]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _kept(asked: Asked, one: Resource) -> Resource:
    where = f"Observation/{one['id']}"
    return {
        "fullUrl": f"{asked.base}/{where}",
        "resource": one,
        "request": {"method": "PUT", "url": where},
    }


def _new(one: Resource) -> Resource:
    resource = {key: value for key, value in one.items() if key not in {"id", "derivedFrom"}}
    return {
        "fullUrl": f"urn:uuid:{one['id']}",
        "resource": resource,
        "request": {"method": "POST", "url": "Observation"},
    }


EXTRACT: Final = Operation(
    name="extract",
    definition="http://hl7.org/fhir/uv/sdc/OperationDefinition/QuestionnaireResponse-extract",
    does="Returns the Observations that the answers amount to, as a transaction; stores nothing.",
    answer=extract,
    types=frozenset({"QuestionnaireResponse"}),
    on_type=True,
    on_instance=True,
)
