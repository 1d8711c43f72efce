"""Seeing a plan with all that belongs to it, and who may own its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import colleagues
from handrail.access.principal import Principal
from handrail.duties.care_plans.models import Plan
from handrail.duties.care_plans.resources import (
    STEP,
    NeedView,
    Whole,
    goal_view,
    is_plan,
    need_view,
    plan_view,
    step_view,
)
from handrail.duties.care_plans.rules import agreeing, gaps, reviewing
from handrail.duties.care_plans.rules.gaps import Gap
from handrail.fhir import work
from handrail.fhir.resource import Resource, reference_to, target_of, words_of
from handrail.record.known import RecordKnown, known

STEPS = "care-plan.steps"
CURRENT = frozenset({"draft", "on-hold", "active"})


@dataclass(frozen=True, slots=True)
class Seen:
    """The plan of a person: what it is made of, what it lacks, and the others there are.

    ``agreed`` is the id of the plan that holds while a newer draft is written.
    """

    whole: Whole | None
    gaps: Sequence[Gap]
    agreed: str
    draft: str
    needs: Sequence[NeedView]
    strengths: Sequence[NeedView]
    person: str
    language: str


def today(by: Principal) -> date:
    """Return the date of now, where the organization is."""
    return known(by.org).as_of.date()


def proposed_day(by: Principal) -> date:
    """Return the day that is proposed for a step."""
    facts = known(by.org)
    rule = facts.rules.rule(STEPS, facts.as_of.date())
    days = int(rule.values["proposed_days"])
    return facts.calendar.on_or_after(facts.as_of.date() + timedelta(days=days))


def see_plan(by: Principal, patient: str, plan: str = "") -> Seen:
    """Return a plan of a person: the draft, else the agreed one, or the one that is named.

    Raises:
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        require(by, "read", "Patient", patient)
        require(by, "read", "CarePlan")
        facts = known(by.org)
        facts.remember()
        person = facts.read(f"Patient/{patient}") or {}
        plans = plans_of(facts, patient)
        chosen = _chosen(plans, plan)
        whole = whole_of(facts, chosen) if chosen else None
        conditions = [need_view(one) for one in facts.of_patient(patient, "Condition")]
        looked = ["CarePlan?patient", "Goal?patient", "Condition?patient", "Task?patient"]
        audit.read(by, looked, None, patient)
    return Seen(
        whole=whole,
        gaps=_gaps(facts, whole) if whole else (),
        agreed=next((str(one["id"]) for one in plans if one["status"] == "active"), ""),
        draft=next((str(one["id"]) for one in plans if one["status"] == "draft"), ""),
        needs=[one for one in conditions if one.concern and one.open and not _kept(one)],
        strengths=[one for one in conditions if one.strength and one.open],
        person=name_of(person),
        language=language_of(person),
    )


def _gaps(facts: RecordKnown, whole: Whole) -> Sequence[Gap]:
    rule = facts.rules.rule(gaps.CONFLICTS, facts.as_of.date())
    found = gaps.gaps(whole, facts.as_of.date(), rule, frozenset(colleagues(facts.org)))
    back = agreeing.sent_back_last(
        facts.of_patient(whole.plan.patient, "Task"), whole.plan.reference
    )
    if back and whole.plan.draft:
        return [Gap("sent-back", whole.plan.reference, back[1], back[0]), *found]
    return found


def has_plan(by: Principal, patient: str) -> bool:
    """Tell, without reading it, whether there is a plan that :func:`see_plan` would choose."""
    plans = Plan.objects.filter(org=by.org, patient=patient, status__in=CURRENT)
    return plans.exists()


def _kept(need: NeedView) -> bool:
    return need.barrier or need.strength


def plans_of(facts: RecordKnown, patient: str) -> list[Resource]:
    """Return the plans that are made here for a person: drafts, then agreed ones, newest first."""
    order = {"draft": 0, "on-hold": 0, "active": 1}
    plans = [one for one in facts.of_patient(patient, "CarePlan") if is_plan(one)]
    plans.sort(key=lambda one: str(one.get("created", "")), reverse=True)
    return sorted(plans, key=lambda one: order.get(str(one.get("status")), 2))


