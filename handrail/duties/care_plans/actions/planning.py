"""Writing a plan: goals, barriers, steps. Each call is one commit, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.utils.translation import gettext as _
from typing_extensions import override

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions import replacing
from handrail.duties.care_plans.actions.agreeing import ROOM
from handrail.duties.care_plans.actions.seeing import plans_of, whole_of
from handrail.duties.care_plans.resources import goal_view, step_view
from handrail.duties.care_plans.rules import agreeing, building
from handrail.duties.care_plans.rules.building import PlanError, WantedGoal
from handrail.fhir import work
from handrail.fhir.errors import Fault, NotFoundError, VersionConflictError
from handrail.fhir.resource import Resource, id_of, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed, Draft

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft to write on, as stored (``version`` 0: new), and what else its opening writes."""

    plan: Resource
    version: int


def open_draft(by: Principal, facts: RecordKnown, patient: str) -> Opened:
    """Return the draft of a person's plan, else a new version of the agreed one, else a new one.

    What is new is not written yet.
    """
    plans = plans_of(facts, patient)
    for plan in plans:
        if plan["status"] in {"draft", "on-hold"}:
            return Opened(plan, int(plan["meta"]["versionId"]))
    on = facts.as_of.date()
    before = sorted(str(one["id"]) for one in facts.of_patient(patient, "CarePlan"))
    identity = uuid5(NAMESPACE_URL, "|".join([patient, *before])).hex  # two who begin: one plan
    fresh = building.new_plan(patient, reference(by.person, by.name), on, identity)
    agreed = next((plan for plan in plans if plan["status"] == "active"), None)
    if agreed is None:
        return Opened(fresh, 0)
    kept = ("title", "addresses", "goal", "activity", "careTeam")
    taken = {name: agreed[name] for name in kept if name in agreed}
    return Opened({**fresh, **taken, "replaces": [reference(reference_to(agreed))]}, 0)


def start_plan(by: Principal, patient: str) -> Committed:
    """Begin a plan: an empty draft.

    Raises:
        PlanError: there is a draft already.
    """
    with acting(by):
        require(by, "read", "Patient", patient)
        facts = known(by.org)
        opened = open_draft(by, facts, patient)
        if opened.version:
            raise PlanError(_("There is a draft of a plan already. Open it."))
        return write(by, facts, opened, [], "plan: begun")


def begin_version(by: Principal, patient: str) -> Committed:
    """Begin a new version of an agreed plan: a draft with the same content that replaces it.

    Raises:
        PlanError: no plan is agreed, or a draft was begun already.
    """
    with acting(by):
        facts = facts_of(by, patient)
        opened = open_draft(by, facts, patient)
        if opened.version:
            raise PlanError(_("A draft of a plan was begun already. Open it."))
        if not opened.plan.get("replaces"):
            raise PlanError(_("No plan is agreed yet. Begin one."))
        return write(by, facts, opened, [], "plan: new version")


def write(
    by: Principal, facts: RecordKnown, opened: Opened, parts: Iterable[Resource], reason: str
) -> Committed:
    """Commit a draft with its narrative, and the parts that go with it.

    Raises:
        FrozenPlanError: the plan is agreed.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    agreeing.check_open(opened.plan)
    made = list(parts)
    told = building.narrated(opened.plan, whole_of(_Over(facts, made), opened.plan))
    drafts = [Draft(part) for part in made]
    drafts.append(Draft(told, if_match=opened.version))
    return store.commit(drafts, by=by, reason=reason, room=ROOM)


def retell(facts: RecordKnown, plan: Resource, part: Resource) -> Draft:
    """Return a plan with its narrative told anew, now that ``part`` of it is to change.

    So every change of what is signed is a change of the plan, too, and can be undone only as long
    as nobody went on from it.
    """
    told = building.narrated(plan, whole_of(_Over(facts, [part]), plan))
    return Draft(told, if_match=int(plan["meta"]["versionId"]))


def retried(
    act: Callable[[], Committed], is_stale: Callable[[], bool] = lambda: False
) -> Committed:
    """Do ``act``; again when somebody saved between its reading and its writing.

    What is only added, or stands elsewhere in the plan, gets in nobody's way. ``is_stale`` tells
    whether what the person saw has changed: then they are told.

    Raises:
        VersionConflictError: it is stale, or others keep saving.
    """
    for _attempt in range(_TRIES - 1):
        try:
            return act()
        except VersionConflictError:
            if is_stale():
                raise
    return act()


class _Over(RecordKnown):
    """The record with resources that are about to be written on top of it."""

    def __init__(self, facts: RecordKnown, made: Sequence[Resource]) -> None:
        super().__init__(facts.org, facts.as_of, facts.calendar, facts.pool)
        self._facts, self._made = facts, {reference_to(one): one for one in made}

    @override
    def read(self, reference: str) -> Resource | None:
        return self._made.get(reference) or self._facts.read(reference)

    @override
    def several(self, references: Collection[str]) -> dict[str, Resource]:
        mine = {one: self._made[one] for one in references if one in self._made}
        return self._facts.several([one for one in references if one not in mine]) | mine

    @override
    def of_patient(self, patient: str, resource_type: str) -> Sequence[Resource]:
        stored = self._facts.of_patient(patient, resource_type)
        kept = [one for one in stored if reference_to(one) not in self._made]
        return [
            *kept,
            *(one for one in self._made.values() if one["resourceType"] == resource_type),
        ]


def add_goal(by: Principal, patient: str, wanted: WantedGoal, *, if_match: int = 0) -> Committed:
    """Add a goal to the plan; the first one begins the plan, or a new version of an agreed one.

    Raises:
        PlanError: something on the form is wrong.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    return retried(lambda: _add_goal(by, patient, wanted, if_match), lambda: bool(if_match))


