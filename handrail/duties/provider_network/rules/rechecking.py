"""When an answer is asked for again: somebody is about to rely on it, and it has grown old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from handrail.duties.provider_network.resources import (
    CALL,
    RECHECK,
    Plan,
    asking_task,
    plan_of_task,
)
from handrail.fhir import work
from handrail.fhir.change import Change, Known
from handrail.fhir.directory.aging import Ages, day_of, standing
from handrail.fhir.directory.telling import Answer, Told
from handrail.fhir.enrolment import care_manager_of
from handrail.fhir.moments import day_in
from handrail.fhir.resource import Resource, is_deceased, survivor_of, target_of
from handrail.fhir.task import TaskStatus, is_open

RULE: Final = "told.recheck"
_NEEDLESS: Final = ("no-longer-needed", "Nobody relies on this answer any more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliance:
    """Somebody relies on an office: a referral, or a visit on ``visit_on`` (ISO; empty: none)."""

    about: str
    visit_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relied:
    """All that one person relies on: their plans, the offices, what those said (by office)."""

    patient: str
    plans: Sequence[Plan]
    on: Sequence[Reliance]
    told: Mapping[str, Sequence[Told]]
    names: Mapping[str, str]


def proposals(relied: Relied, known: Known) -> Iterator[Resource]:
    """Yield the answers to ask for again, and the end of such work that has become needless."""
    person = known.read(f"Patient/{relied.patient}") or {}
    if is_deceased(person) or survivor_of(person):
        return
    every = known.of_patient(relied.patient, "Task")
    asked = [t for t in every if work.kind_of(t) == RECHECK and is_open(t["status"])]
    due = _due(relied, known)
    for task in asked:
        pair = (target_of(task.get("focus")), plan_of_task(task).key)
        if pair in due:
            del due[pair]
            continue
        fresh = _fresh(relied, pair, known)
        yield _ended(task, fresh)
    for told, why in due.values():
        yield _task(relied, told, why, known)


def _ended(task: Resource, fresh: Told | None) -> Resource:
    if fresh is not None:
        proof = [f"VerificationResult/{fresh.id}"]
        return work.ended(task, TaskStatus.COMPLETED, evidence=proof)
    return work.ended(task, TaskStatus.CANCELLED, reason=_NEEDLESS)


def _fresh(relied: Relied, pair: tuple[str, str], known: Known) -> Told | None:
    """Return the answer that makes asking again needless; None where nobody relies on any."""
    about, key = pair
    if about not in {one.about for one in relied.on}:
        return None
    return _newest(relied.told.get(about, ()), key, known)


def _newest(told: Iterable[Told], key: str, known: Known) -> Told | None:
    today = known.as_of.date()
    of_plan = (one for one in told if one.plan_key == key)
    return standing(of_plan, Ages.of(known.rules, today), today).newest


def _due(relied: Relied, known: Known) -> dict[tuple[str, str], tuple[Told, str]]:
    """Return the answers that are too old to rely on, by office and plan, each with the reason."""
    found: dict[tuple[str, str], tuple[Told, str]] = {}
    for one in relied.on:
        for plan in relied.plans:
            newest = _newest(relied.told.get(one.about, ()), plan.key, known)
            why = _too_old(newest, one, known) if newest else ""
            if newest and why:
                found.setdefault((one.about, plan.key), (newest, why))
    return found


def _too_old(told: Told, reliance: Reliance, known: Known) -> str:
    """Return why the answer is asked for again; empty if it may be relied on."""
    values = known.rules.rule(RULE, known.as_of.date()).values
    today, day = known.as_of.date(), day_of(told)
    age = today - day if day else None
    if age is not None and reliance.visit_on:
        visit = day_in(reliance.visit_on)
        near = visit is not None and today <= visit
        ahead = today + timedelta(days=int(values["visit_ahead_days"]))
        if not (near and visit and visit <= ahead):
            return ""
        most = int(values["visit_days"])
        why = "A visit is booked there and the answer about the plan is {n} days old."
    else:
        most = int(values["referral_days"])
        why = "A referral relies on an answer about the plan that is {n} days old."
    if age is None:
        return "Nobody knows how old the answer about the plan is."
    return why.format(n=age.days) if age.days > most else ""


def _task(relied: Relied, told: Told, why: str, known: Known) -> Resource:
    values = known.rules.rule(RULE, known.as_of.date()).values
    owner, name = care_manager_of(known.of_patient(relied.patient, "EpisodeOfCare"))
    about = told.about[0]
    due = known.calendar.after(known.as_of.date(), int(values["ask_in_business_days"]))
    office = relied.names.get(about) or "the office"
    step = work.Step(
        kind=RECHECK,
        step=f"Ask {office} again whether they take {told.plan_name}",
        why=why,
        patient=relied.patient,
        owner=owner or known.pool,
        owner_name=name,
        look_by=due.isoformat(),
        authored_at=known.as_of.isoformat(timespec="seconds"),
        focus=about,
        rule=RULE,
    )
    return asking_task(step, Plan(name=told.plan_name, id=told.plan))


def answered(tasks: Iterable[Resource], told: Told) -> Iterator[Resource]:
    """Yield the open work of asking about this office and plan, ended by the answer.

    "Not sure" ends a call, as somebody called; it is no reason to stop asking again.
    """
    kinds = {CALL} if told.answer is Answer.UNSURE else {CALL, RECHECK}
    for task in tasks:
        about = target_of(task.get("focus")) in told.about
        plan = plan_of_task(task).key in {told.plan_key, ""}
        if about and plan and is_open(task["status"]) and work.kind_of(task) in kinds:
            proof = [f"VerificationResult/{told.id}"]
            yield work.ended(task, TaskStatus.COMPLETED, evidence=proof)


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """The person has died: nobody asks on their behalf any more."""
    if not is_deceased(change.after) or is_deceased(change.before):
        return []
    tasks = known.of_patient(str(change.after["id"]), "Task")
    return work.ended_for_deceased(tasks, {CALL, RECHECK})
