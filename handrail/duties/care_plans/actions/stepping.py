"""Steps and barriers of a plan: added, changed, linked, ended on evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.people import colleagues
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions.agreeing import ROOM
from handrail.duties.care_plans.actions.planning import (
    Opened,
    as_seen,
    draft_of,
    facts_of,
    goal_of,
    open_draft,
    retell,
    retried,
    write,
)
from handrail.duties.care_plans.actions.seeing import owners, proposed_day
from handrail.duties.care_plans.resources import STEP, goal_view, need_view
from handrail.duties.care_plans.rules import agreeing, building, reviewing
from handrail.duties.care_plans.rules.building import PlanError, WantedStep
from handrail.fhir import work
from handrail.fhir.errors import Fault, NotFoundError
from handrail.fhir.quick import LONGEST, quick_step
from handrail.fhir.resource import Resource, id_of, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.known import RecordKnown
from handrail.record.store import Committed, Draft

_LINKED = frozenset(
    {"Task", "ServiceRequest", "Appointment", "MedicationRequest", "CommunicationRequest"}
)


def add_step(by: Principal, patient: str, wanted: WantedStep, *, if_match: int = 0) -> Committed:
    """Add a step to the plan; whoever owns it, somebody here looks whether it was done.

    Raises:
        PlanError: something on the form is wrong.
        NotFoundError: it is for a goal that this person does not have.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    return retried(lambda: _add_step(by, patient, wanted, if_match), lambda: bool(if_match))


def _add_step(by: Principal, patient: str, wanted: WantedStep, if_match: int) -> Committed:
    with acting(by):
        facts = facts_of(by, patient)
        for goal in wanted.goals:
            goal_of(facts, patient, goal.partition("/")[2])
        named = named_step(by, patient, wanted, facts)
        opened = as_seen(open_draft(by, facts, patient), if_match)
        step = made_step(by, facts, patient, named, reference_to(opened.plan))
        plan = building.with_parts(opened.plan, steps=[reference_to(step)])
        return write(by, facts, Opened(plan, opened.version), [step], "plan: step added")


def named_step(by: Principal, patient: str, wanted: WantedStep, facts: RecordKnown) -> WantedStep:
    """Return the step with the name of its owner, and who looks after it if the owner does not.

    Raises:
        PlanError: nobody like that may own a step, or something on the form is wrong.
    """
    names = dict(owners(by, patient))
    if wanted.owner and wanted.owner not in {*names, building.OUTSIDE}:
        raise PlanError(_("Choose who does it."), [Fault("owner", _("Choose who does it."))])
    named = replace(wanted, owner_name=names.get(wanted.owner, wanted.owner_name))
    building.check_step(named, facts.as_of.date())
    if wanted.owner in _here(by):
        return named
    looker = reviewing.coordinator_of(patient, facts)
    return replace(
        named,
        looker=looker.reference or by.person,
        looker_name=looker.name or by.name,
    )


def read_line(by: Principal, patient: str, wanted: WantedStep) -> WantedStep:
    """Return a step whose line names its day or owner, as in "call pharmacy tue @lee".

    A day that was chosen in its field stays; what the line does not say stays as well.

    Raises:
        PlanError: nobody who may own a step is called like that.
    """
    facts = facts_of(by, patient)
    line = quick_step(wanted.words, facts.as_of.date(), facts.calendar)
    if line is None or len(wanted.words) > LONGEST:
        return wanted
    owner = wanted.owner or by.person
    if line.handle:
        owner = _called(line.handle, by, patient)
    chosen = wanted.due_on and wanted.due_on != proposed_day(by).isoformat()
    due_on = line.on.isoformat() if line.dated and not chosen else wanted.due_on
    return replace(wanted, words=line.step, owner=owner, due_on=due_on)


def _called(handle: str, by: Principal, patient: str) -> str:
    """Return who is called like a word of their name; a word that two share names neither."""
    found = [
        reference
        for reference, name in owners(by, patient)
        if handle in {part.strip(".,").lower() for part in name.split()}
    ]
    if handle in {"me", "yo"}:
        return by.person
    if len(found) != 1:
        said = _("Nobody here is called @%(name)s.") if not found else _("Several are @%(name)s.")
        text = said % {"name": handle}
        raise PlanError(text, [Fault("words", text)])
    return found[0]


def _here(by: Principal) -> Mapping[str, str]:
    return colleagues(by.org) | {by.person: by.name}


def made_step(
    by: Principal, facts: RecordKnown, patient: str, wanted: WantedStep, plan: str
) -> Resource:
    """Return the Task of a step."""
    at = facts.as_of.isoformat(timespec="seconds")
    told = replace(wanted, goal_words=wanted.goal_words or _goal_words(facts, wanted))
    return {**building.new_step(patient, told, plan, by.person, at), "id": uuid4().hex}


def _goal_words(facts: RecordKnown, wanted: WantedStep) -> str:
    goal = facts.read(wanted.goals[0]) if wanted.goals else None
    return goal_view(goal).words if goal else ""