def _chosen(plans: Sequence[Resource], plan: str) -> Resource | None:
    if plan:
        return next((one for one in plans if one["id"] == plan), None)
    current = (one for one in plans if one["status"] in CURRENT)
    return next(current, None)


def whole_of(facts: RecordKnown, plan: Resource) -> Whole:
    """Return a plan with its goals, steps, needs and barriers as they are now."""
    view = plan_view(plan)
    parts = facts.several([*view.goals, *view.steps])
    goals = [goal_view(parts[ref]) for ref in view.goals if ref in parts]
    steps = [step_view(parts[ref]) for ref in view.steps if ref in parts]
    aimed = [ref for goal in goals for ref in goal.addresses]
    conditions = [need_view(one) for one in facts.of_patient(view.patient, "Condition")]
    wanted = {*view.needs, *aimed}
    mine = {goal.reference for goal in goals}
    return Whole(
        plan=view,
        goals=goals,
        steps=steps,
        needs=[
            one
            for one in conditions
            if not _kept(one) and (one.reference in wanted or _open_need(one))
        ],
        barriers=[one for one in conditions if one.barrier and mine & set(one.goals)],
        strengths=[one for one in conditions if one.strength and one.open],
        review_on=_review_on(facts, plan),
    )


def _open_need(need: NeedView) -> bool:
    return need.concern and need.open and need.confirmed


def _review_on(facts: RecordKnown, plan: Resource) -> str:
    reviews = reviewing.open_reviews(plan, facts)
    return work.look_by(reviews[0])[:10] if reviews else ""


def owners(by: Principal, patient: str) -> list[tuple[str, str]]:
    """Return who may own a step, by reference and name: me first, the person, family, the team."""
    facts = known(by.org)
    person = facts.read(f"Patient/{patient}") or {}
    found = {by.person: by.name, f"Patient/{patient}": name_of(person)}
    for related in facts.of_patient(patient, "RelatedPerson"):
        if related.get("active") is not False:
            found[reference_to(related)] = name_of(related)
    for team in facts.of_patient(patient, "CareTeam"):
        for one in team.get("participant", ()):
            member = one.get("member") or {}
            if target_of(member) and not (one.get("period") or {}).get("end"):
                found.setdefault(target_of(member), str(member.get("display", "")))
    found |= {ref: name for ref, name in colleagues(by.org).items() if ref not in found}
    return [(ref, name or ref) for ref, name in found.items()]


def owners_here(by: Principal, patient: str) -> list[tuple[str, str]]:
    """Return who may own a step, for a form."""
    with acting(by):
        return owners(by, patient)


_LINKABLE = ("ServiceRequest", "Appointment", "MedicationRequest", "Task", "CommunicationRequest")


def linkable(by: Principal, whole: Whole) -> list[tuple[str, str]]:
    """Return what is to be done for the person and is no step of the plan yet: (Type/id, words)."""
    found = []
    with acting(by):
        facts = known(by.org)
        for kind in _LINKABLE:
            for one in facts.of_patient(whole.plan.patient, kind):
                step = step_view(one)
                if step.open and not _is_ours(one) and step.reference not in whole.plan.steps:
                    found.append((step.reference, step.words or step.reference))
    return found


def _is_ours(resource: Resource) -> bool:
    """Tell whether a Task is about plans themselves: a signature, a review, another plan's step."""
    return work.kind_of(resource) in {STEP, agreeing.KIND, reviewing.KIND}


def name_of(person: Resource) -> str:
    """Return the name of a person as it is spoken; empty if it has none."""
    names = [name for name in person.get("name", ()) if name.get("use") != "old"]
    best = names[0] if names else {}
    given = " ".join(part for part in best.get("given", ()) if part)
    whole = " ".join(part for part in (given, str(best.get("family", ""))) if part)
    return whole or str(best.get("text", ""))


def language_of(person: Resource) -> str:
    """Return the language the person reads (BCP 47); empty if it is not known."""
    spoken = person.get("communication") or ()
    best: Resource = next((one for one in spoken if one.get("preferred")), next(iter(spoken), {}))
    language = best.get("language") or {}
    codes = [str(one.get("code", "")) for one in language.get("coding", ()) if one.get("code")]
    return codes[0] if codes else words_of(language)
