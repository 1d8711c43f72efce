"""Reviewing an agreed plan: by date, and when something happened that may change it.

The date is an open Task of kind ``plan-review``; an agreed plan always has one. Events open one of
their own, sooner. 42 CFR 441.725(c): at least every 12 months, when circumstances or needs change
significantly, and when the person asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from handrail.duties.care_plans.resources import OWN, STEP
from handrail.duties.care_plans.rules.agreeing import KIND as SIGN_OFF
from handrail.fhir import work
from handrail.fhir.change import Change, Known
from handrail.fhir.enrolment import care_manager_of
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import (
    Resource,
    code_of,
    codings,
    concept,
    id_of,
    is_deceased,
    reference_to,
    survivor_of,
    target_of,
)
from handrail.fhir.rulebook import Rule
from handrail.fhir.task import TaskStatus, is_open

KIND: Final = "plan-review"
RULE: Final = "care-plan.review"
NEED: Final = "need"
PLAN_ENDED: Final = "plan-ended"
INSIDE: Final = ("IMP", "ACUTE", "NONAC", "OBSENC", "SS")
CONCERN: Final = "health-concern"


class ReviewError(BusinessRuleError):
    """The review says too little, or its date cannot be; nothing was saved."""


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Whose work it is: a person or a team pool, by reference and name."""

    reference: str
    name: str


def coordinator_of(patient: str, known: Known) -> Coordinator:
    """Return who coordinates a person's care; the intake pool if nobody does."""
    manager, name = care_manager_of(known.of_patient(patient, "EpisodeOfCare"))
    return Coordinator(manager or known.pool, name)


def is_agreed(plan: Resource) -> bool:
    """Tell whether this is an agreed plan that was made here."""
    ours = any(one.get("system") == OWN for one in plan.get("identifier", ()))
    return plan.get("status") == "active" and plan.get("intent") == "plan" and ours


def agreed_plan(patient: str, known: Known) -> Resource | None:
    """Return the agreed plan of a person; the latest, if there are several."""
    plans = [plan for plan in known.of_patient(patient, "CarePlan") if is_agreed(plan)]
    return max(plans, key=lambda plan: str(plan.get("created", "")), default=None)


def open_reviews(plan: Resource, known: Known) -> list[Resource]:
    """Return the reviews of a plan that are still to be made, the next one first."""
    patient, about = id_of(plan.get("subject"), "Patient"), reference_to(plan)
    found = [
        task
        for task in known.of_patient(patient, "Task")
        if work.kind_of(task) == KIND
        and is_open(task["status"])
        and target_of(task.get("focus")) == about
    ]
    return sorted(found, key=work.look_by)


def review_task(plan: Resource, on: date, why: str, known: Known, *, need: str = "") -> Resource:
    """Return the Task to review a plan on a day. ``need``: the Condition that made it due."""
    patient = id_of(plan.get("subject"), "Patient")
    owner = coordinator_of(patient, known)
    task = work.open_task(
        work.Step(
            kind=KIND,
            step="Review the care plan with the person",
            why=why,
            patient=patient,
            owner=owner.reference,
            owner_name=owner.name,
            look_by=on.isoformat(),
            authored_at=known.as_of.isoformat(timespec="seconds"),
            focus=reference_to(plan),
            rule=RULE,
        )
    )
    if need:
        entry = {"type": concept(work.TASK_INPUT, NEED), "valueString": need}
        task["input"] = [*task.get("input", []), entry]
    return task


def _rule(known: Known) -> Rule:
    return known.rules.rule(RULE, known.as_of.date())


def proposed_on(known: Known) -> date:
    """Return the day that is proposed for the next review."""
    days = int(_rule(known).values["proposed_days"])
    return known.calendar.on_or_after(known.as_of.date() + timedelta(days=days))


def check_date(text: str, known: Known) -> date:
    """Return the day of the next review as typed.

    Raises:
        ReviewError: no day, a day that is over, or later than a year from now (42 CFR 441.725(c)).
    """
    today, longest = known.as_of.date(), int(_rule(known).values["longest_days"])
    try:
        on = date.fromisoformat(text)
    except ValueError as error:
        raise ReviewError("Say when the plan is looked at again, such as 2027-02-15.") from error
    if on <= today:
        raise ReviewError("Choose a day after today for the next review.")
    if (on - today).days > longest:
        raise ReviewError(f"A plan is reviewed within {longest} days. Choose an earlier day.")
    return on


