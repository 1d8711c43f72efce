"""End an assessment without finishing it: set aside, declined as a whole, or only read."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access.principal import Principal
from handrail.duties.intake.actions.finishing import readings
from handrail.duties.intake.actions.opening import ROOM, open_assessment, refuse_unless
from handrail.duties.intake.resources import with_extension
from handrail.duties.intake.rules import DUE
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource, concept, id_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.stored import Committed, Draft

STOPPED: Final = "urn:handrail:stopped-reason"
DECLINED: Final = "declined"
REASONS: Final = {
    "not-now": later("Not a good time"),
    "too-tired": later("Too tired or unwell to go on"),
    "not-needed": later("Not needed"),
    "by-mistake": later("Begun by mistake"),
    DECLINED: later("Declined as a whole"),
}
"""Why an assessment is set aside, by code."""


def set_aside(
    by: Principal, assessment: str, reason: str, *, note: str = "", if_match: int | None = None
) -> Committed:
    """Stop an assessment, for a coded reason. Its answers stay; it can be taken up again.

    Raises:
        BusinessRuleError: the reason is unknown, or the assessment is finished.
        VersionConflictError: somebody saved meanwhile.
    """
    if reason not in REASONS:
        raise BusinessRuleError(_("Say why it is set aside."))
    opened = open_assessment(by, assessment)
    refuse_unless(opened.said.is_open, _("This assessment is finished already."))
    why = concept(STOPPED, reason, text=note.strip() or REASONS[reason])
    response = with_extension(opened.response, STOPPED, valueCodeableConcept=why)
    drafts = [Draft({**response, "status": "stopped"}, if_match=if_match or opened.stored.version)]
    if reason in {DECLINED, "not-needed"}:
        drafts += [
            Draft(task) for task in _asked(by, opened.said.patient, opened.said.definition, reason)
        ]
    return store.commit(drafts, by=by, reason=f"assessment set aside: {reason}", room=ROOM)


def take_up_again(by: Principal, assessment: str) -> Committed:
    """Go on with an assessment that was set aside."""
    opened = open_assessment(by, assessment)
    refuse_unless(opened.said.status == "stopped", _("This assessment was not set aside."))
    response = {**with_extension(opened.response, STOPPED), "status": "in-progress"}
    draft = Draft(response, if_match=opened.stored.version)
    return store.commit([draft], by=by, reason="assessment taken up again", room=ROOM)


def decline_whole(by: Principal, task: str, *, reason: str = DECLINED, note: str = "") -> Committed:
    """End the wish for an assessment: the person declined it, or it is not needed.

    Raises:
        BusinessRuleError: the reason is unknown, or the work has ended.
    """
    stored = store.read(f"Task/{task}", by=by)
    found = stored.resource
    refuse_unless(
        reason in {DECLINED, "not-needed"}, _("Say whether it was declined or not needed.")
    )
    refuse_unless(
        work.kind_of(found) == DUE and is_open(found["status"]), _("This step has ended already.")
    )
    draft = Draft(_refused(found, reason, note), if_match=stored.version)
    return store.commit([draft], by=by, reason=reason, room=ROOM)


def _asked(by: Principal, patient: str, definition: str, reason: str) -> list[Resource]:
    """Return the open wishes for this form, ended."""
    tasks = (each.resource for each in store.of_patient(patient, "Task", by=by))
    return [
        _refused(task, reason, "")
        for task in tasks
        if is_open(task["status"])
        and work.kind_of(task) == DUE
        and f"Questionnaire/{id_of(task.get('focus'))}" == definition
    ]


def _refused(task: Resource, reason: str, note: str) -> Resource:
    words = note.strip() or REASONS[reason]
    return work.ended(task, TaskStatus.CANCELLED, reason=(reason, words))


def read_only(by: Principal, assessment: str) -> Committed:
    """End the reading of answers from elsewhere, without making Observations of them.

    Raises:
        BusinessRuleError: nothing waits to be read.
    """
    opened = open_assessment(by, assessment)
    tasks = readings(by, opened)
    refuse_unless(tasks, _("Nothing waits to be read here."))
    proof = [opened.stored.reference]
    drafts = [Draft(work.ended(task, TaskStatus.COMPLETED, evidence=proof)) for task in tasks]
    return store.commit(drafts, by=by, reason="answers read", room=ROOM)
