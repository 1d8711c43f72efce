"""Open an assessment: its answers, its form, and whether the form has changed since."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.intake.actions.value_sets import form_of
from handrail.duties.intake.models import Form as FormRow
from handrail.duties.intake.resources import Answers, answers_of
from handrail.duties.intake.rules.carrying import held_apart
from handrail.fhir import text
from handrail.fhir.errors import BusinessRuleError, NotFoundError
from handrail.fhir.forms import Evaluated, Form
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Stored

ROOM = "intake"
_KEPT_FORMS = 64


class UnknownFormError(BusinessRuleError):
    """The questionnaire that was answered is not in the record."""


@dataclass(frozen=True)
class Definition:
    """A questionnaire in the record. ``reference`` is ``Questionnaire/id``."""

    reference: str
    version: str
    form: Form

    @property
    def resource(self) -> Resource:
        """Return the Questionnaire."""
        return dict(self.form.questionnaire)


@dataclass(frozen=True)
class Opened:
    """An assessment, and what it was asked with.

    ``definition`` is the form it was begun with; ``newer`` the one that is current, where an answer
    would mean something else there. Both are None when the form is not in the record.
    """

    stored: Stored
    said: Answers
    definition: Definition | None
    newer: Definition | None = None

    @property
    def id(self) -> str:
        """Return the id of the QuestionnaireResponse."""
        return self.stored.id

    @property
    def response(self) -> Resource:
        """Return the QuestionnaireResponse."""
        return self.stored.resource

    @property
    def form(self) -> Form:
        """Return the form.

        Raises:
            UnknownFormError: it is not in the record.
        """
        if self.definition is None:
            raise UnknownFormError(
                _("The form of this assessment is not here. An administrator can import it.")
            )
        return self.definition.form


def open_assessment(by: Principal, assessment: str) -> Opened:
    """Return an assessment with its form; the look is audited.

    Raises:
        NotFoundError: there is no such assessment that ``by`` may see.
        ForbiddenError: ``by`` may not see this patient.
    """
    stored = store.read(f"QuestionnaireResponse/{assessment}", by=by)
    said = answers_of(stored.resource)
    reference = said.definition or reference_for(by, said.form, said.version)
    now = definition(by, reference) if reference else None
    if now is None and said.definition_version:  # it was taken away: go on with what was begun
        return Opened(stored, said, definition(by, reference, said.definition_version))
    if now is None or not said.definition_version or said.definition_version == now.version:
        return Opened(stored, said, now)
    begun = definition(by, reference, said.definition_version)
    if begun is None or begun.form.digest == now.form.digest:
        return Opened(stored, said, now)
    return Opened(stored, said, begun, now)


def reference_for(by: Principal, url: str, version: str = "") -> str:
    """Return the reference of the Questionnaire with this canonical url; empty if there is none."""
    if not url:
        return ""
    with acting(by):
        rows = list(FormRow.objects.filter(org=by.org, url=url).order_by("version", "source"))
    exact = [row for row in rows if version and row.version == version]
    found = exact or rows
    return f"Questionnaire/{found[-1].source}" if found else ""


def definition(by: Principal, reference: str, version: str = "") -> Definition | None:
    """Return a form of the record, current or as it was; None if there is none.

    Reading a large questionnaire takes a while, and a version never changes: some are kept.
    """
    require(by, "read", "Questionnaire")
    kind, _slash, identity = reference.partition("/")
    if not version:
        current = store.current_versions([(kind, identity)], by=by).get(reference)
        if current is None:
            return None
        version = str(current[0])
    try:
        form = _form(by, reference, int(version))
    except (NotFoundError, ValueError):
        return None
    return Definition(reference, version, form)


_read: dict[tuple[int, str, int], Form] = {}


def _form(by: Principal, reference: str, version: int) -> Form:
    key = (by.org, reference, version)
    if key not in _read:
        questionnaire = text.parse(store.vread(reference, version, by=by).body)
        while len(_read) >= _KEPT_FORMS:
            _read.pop(next(iter(_read)))
        _read[key] = form_of(questionnaire, by=by)
    return _read[key]


def forget() -> None:
    """Read every form anew; for tests, whose organizations come and go."""
    _read.clear()


def worked_out(by: Principal, form: Form, response: Resource, patient: str) -> Evaluated:
    """Return what the answers amount to: calculated values, what is asked, what is wrong."""
    person = known(by.org).read(f"Patient/{patient}") if patient else None
    return held_apart(form, response, {"patient": person} if person else {})


def refuse_unless(condition: object, message: str) -> None:
    """Raise with ``message`` unless ``condition`` holds."""
    if not condition:
        raise BusinessRuleError(message)