def _days(event: str, known: Known) -> int:
    events: Iterable[Mapping[str, Any]] = _rule(known).values["events"]
    return next((int(one["business_days"]) for one in events if one["event"] == event), -1)


def _due_for(
    event: str, patient: str, known: Known, why: str, need: str = ""
) -> Iterator[Resource]:
    """Yield the review that an event makes due, unless one is due by then anyway."""
    plan, days = agreed_plan(patient, known), _days(event, known)
    if plan is None or days < 0 or _is_gone(patient, known):
        return
    on = known.calendar.after(known.as_of.date(), days)
    reviews = open_reviews(plan, known)
    if any(work.look_by(task)[:10] <= on.isoformat() for task in reviews):
        return
    yield review_task(plan, on, why, known, need=need)


def _is_gone(patient: str, known: Known) -> bool:
    """Tell whether the person has died, or their record was merged into another."""
    person = known.read(f"Patient/{patient}") or {}
    return is_deceased(person) or bool(survivor_of(person))


def on_stay(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody with an agreed plan went into hospital or left it: look whether it still fits."""
    after, before = change.after, change.before or {}
    if (after.get("class") or {}).get("code") not in INSIDE:
        return
    moved = after.get("status") != before.get("status")
    event = {"in-progress": "admission", "finished": "discharge"}.get(str(after.get("status")))
    if event is None or not moved:
        return
    period = after.get("period") or {}
    at = str(period.get("end" if event == "discharge" else "start", ""))[:10]
    recent = timedelta(days=int(_rule(known).values["recent_days"]))
    if at and at < (known.as_of.date() - recent).isoformat():
        return
    why = "Left the hospital." if event == "discharge" else "Went into hospital."
    yield from _due_for(event, id_of(after.get("subject"), "Patient"), known, why)


def on_need_confirmed(change: Change, known: Known) -> Iterable[Resource]:
    """A need was confirmed that the agreed plan does not address."""
    after, before = change.after, change.before or {}
    if not _newly(after, before, "confirmed"):
        return
    categories = {code for one in after.get("category", ()) for _, code in codings(one)}
    if CONCERN not in categories:
        return
    patient = id_of(after.get("subject"), "Patient")
    plan = agreed_plan(patient, known)
    if plan is None or reference_to(after) in _addressed(plan):
        return
    yield from _due_for(NEED, patient, known, "A new need was confirmed.", reference_to(after))


def _newly(after: Resource, before: Resource, state: str) -> bool:
    return (
        code_of(after.get("verificationStatus")) == state
        and code_of(before.get("verificationStatus")) != state
    )


def _addressed(plan: Resource) -> set[str]:
    return {target_of(one) for one in plan.get("addresses", ())}


def on_plan(change: Change, known: Known) -> Iterable[Resource]:
    """A plan ended, or addresses the need that made a review due: that review ends.

    Nobody is asked any more to sign a plan that ended.
    """
    plan = change.after
    patient = id_of(plan.get("subject"), "Patient")
    covered = _addressed(plan) if plan.get("status") in {"draft", "active"} else set()
    over = plan.get("status") in {"completed", "revoked", "entered-in-error"}
    if not covered and (change.before is None or not over):
        return  # nothing can wait for it: a load of plans is not looked through
    for task in known.of_patient(patient, "Task"):
        kind, is_about = work.kind_of(task), target_of(task.get("focus")) == reference_to(plan)
        if not is_open(task["status"]):
            continue
        if kind == SIGN_OFF and over and is_about:
            why = (PLAN_ENDED, "The plan ended before it was signed.")
            yield work.ended(task, TaskStatus.CANCELLED, reason=why)
        if kind == KIND and ((over and is_about) or work.input_of(task, NEED) in covered - {""}):
            yield work.ended(task, TaskStatus.COMPLETED, evidence=[reference_to(plan)])


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """The person has died: steps, signatures and reviews of their plan end."""
    if not is_deceased(change.after) or is_deceased(change.before):
        return []
    tasks = known.of_patient(str(change.after["id"]), "Task")
    return work.ended_for_deceased(tasks, {STEP, SIGN_OFF, KIND})


def unreviewed(patient: str, known: Known) -> Iterable[Resource]:
    """Give an agreed plan without a date of review one: the sweep that keeps the promise."""
    plan = None if _is_gone(patient, known) else agreed_plan(patient, known)
    if plan is not None and not open_reviews(plan, known):
        yield review_task(plan, proposed_on(known), "The plan has no date of review.", known)