def _add_goal(by: Principal, patient: str, wanted: WantedGoal, if_match: int) -> Committed:
    with acting(by):
        facts = facts_of(by, patient)
        building.check_goal(wanted, facts.as_of.date())
        opened = as_seen(open_draft(by, facts, patient), if_match)
        goal = madegoal_of(facts, patient, wanted)
        needs = [target_of(one) for one in goal.get("addresses", ())]
        plan = building.with_parts(opened.plan, goals=[reference_to(goal)], needs=needs)
        return write(by, facts, Opened(plan, opened.version), [goal], "plan: goal added")


def facts_of(by: Principal, patient: str) -> RecordKnown:
    """Return what is known, for somebody who may see this patient."""
    require(by, "read", "Patient", patient)
    return known(by.org)


def as_seen(opened: Opened, if_match: int) -> Opened:
    """Return the draft as it was seen, so that a stale save is refused."""
    return Opened(opened.plan, if_match) if if_match and opened.version else opened


def madegoal_of(facts: RecordKnown, patient: str, wanted: WantedGoal) -> Resource:
    """Return the Goal for a form, addressing needs of this person alone."""
    needs = needs_of(facts, patient, wanted.needs)
    kept = replace(wanted, needs=tuple(map(reference_to, needs)))
    on = facts.as_of.date()
    return building.new_goal(patient, kept, needs, on, uuid4().hex)


def needs_of(facts: RecordKnown, patient: str, wanted: Iterable[str]) -> list[Resource]:
    """Return those of the wanted Conditions that are of this person, in the order asked."""
    mine = {reference_to(one): one for one in facts.of_patient(patient, "Condition")}
    return [mine[ref] for ref in dict.fromkeys(wanted) if ref in mine]


def change_goal(
    by: Principal, patient: str, goal: str, wanted: WantedGoal, *, if_match: int
) -> Committed:
    """Say a goal anew. In an agreed plan goals are frozen; the draft that follows may change them.

    Raises:
        PlanError: something on the form is wrong.
        FrozenPlanError: the plan is agreed and no new version was begun.
        VersionConflictError: somebody changed the goal meanwhile.
    """

    def is_stale() -> bool:
        with acting(by):
            now = goal_of(facts_of(by, patient), patient, goal)
            return int(now["meta"]["versionId"]) != if_match

    return retried(lambda: _change_goal(by, patient, goal, wanted, if_match), is_stale)


def _change_goal(
    by: Principal, patient: str, goal: str, wanted: WantedGoal, if_match: int
) -> Committed:
    with acting(by):
        facts = facts_of(by, patient)
        before = goal_of(facts, patient, goal)
        needs = tuple(map(reference_to, needs_of(facts, patient, wanted.needs)))
        wanted = replace(wanted, needs=needs)
        due = goal_view(before).due_on
        building.check_goal(_unmoved(wanted, due), facts.as_of.date())
        opened = draft_of(facts, patient, reference_to(before))
        changed = building.changed_goal(before, wanted)
        plan = building.with_parts(opened.plan, needs=needs)
        if replacing.is_in_force(facts, patient, reference_to(before)):
            return _copy_goal(by, facts, plan, changed, if_match)
        drafts = [Draft(changed, if_match=if_match), retell(facts, plan, changed)]
        return store.commit(drafts, by=by, reason="plan: goal changed", room=ROOM)


