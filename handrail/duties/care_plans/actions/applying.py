"""A whole plan of the library put into a person's plan: every goal with every step that fits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions.planning import Opened, open_draft, write
from handrail.duties.care_plans.actions.seeing import language_of, proposed_day
from handrail.duties.care_plans.actions.stepping import made_step, named_step
from handrail.duties.care_plans.actions.suggesting import definitions_of, owner_for
from handrail.duties.care_plans.resources import pertains
from handrail.duties.care_plans.rules import building
from handrail.duties.care_plans.rules.building import PlanError, WantedStep
from handrail.fhir import plans, text, work
from handrail.fhir.plans import Facts, UnreadablePlanError
from handrail.fhir.resource import Resource, code_of, reference_to, target_of, words_of
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed


def whole_plans(by: Principal) -> list[tuple[str, str]]:
    """Return the plans of the library that are switched on: (id, title), by title."""
    with acting(by):
        found = [(one.id, _title(one.body)) for one in definitions_of(by)]
    return sorted(found, key=lambda one: one[1].casefold())


@lru_cache(maxsize=256)
def _title(body: bytes) -> str:
    definition = text.parse(body)
    return str(definition.get("title") or definition.get("name") or definition["id"])


def apply_plan(by: Principal, patient: str, definition: str) -> Committed:
    """Put all goals of a plan of the library, and the steps that fit, into the person's plan.

    Owners and days are those that are proposed; each can be changed on the plan, and all of it
    taken back at once.

    Raises:
        PlanError: there is no such plan, it is switched off or cannot be read, or it is too long.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    with acting(by):
        require(by, "read", "Patient", patient)
        facts = known(by.org)
        chosen = next((one for one in definitions_of(by) if one.id == definition), None)
        if chosen is None:
            raise PlanError(_("Choose a plan of the library."))
        opened = open_draft(by, facts, patient)
        made = list(_made(by, facts, patient, chosen.resource, reference_to(opened.plan)))
        goals = [one for one in made if one["resourceType"] == "Goal"]
        plan = building.with_parts(
            opened.plan,
            goals=map(reference_to, goals),
            steps=[reference_to(one) for one in made if one["resourceType"] == "Task"],
            needs=[target_of(ref) for goal in goals for ref in goal.get("addresses", ())],
        )
        return write(by, facts, Opened(plan, opened.version), made, "plan: library applied")


def _made(
    by: Principal, facts: RecordKnown, patient: str, definition: Resource, plan: str
) -> Iterator[Resource]:
    """Yield the goals, and the steps, of what follows from a plan for this person.

    Raises:
        PlanError: the plan cannot be read.
    """
    person = facts.read(f"Patient/{patient}") or {}
    given = Facts(
        as_of=facts.as_of.date(),
        at=facts.as_of.isoformat(timespec="seconds"),
        conditions=list(facts.of_patient(patient, "Condition")),
        language=language_of(person) or "en",
    )
    try:
        applied = plans.apply(definition, [], person, given)
    except UnreadablePlanError as error:
        raise PlanError(error.message) from error
    ids = {reference_to(goal): uuid4().hex for goal in applied.goals}
    for goal in applied.goals:
        yield {**goal, "id": ids[reference_to(goal)]}
    for request in applied.requests:
        aims = tuple(f"Goal/{ids[one]}" for one in pertains(request) if one in ids)
        wanted = _wanted(by, facts, patient, request, aims)
        named = named_step(by, patient, wanted, facts)
        yield made_step(by, facts, patient, named, plan)


def _wanted(
    by: Principal, facts: RecordKnown, patient: str, request: Resource, aims: tuple[str, ...]
) -> WantedStep:
    told: Resource = next(iter(request.get("payload", ())), {})
    words = request.get("description") or words_of(request.get("code")) or told.get("contentString")
    role = code_of(next(iter(request.get("performerType") or ()), None))
    today = facts.as_of.date()
    due = work.look_by(request) if request["resourceType"] == "Task" else ""
    due = max(due[:10], (today + timedelta(days=1)).isoformat()) if due else ""
    return WantedStep(
        words=str(words or "")[: building.LONGEST],
        owner=owner_for(by, facts, patient, role),
        owner_name="",
        due_on=due or proposed_day(by).isoformat(),
        goals=aims,
    )
