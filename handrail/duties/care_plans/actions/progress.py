"""Following a plan: progress from evidence, the person's own rating, reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions.agreeing import PERTAINS, ROOM, plan_of
from handrail.duties.care_plans.rules import progress, reviewing
from handrail.duties.care_plans.rules.progress import Evidence, Proposal
from handrail.duties.care_plans.rules.reviewing import ReviewError
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, NotFoundError
from handrail.fhir.resource import Resource, concept, id_of, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed, Draft

REVIEWED = "urn:handrail:reviewed"
OUTCOMES = ("still-right", "to-change")
STATUSES = (
    "in-progress",
    "improving",
    "worsening",
    "no-change",
    "achieved",
    "sustaining",
    "not-achieved",
    "not-attainable",
)
BEST = 10
_NOTE = 1000  # characters


class ProgressError(BusinessRuleError):
    """What was said about a goal cannot be right; nothing was saved."""


@dataclass(frozen=True, slots=True)
class Going:
    """How a goal goes: the evidence, what a rule proposes, and whether it should be asked."""

    goal: Resource
    evidence: Evidence
    proposal: Proposal | None
    stale: bool

    @property
    def version(self) -> int:
        """Return the version of the goal that is seen."""
        return int((self.goal.get("meta") or {}).get("versionId", 0))


def see_progress(by: Principal, patient: str, plan: str) -> list[Going]:
    """Return how each goal of a plan goes, in the plan's order; the look is audited.

    Raises:
        NotFoundError: this person has no such plan.
    """
    with acting(by):
        found, facts = plan_of(by, patient, plan), known(by.org)
        goals = [goal for one in found.get("goal", ()) if (goal := facts.read(target_of(one)))]
        steps = [
            step
            for one in found.get("activity", ())
            if (step := facts.read(target_of(one.get("reference"))))
        ]
        observations = facts.of_patient(patient, "Observation") if goals else []
    return [_going(goal, observations, steps, facts) for goal in goals]


def _going(
    goal: Resource,
    observations: Sequence[Resource],
    steps: Sequence[Resource],
    facts: RecordKnown,
) -> Going:
    today = facts.as_of.date()
    rule = facts.rules.rule(progress.RULE, today)
    mine = [step for step in steps if reference_to(goal) in _goals_of(step)]
    found = progress.evidence(goal, observations, mine)
    proposal = progress.propose(found, today, rule)
    return Going(goal, found, proposal, progress.is_stale(found, today, rule))


def _goals_of(step: Resource) -> set[str]:
    return {
        target_of(extension.get("valueReference"))
        for extension in step.get("extension", ())
        if extension.get("url") == PERTAINS
    }


def judge_goal(by: Principal, patient: str, goal: str, status: str, *, if_match: int) -> Committed:
    """Say how a goal goes: what a rule proposed, or what a person judges otherwise.

    A goal that is achieved is completed; one that cannot be reached is cancelled. This does not
    change what the plan says, so a plan that is agreed stays agreed.

    Raises:
        ProgressError: there is no such status.
        VersionConflictError: somebody else judged the goal meanwhile.
    """
    if status not in STATUSES:
        raise ProgressError(_("Choose how the goal goes."))
    with acting(by):
        found = _goal_of(by, patient, goal)
        lifecycle = {"achieved": "completed", "not-attainable": "cancelled"}
        judged = {
            **found,
            "achievementStatus": concept(progress.ACHIEVEMENT, status),
            "lifecycleStatus": lifecycle.get(status, _kept(found)),
            "statusDate": known(by.org).as_of.date().isoformat(),
        }
        draft = Draft(judged, if_match=if_match)
        return store.commit([draft], by=by, reason="goal: judged", room=ROOM)


def _kept(goal: Resource) -> str:
    status = str(goal.get("lifecycleStatus", "active"))
    return "active" if status in {"completed", "cancelled"} else status


def _goal_of(by: Principal, patient: str, goal: str) -> Resource:
    require(by, "read", "Patient", patient)
    found = store.read(f"Goal/{goal}", by=by).resource
    if id_of(found.get("subject"), "Patient") != patient:
        raise NotFoundError(_("This person has no such goal."))
    return found


def rate_goal(by: Principal, patient: str, goal: str, rating: str) -> Committed:
    """Write down how near the person says they are to a goal, from 0 to 10.

    Raises:
        ProgressError: this is no whole number from 0 to 10.
    """
    if not (rating.isdecimal() and len(rating) <= len(str(BEST)) and int(rating) <= BEST):
        raise ProgressError(_("Give a number from 0 (far away) to 10 (reached)."))
    with acting(by):
        found = _goal_of(by, patient, goal)
        at = known(by.org).as_of.isoformat(timespec="seconds")
        made: Resource = {
            "resourceType": "Observation",
            "id": uuid4().hex,
            "status": "final",
            "category": [
                concept("http://terminology.hl7.org/CodeSystem/observation-category", "survey")
            ],
            "code": concept(
                progress.OBSERVATION, progress.RATING, text="How near the person says they are"
            ),
            "subject": reference(f"Patient/{patient}"),
            "focus": [reference(reference_to(found))],
            "effectiveDateTime": at,
            "performer": [reference(f"Patient/{patient}")],
            "valueInteger": int(rating),
        }
        return store.commit([made], by=by, reason="goal: rated", room=ROOM)


@dataclass(frozen=True, slots=True)
class Asked:
    """The review that is to be made next: its Task and why it is due."""

    id: str
    why: str
    look_by: str


def next_review(by: Principal, patient: str, plan: str) -> tuple[Asked | None, str]:
    """Return the review of a plan that is to be made next, and the day proposed for the one after.

    Raises:
        NotFoundError: this person has no such plan.
    """
    with acting(by):
        found, facts = plan_of(by, patient, plan), known(by.org)
        tasks = reviewing.open_reviews(found, facts)
        proposed = reviewing.proposed_on(facts).isoformat()
    if not tasks:
        return None, proposed
    why = str((tasks[0].get("reasonCode") or {}).get("text", ""))
    return Asked(str(tasks[0]["id"]), why, work.look_by(tasks[0])[:10]), proposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A review as the form gives it. ``next_on``: the day of the next one (ISO 8601)."""

    outcome: str
    note: str
    next_on: str


