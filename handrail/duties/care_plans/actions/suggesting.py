"""Goals and steps that the library suggests for what a person needs; a person takes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import colleagues
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions.planning import Opened, as_seen, open_draft, write
from handrail.duties.care_plans.actions.seeing import whole_of
from handrail.duties.care_plans.actions.stepping import made_step, named_step
from handrail.duties.care_plans.resources import NeedView, need_view
from handrail.duties.care_plans.rules import building, reviewing
from handrail.duties.care_plans.rules.building import PlanError, WantedStep
from handrail.fhir import plans
from handrail.fhir.plans import Facts, Plan, PlanStep, Suggestion, UnreadablePlanError
from handrail.fhir.plans.goals import goal as goal_made
from handrail.fhir.plans.words import written
from handrail.fhir.resource import Resource, code_of, reference_to, target_of
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed, Stored

MOST = 500  # definitions of an organization
_NEXT = 14  # days, for a step that does not say when


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion for a need, ready to be taken: the goal, its first step, owner and day."""

    key: str
    need: NeedView
    suggestion: Suggestion
    step: PlanStep | None
    owner: str
    due_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was chosen: an offer by its key, with what was changed of it."""

    key: str
    words: str = ""
    step: str = ""
    owner: str = ""
    due_on: str = ""


def see_offers(by: Principal, patient: str) -> list[tuple[NeedView, list[Offer]]]:
    """Return the confirmed needs that no goal addresses, each with what the library suggests.

    Raises:
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        require(by, "read", "Patient", patient)
        facts = known(by.org)
        facts.remember()
        return _offers(by, facts, patient)


def _offers(by: Principal, facts: RecordKnown, patient: str) -> list[tuple[NeedView, list[Offer]]]:
    unmet = _unmet(by, facts, patient)
    if not unmet:
        return []
    library = [plan for one in definitions_of(by) if (plan := _read(one.body))]
    person = plans.person_of(
        facts.read(f"Patient/{patient}") or {}, facts.as_of.date(), _programs(facts, patient)
    )
    found, ours = [], frozenset(colleagues(by.org))
    for condition in unmet:
        suggested = plans.matching(library, [condition], person)
        need = need_view(condition)
        offers = [_offer(by, facts, patient, need, one, ours) for one in suggested]
        found.append((need, offers))
    return found


def _unmet(by: Principal, facts: RecordKnown, patient: str) -> list[Resource]:
    whole = whole_of(facts, open_draft(by, facts, patient).plan)
    open_ones = {need.reference for need in whole.unmet() if need.confirmed and need.concern}
    conditions = facts.of_patient(patient, "Condition")
    return [one for one in conditions if reference_to(one) in open_ones]


def definitions_of(by: Principal) -> list[Stored]:
    """Return the plans of the library that are switched on."""
    query = parse("PlanDefinition", [("status", "active"), ("_count", str(MOST))])
    return store.search(query, by=by).entries


def _read(body: bytes) -> Plan | None:
    """Return a plan of the library; None: it cannot be read."""
    try:
        return plans.read_text(body)
    except UnreadablePlanError:
        return None


def _programs(facts: RecordKnown, patient: str) -> list[str]:
    return [
        code_of(kind)
        for episode in facts.of_patient(patient, "EpisodeOfCare")
        if episode.get("status") == "active"
        for kind in episode.get("type", ())
    ]


def _offer(
    by: Principal,
    facts: RecordKnown,
    patient: str,
    need: NeedView,
    one: Suggestion,
    ours: Collection[str],
) -> Offer:
    step = next((step for step in one.steps if not step.off), None)
    days = step.due_days if step and step.due_days is not None else _NEXT
    on = facts.calendar.on_or_after(facts.as_of.date() + timedelta(days=days))
    return Offer(
        key=f"{need.id}.{one.plan}.{one.goal}",
        need=need,
        suggestion=one,
        step=step,
        owner=owner_for(by, facts, patient, step.owner if step else "", ours),
        due_on=on.isoformat(),
    )