def _copy_goal(
    by: Principal, facts: RecordKnown, plan: Resource, changed: Resource, if_match: int
) -> Committed:
    """Change a goal that is signed: the draft gets a copy, the plan in force keeps its own."""
    if int(changed["meta"]["versionId"]) != if_match:
        raise VersionConflictError(_("Somebody changed this goal meanwhile. Nothing was saved."))
    goal, copy = reference_to(changed), replacing.copied(changed)
    made = replacing.with_copy(plan, goal, reference_to(copy))
    parts = [copy, *replacing.serving(facts, plan, goal, reference_to(copy))]
    opened = Opened(made, int(plan["meta"]["versionId"]))
    return write(by, facts, opened, parts, "plan: goal changed")


def _unmoved(wanted: WantedGoal, due_on: str) -> WantedGoal:
    """Leave a day that is over alone when it was not changed."""
    return replace(wanted, due_on="") if wanted.due_on == due_on else wanted


def goal_of(facts: RecordKnown, patient: str, goal: str) -> Resource:
    """Return a goal of this person.

    Raises:
        NotFoundError: this person has no such goal.
    """
    found = facts.read(f"Goal/{goal}")
    if found is None or id_of(found.get("subject"), "Patient") != patient:
        raise NotFoundError(_("This person has no such goal."))
    return found


def draft_of(facts: RecordKnown, patient: str, goal: str) -> Opened:
    """Return the draft that a goal is in.

    Raises:
        FrozenPlanError: it is in an agreed plan alone.
        NotFoundError: it is in no plan.
    """
    holding = [
        plan
        for plan in plans_of(facts, patient)
        if goal in {target_of(one) for one in plan.get("goal", ())}
    ]
    if not holding:
        raise NotFoundError(_("This goal is in no plan."))
    agreeing.check_open(holding[0])
    return Opened(holding[0], int(holding[0]["meta"]["versionId"]))


def drop_goal(by: Principal, patient: str, goal: str, reason: str) -> Committed:
    """Give a goal up, with the reason; it leaves the draft, its open steps end with it.

    Raises:
        PlanError: no reason was given.
        FrozenPlanError: the plan is agreed and no new version was begun.
    """
    with acting(by):
        facts = facts_of(by, patient)
        before = goal_of(facts, patient, goal)
        if not reason.strip():
            raise PlanError(_("Say why."), [Fault("reason", _("Say why."))])
        opened = draft_of(facts, patient, reference_to(before))
        steps = [
            step
            for one in opened.plan.get("activity", ())
            if (step := facts.read(target_of(one.get("reference"))))
            and step_view(step).own
            and step_view(step).goals == (reference_to(before),)
        ]
        ended = [
            work.ended(step, TaskStatus.CANCELLED, reason=("not-needed", reason.strip()))
            for step in steps
            if is_open(step["status"])
        ]
        given_up = {
            **before,
            "lifecycleStatus": "cancelled",
            "statusReason": reason.strip(),
            "statusDate": facts.as_of.date().isoformat(),
        }
        left = {reference_to(before), *map(reference_to, steps)}
        plan = _without(opened.plan, left)
        if replacing.is_in_force(facts, patient, reference_to(before)):
            return write(by, facts, Opened(plan, opened.version), [], "plan: goal left out")
        return write(
            by, facts, Opened(plan, opened.version), [given_up, *ended], "plan: goal given up"
        )


def _without(plan: Resource, left: set[str]) -> Resource:
    goals = [one for one in plan.get("goal", ()) if target_of(one) not in left]
    steps = [one for one in plan.get("activity", ()) if target_of(one.get("reference")) not in left]
    kept = {**plan, "goal": goals, "activity": steps}
    return {name: value for name, value in kept.items() if value != []}


def move_goal(by: Principal, patient: str, goal: str, places: int, *, if_match: int) -> Committed:
    """Move a goal up (-1) or down (1) in the plan.

    Raises:
        VersionConflictError: somebody changed the plan meanwhile.
    """
    with acting(by):
        facts = facts_of(by, patient)
        opened = draft_of(facts, patient, f"Goal/{goal}")
        plan = building.moved(opened.plan, f"Goal/{goal}", places)
        return write(by, facts, Opened(plan, if_match), [], "plan: order changed")
