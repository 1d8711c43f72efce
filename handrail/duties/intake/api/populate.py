"""``Questionnaire/$populate``: an unfinished QuestionnaireResponse with what is known already.

The form is the one of the address, or is given as ``questionnaire`` (a canonical, a Reference or
the resource), ``canonical``, ``questionnaireRef`` or ``identifier``: both the SDC 3 and the SDC 4
names. ``subject`` is the patient. With ``local=true`` the record is used: the Patient for the
form's expressions, and the last answers to the same questions, marked as carried from where they
were given. ``context`` brings resources for expressions along. Nothing is stored.

Source: http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from handrail.access.database import acting
from handrail.access.decide import allows
from handrail.duties.intake.actions.carrying import with_old_answers
from handrail.duties.intake.actions.opening import definition, reference_for
from handrail.duties.intake.actions.value_sets import form_of
from handrail.duties.intake.api.asking import (
    ParameterError,
    answer,
    hint,
    parameters,
    reference_in,
    resource_in,
    truth,
)
from handrail.fhir.errors import Fault, NotFoundError
from handrail.fhir.forms import begin, evaluate, unsupported
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource
from handrail.fhir.searching.query import parse
from handrail.operation import Answer, Asked, Operation
from handrail.record import store
from handrail.record.known import known

_CANONICALS: Final = ("canonical", "questionnaire")
_REFERENCES: Final = ("questionnaireRef", "questionnaire")
_LOCAL: Final = frozenset({"Patient", "QuestionnaireResponse"})


def populate(asked: Asked) -> Answer:
    """Answer with Parameters: ``response``, and ``issues`` where there is something to say."""
    with acting(asked.by, durable=False):
        form = _form(asked)
        subject = _subject(asked)
        issues = [_told(one) for one in unsupported(dict(form.questionnaire))]
        context = dict(_context(asked))
        local = truth(asked, "local") and bool(subject)
        if local:
            patient = store.read(subject, by=asked.by).resource
            context.setdefault("patient", patient)
        response = _begun(asked, form, subject, context)
        if local:
            response = _carried(asked, form, response, subject, issues)
        if subject and not local:
            issues.append(hint("The record was not used. Ask with local=true for what is known."))
        found = evaluate(form, response, context=context)
    return answer("response", found.response, issues)


def _told(one: object) -> Fault:
    what, consequence = getattr(one, "what", ""), getattr(one, "consequence", "")
    link_id = getattr(one, "link_id", "")
    words = f"{link_id}: {what} {consequence}" if link_id else f"{what} {consequence}"
    return hint(words.strip(), warning=True)


def _begun(asked: Asked, form: Form, subject: str, context: dict[str, Resource]) -> Resource:
    at = known(asked.by.org).as_of.replace(microsecond=0).isoformat()
    author = asked.by.person if asked.by.person.partition("/")[0] in _AUTHORS else ""
    return begin(form, patient=subject, author=author, at=at, context=context)


_AUTHORS: Final = frozenset(
    {"Device", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Organization"}
)


def _carried(
    asked: Asked, form: Form, response: Resource, subject: str, issues: list[Fault]
) -> Resource:
    """Return the response with the patient's last answers to the same questions."""
    if not all(allows(asked.by, "read", kind) for kind in _LOCAL):
        issues.append(hint("Former answers were not used: you may not read them.", warning=True))
        return response
    return with_old_answers(asked.by, form, response, subject.partition("/")[2])


def _subject(asked: Asked) -> str:
    subject = reference_in(asked, "subject")
    if subject and (subject.partition("/")[0] != "Patient" or subject.count("/") != 1):
        raise ParameterError("subject is a patient of this server, as in Patient/123.")
    return subject


def _form(asked: Asked) -> Form:
    """Return the form that is to be filled in."""
    if asked.id:
        return _kept(asked, f"Questionnaire/{asked.id}")
    sent = resource_in(asked, "questionnaire", "Questionnaire")
    if sent is None and asked.body is not None and _is_form(asked.body):
        sent = dict(asked.body)
    if sent is not None:
        return form_of(sent, by=asked.by)
    reference = reference_in(asked, *_REFERENCES)
    if reference.startswith("Questionnaire/"):
        return _kept(asked, reference)
    for name in _CANONICALS:
        canonical = asked.value(name)
        if canonical:
            url, _, version = canonical.partition("|")
            return _kept(asked, reference_for(asked.by, url, version))
    return _kept(asked, _identified(asked))


def _is_form(body: Resource) -> bool:
    return body.get("resourceType") == "Questionnaire"


def _identified(asked: Asked) -> str:
    """Return the form with the Identifier that is given."""
    for one in parameters(asked, "identifier"):
        identifier = one.get("valueIdentifier") or {}
        wanted = f"{identifier.get('system', '')}|{identifier.get('value', '')}"
        query = parse("Questionnaire", [("identifier", wanted.lstrip("|")), ("_count", "2")])
        found = store.search(query, by=asked.by).entries
        if len(found) == 1:
            return found[0].reference
        raise NotFoundError("There is not one questionnaire with this identifier here.")
    raise ParameterError(
        "Say which questionnaire: ask Questionnaire/[id]/$populate, or give “questionnaire” as a"
        " canonical, a Reference or the resource."
    )


def _kept(asked: Asked, reference: str) -> Form:
    found = definition(asked.by, reference) if reference else None
    if found is None:
        raise NotFoundError("There is no such questionnaire that you may see.")
    return found.form


def _context(asked: Asked) -> Iterator[tuple[str, Resource]]:
    """Yield (name, resource) of what is brought along for expressions."""
    for one in parameters(asked, "context"):
        parts = [part for part in one.get("part") or () if isinstance(part, dict)]
        name = next((str(p.get("valueString")) for p in parts if p.get("name") == "name"), "")
        for part in parts:
            if part.get("name") != "content" or not name:
                continue
            inner, reference = part.get("resource"), part.get("valueReference")
            if isinstance(inner, dict):
                yield name, inner
            elif isinstance(reference, dict) and reference.get("reference"):
                literal = str(reference["reference"]).removeprefix(f"{asked.base}/")
                yield name, store.read(literal, by=asked.by).resource


POPULATE: Final = Operation(
    name="populate",
    definition="http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate",
    does="Returns an unfinished QuestionnaireResponse with what is known already.",
    answer=populate,
    types=frozenset({"Questionnaire"}),
    on_type=True,
    on_instance=True,
)