def owner_for(
    by: Principal, facts: RecordKnown, patient: str, role: str, ours: Collection[str] | None = None
) -> str:
    """Return who is proposed for a step, by the role that the library names.

    ``ours`` are those who work here; they are looked up if they are not given.
    """
    if role in {"person", "patient"}:
        return f"Patient/{patient}"
    if role == "family":
        related = facts.of_patient(patient, "RelatedPerson")
        return reference_to(related[0]) if related else f"Patient/{patient}"
    for team in facts.of_patient(patient, "CareTeam"):
        for one in team.get("participant", ()):
            roles = {code_of(each) for each in one.get("role", ())}
            member = target_of(one.get("member"))
            if role in roles and member and not (one.get("period") or {}).get("end"):
                return member
    coordinator = reviewing.coordinator_of(patient, facts).reference
    ours = colleagues(by.org) if ours is None else ours
    return coordinator if coordinator in ours else by.person


def take(by: Principal, patient: str, taken: Sequence[Taken], *, if_match: int = 0) -> Committed:
    """Put what was chosen into the plan, in one commit: goals, their first steps, the needs.

    Raises:
        PlanError: nothing was chosen, something chosen is not offered any more, or cannot be right.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    if not taken:
        raise PlanError(_("Choose a goal, or write your own."))
    with acting(by):
        require(by, "read", "Patient", patient)
        facts = known(by.org)
        offered = {
            offer.key: offer for _need, offers in _offers(by, facts, patient) for offer in offers
        }
        if missing := [one for one in taken if one.key not in offered]:
            text = _("This was taken or changed meanwhile: look at the suggestions again.")
            raise PlanError(f"{text} ({len(missing)})")
        opened = as_seen(open_draft(by, facts, patient), if_match)
        made: list[Resource] = []
        for one in taken:
            made += _Taking(by, facts, patient, opened.plan).made(offered[one.key], one)
        goals = [one for one in made if one["resourceType"] == "Goal"]
        plan = building.with_parts(
            opened.plan,
            goals=map(reference_to, goals),
            steps=[reference_to(one) for one in made if one["resourceType"] == "Task"],
            needs=[target_of(ref) for goal in goals for ref in goal.get("addresses", ())],
        )
        return write(by, facts, Opened(plan, opened.version), made, "plan: suggestions taken")


@dataclass(frozen=True, slots=True)
class _Taking:
    """Makes what was chosen: for whom, into which plan, by whom."""

    by: Principal
    facts: RecordKnown
    patient: str
    plan: Resource

    def made(self, offer: Offer, one: Taken) -> list[Resource]:
        """Return the Goal, and the Task of its first step if one was wanted."""
        goal = self._goal(offer, one.words.strip())
        if not one.step.strip():
            return [goal]
        wanted = WantedStep(
            words=one.step,
            owner=one.owner,
            owner_name="",
            due_on=one.due_on,
            goals=(reference_to(goal),),
            goal_words=str(goal["description"].get("text", "")),
        )
        named = named_step(self.by, self.patient, wanted, self.facts)
        plan = reference_to(self.plan)
        step = made_step(self.by, self.facts, self.patient, named, plan)
        if offer.step and step["description"] == str(offer.step.title):
            step |= written("description", offer.step.title)
        return [goal, step]

    def _goal(self, offer: Offer, words: str) -> Resource:
        definition = store.read(f"PlanDefinition/{offer.suggestion.plan}", by=self.by).resource
        read = plans.read_plan(definition)
        chosen = next(goal for goal in read.goals if goal.id == offer.suggestion.goal)
        condition = self.facts.read(offer.need.reference)
        known_now = Facts(
            as_of=self.facts.as_of.date(),
            at=self.facts.as_of.isoformat(timespec="seconds"),
            conditions=[condition] if condition else [],
        )
        person = self.facts.read(f"Patient/{self.patient}") or {}
        goal = {**goal_made(chosen, read, known_now, person), "id": uuid4().hex}
        if words and words != goal["description"].get("text"):
            goal["description"] = {"text": words[: building.LONGEST]}
        return goal