def change_step(
    by: Principal, patient: str, step: str, wanted: WantedStep, *, if_match: int
) -> Committed:
    """Say a step anew: words, owner, day.

    The words of a step are part of what was signed; its owner and day are not.

    Raises:
        PlanError: something on the form is wrong, or the step has ended.
        FrozenPlanError: the words were changed and the plan is agreed.
        VersionConflictError: somebody changed the step meanwhile.
    """
    with acting(by):
        facts = facts_of(by, patient)
        before = _step(facts, patient, step)
        if not is_open(before["status"]):
            raise PlanError(_("This step has ended. Add a new one."))
        plan = facts.read(target_of(next(iter(before.get("basedOn", ())), {})))
        reworded = plan is not None and before.get("description") != wanted.words.strip()
        if plan is not None and reworded:
            agreeing.check_open(plan)
        same_day = wanted.due_on == work.look_by(before)[:10]
        shown = replace(wanted, due_on=facts.as_of.date().isoformat()) if same_day else wanted
        named = replace(named_step(by, patient, shown, facts), due_on=wanted.due_on)
        changed = building.changed_step(before, named)
        drafts = [Draft(changed, if_match=if_match)]
        if plan is not None and reworded:
            drafts.append(retell(facts, plan, changed))
        return store.commit(drafts, by=by, reason="plan: step changed", room=ROOM)


def _step(facts: RecordKnown, patient: str, step: str) -> Resource:
    found = facts.read(f"Task/{step}")
    if found is None or id_of(found.get("for"), "Patient") != patient:
        raise NotFoundError(_("This person has no such step."))
    if work.kind_of(found) != STEP:
        raise NotFoundError(_("This step is changed where it was made."))
    return found


def end_step(
    by: Principal, patient: str, step: str, outcome: str, note: str, *, if_match: int
) -> Committed:
    """Say what came of a step: it was done (and how one knows), or not, and why.

    What is said is written down as an Observation, which is the evidence that ends it (P3).

    Raises:
        PlanError: no outcome or no words.
        VersionConflictError: somebody changed the step meanwhile.
    """
    reasons = {"not-needed": _("Not needed any more"), "declined": _("The person declined")}
    if not note.strip():
        raise PlanError(_("Say how you know."), [Fault("note", _("Say how you know."))])
    if outcome not in {"done", *reasons}:
        raise PlanError(_("Choose what came of it."), [Fault("outcome", _("Choose one."))])
    with acting(by):
        facts = facts_of(by, patient)
        before = _step(facts, patient, step)
        if not is_open(before["status"]):
            raise PlanError(_("This step has ended already."))
        if outcome != "done":
            ended = work.ended(
                before,
                TaskStatus.CANCELLED,
                reason=(outcome, f"{reasons[outcome]}: {note.strip()}"),
            )
            return store.commit(
                [Draft(ended, if_match=if_match)], by=by, reason="plan: step ended", room=ROOM
            )
        told = _told(by, facts, patient, before, note.strip())
        done = work.ended(before, TaskStatus.COMPLETED, evidence=[reference_to(told)])
        drafts = [Draft(told), Draft(done, if_match=if_match)]
        return store.commit(drafts, by=by, reason="plan: step done", room=ROOM)


def _told(
    by: Principal, facts: RecordKnown, patient: str, step: Resource, note: str
) -> dict[str, Any]:
    """Return the Observation of what was said about a step: by whom, when, in words."""
    return {
        "resourceType": "Observation",
        "id": uuid4().hex,
        "status": "final",
        "code": {
            "coding": [{"system": "urn:handrail:observation", "code": "step-outcome"}],
            "text": "What came of a step of the plan",
        },
        "subject": reference(f"Patient/{patient}"),
        "focus": [reference(reference_to(step))],
        "effectiveDateTime": facts.as_of.isoformat(timespec="seconds"),
        "performer": [reference(by.person, by.name)],
        "valueString": note[: building.LONGEST],
    }


def link_step(by: Principal, patient: str, what: str, *, if_match: int = 0) -> Committed:
    """Make something that is in the record already a step of the plan, such as an Appointment.

    Raises:
        PlanError: it is nothing that can be a step.
        NotFoundError: this person has no such thing.
    """
    if what.partition("/")[0] not in _LINKED:
        raise PlanError(_("Choose something that is to be done."))
    with acting(by):
        facts = facts_of(by, patient)
        own = {reference_to(one) for one in facts.of_patient(patient, what.partition("/")[0])}
        if what not in own:
            raise NotFoundError(_("This person has no such step."))
        opened = as_seen(open_draft(by, facts, patient), if_match)
        plan = building.with_parts(opened.plan, steps=[what])
        return write(by, facts, Opened(plan, opened.version), [], "plan: step linked")


def add_barrier(by: Principal, patient: str, goal: str, words: str) -> Committed:
    """Say what stands in the way of a goal.

    Raises:
        PlanError: no words, or too many.
        FrozenPlanError: the plan is agreed: a barrier is part of what was signed.
    """
    return retried(lambda: _add_barrier(by, patient, goal, words))


def _add_barrier(by: Principal, patient: str, goal: str, words: str) -> Committed:
    with acting(by):
        facts = facts_of(by, patient)
        goal_of(facts, patient, goal)
        opened = draft_of(facts, patient, f"Goal/{goal}")
        made = building.barrier(patient, words, f"Goal/{goal}", facts.as_of.date(), uuid4().hex)
        drafts = [Draft(made), retell(facts, opened.plan, made)]
        return store.commit(drafts, by=by, reason="plan: barrier", room=ROOM)


def overcome_barrier(by: Principal, patient: str, barrier: str) -> Committed:
    """Say that something no longer stands in the way."""
    with acting(by):
        facts = facts_of(by, patient)
        found = facts.read(f"Condition/{barrier}")
        whose = id_of((found or {}).get("subject"), "Patient")
        if found is None or whose != patient or not need_view(found).barrier:
            raise NotFoundError(_("This person has no such barrier."))
        ended = building.overcome(found, facts.as_of.date())
        draft = Draft(ended, if_match=int(found["meta"]["versionId"]))
        return store.commit([draft], by=by, reason="plan: barrier overcome", room=ROOM)