def review_plan(by: Principal, patient: str, task: str, review: Reviewed) -> Committed:
    """Write down that a plan was reviewed with the person; the next review gets its day.

    Raises:
        ReviewError: no outcome, a day that cannot be, or the review was made already.
        VersionConflictError: somebody made it at the same moment.
    """
    with acting(by):
        facts = known(by.org)
        asked = facts.read(f"Task/{task}")
        if asked is None or work.kind_of(asked) != reviewing.KIND or not is_open(asked["status"]):
            raise ReviewError(_("This review was made already. Look at the plan again."))
        plan = plan_of(by, patient, id_of(asked.get("focus"), "CarePlan"))
        if review.outcome not in OUTCOMES:
            raise ReviewError(_("Say whether the plan is still right."))
        on = reviewing.check_date(review.next_on, facts)
        ended = work.ended(asked, TaskStatus.COMPLETED, evidence=[reference_to(plan)])
        drafts = [
            Draft(_reviewed(by, plan, review, facts), if_match=int(plan["meta"]["versionId"])),
            Draft(ended, if_match=int(asked["meta"]["versionId"])),
        ]
        others = [one for one in reviewing.open_reviews(plan, facts) if one["id"] != task]
        if not any(work.look_by(one)[:10] <= on.isoformat() for one in others):
            why = _("The next review of the agreed plan.")
            after = reviewing.review_task(plan, on, why, facts)
            drafts.append(Draft({**after, "id": uuid4().hex}))
        return store.commit(drafts, by=by, reason="plan: reviewed", room=ROOM)


def _reviewed(by: Principal, plan: Resource, review: Reviewed, facts: RecordKnown) -> Resource:
    entry: dict[str, Any] = {
        "url": REVIEWED,
        "extension": [
            {"url": "on", "valueDate": facts.as_of.date().isoformat()},
            {"url": "by", "valueReference": reference(by.person, by.name)},
            {"url": "outcome", "valueCode": review.outcome},
        ],
    }
    if note := review.note.strip()[:_NOTE]:
        entry["extension"] = [*entry["extension"], {"url": "note", "valueString": note}]
    return {**plan, "extension": [*plan.get("extension", []), entry]}
