"""A call list: offices chosen in one press, called one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.looking import by_plans
from handrail.duties.provider_network.actions.telling import ROOM, plan_for
from handrail.duties.provider_network.models import Asking
from handrail.duties.provider_network.resources import (
    CALL,
    RECHECK,
    Office,
    Plan,
    office,
    plan_of_task,
    refers_to,
)
from handrail.duties.provider_network.rules import calling
from handrail.duties.provider_network.rules.calling import CallError
from handrail.fhir import work
from handrail.fhir.directory.aging import Ages, Standing
from handrail.fhir.directory.telling import ABOUT
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import Resource, id_of, target_of
from handrail.fhir.task import is_open
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Draft

MOST: Final = 12
"""Offices that are put on a call list in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """How many offices were put on the list; ``transaction`` takes them off (0: none was new)."""

    offices: int
    transaction: int


def put_on_list(by: Principal, patient: str, offices: Sequence[str], plan: Plan) -> Listed:
    """Make a call for each office; an office that is on the patient's list already is left out.

    Raises:
        CallError: no office was chosen, too many at once, or nobody to call for.
        NotFoundError: there is no such office or patient.
    """
    if not patient:
        raise CallError(_("Choose for whom you call: open this page from their record."))
    wanted = [one for one in dict.fromkeys(offices) if one.partition("/")[0] in ABOUT]
    if not wanted:
        raise CallError(_("Choose at least one office to call."))
    if len(wanted) > MOST:
        raise CallError(_("At most %(n)s offices go on a list at once.") % {"n": MOST})
    require(by, "create", "Task", patient)
    with acting(by):
        facts = known(by.org)
        _require_patient(patient, facts)
        there = store.several(wanted, by=by)
        if len(there) < len(wanted):
            raise NotFoundError(_("One of these offices is no longer there."))
        named, made = plan_for(by, plan) if plan.id or plan.key else (plan, [])
        rows = Asking.objects.filter(patient=patient, kind=CALL).values_list("about", flat=True)
        new = [one for one in wanted if one not in set(rows)]
        if not new:
            return Listed(offices=0, transaction=0)
        names = _offices(by, [there[one].resource for one in new])
        drafts = [
            *made,
            *(
                {
                    **calling.call(
                        patient, (one, names[one].name), named, (by.person, by.name), facts
                    ),
                    "id": uuid4().hex,
                }
                for one in new
            ),
        ]
        done = store.commit(drafts, by=by, reason="offices to call", room=ROOM)
    return Listed(offices=len(new), transaction=done.transaction)


def _require_patient(patient: str, facts: RecordKnown) -> None:
    if facts.read(f"Patient/{patient}") is None:
        raise NotFoundError(_("There is no such patient that you may see."))


def _offices(by: Principal, roles: Iterable[Resource]) -> dict[str, Office]:
    """Return offices by reference, with what they refer to."""
    every = list(roles)
    wanted = list(dict.fromkeys(one for role in every for one in refers_to(role)))
    around = {one: stored.resource for one, stored in store.several(wanted, by=by).items()}
    seen = (office(role, around) for role in every)
    return {one.reference: one for one in seen}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One office to call (or to ask again): the Task, whom, about what, what was said before."""

    task: str
    version: int
    kind: str
    patient: str
    office: Office
    plan: Plan
    look_by: str
    why: str
    tries: Sequence[Mapping[str, str]]
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallList:
    """The offices to call for a patient, the next one first."""

    calls: Sequence[Call]
    next_try: date
    most_tries: int
    ages: Ages
    today: date


def call_list(by: Principal, patient: str) -> CallList:
    """Return the offices to call for a patient; the look is audited."""
    require(by, "read", "Task", patient)
    with acting(by):
        _require_patient(patient, known(by.org))
        rows = Asking.objects.filter(patient=patient, kind__in=[CALL, RECHECK])
        tasks = [f"Task/{one}" for one in rows.values_list("source", flat=True)]
        audit.read(by, ["Task?patient"], None, patient)
        return _listed(by, tasks)


def one_call(by: Principal, task: str) -> CallList:
    """Return one call as a list of one.

    Raises:
        NotFoundError: there is no such call.
    """
    with acting(by):
        found = _listed(by, [f"Task/{task}"])
    if not found.calls:
        raise NotFoundError(_("There is no such call."))
    return found


def _listed(by: Principal, tasks: Sequence[str]) -> CallList:
    facts = known(by.org)
    today = facts.as_of.date()
    stored = store.several(tasks, by=by)
    found = [(one.version, one.resource) for one in stored.values()]
    found = [(v, t) for v, t in found if work.kind_of(t) in {CALL, RECHECK}]
    found = [(v, t) for v, t in found if is_open(t["status"])]
    asked = list(dict.fromkeys(target_of(task.get("focus")) for _version, task in found))
    roles = store.several(asked, by=by)
    offices = _offices(by, (one.resource for one in roles.values()))
    said = by_plans(by, asked)
    calls = [
        _call(version, task, offices, said)
        for version, task in found
        if target_of(task.get("focus")) in offices
    ]
    calls.sort(key=lambda one: (one.look_by, one.office.name, one.task))
    return CallList(
        calls=calls,
        next_try=calling.next_try(facts),
        most_tries=calling.most_tries(facts),
        ages=Ages.of(facts.rules, today),
        today=today,
    )


def _call(
    version: int,
    task: Resource,
    offices: Mapping[str, Office],
    said: Mapping[tuple[str, str], Standing],
) -> Call:
    about, plan = target_of(task.get("focus")), plan_of_task(task)
    return Call(
        task=str(task["id"]),
        version=version,
        kind=work.kind_of(task),
        patient=id_of(task.get("for"), "Patient"),
        office=offices[about],
        plan=plan,
        look_by=work.look_by(task),
        why=str((task.get("reasonCode") or {}).get("text", "")),
        tries=[
            {"at": str(one.get("time", "")), "text": str(one.get("text", ""))}
            for one in task.get("note", ())
        ],
        standing=said.get((about, plan.key)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A call without an answer: how often it was tried by now, and when it is tried again."""

    tries: int
    again_on: date
    transaction: int
    patient: str


def not_reached(
    by: Principal, task: str, words: str, on: date | None = None, *, if_match: int = 0
) -> Tried:
    """Keep a call for another day: nobody answered, or they asked to be called back.

    Args:
        by: who called.
        task: the id of the call.
        words: what came of it.
        on: when to call again; None: by the rule.
        if_match: the version that was seen; 0: the one that is there.

    Raises:
        CallError: the day cannot be.
        NotFoundError: there is no such call.
        VersionConflictError: somebody changed it meanwhile.
    """
    with acting(by):
        facts = known(by.org)
        stored = store.read(f"Task/{task}", by=by)
        kept = stored.resource
        if work.kind_of(kept) not in {CALL, RECHECK} or not is_open(kept["status"]):
            raise NotFoundError(_("There is no such call."))
        again = on or calling.next_try(facts)
        changed = calling.not_reached(kept, words, (by.person, by.name), again, facts)
        draft = Draft(changed, if_match=if_match or stored.version)
        done = store.commit([draft], by=by, reason="an office was not reached", room=ROOM)
    return Tried(
        tries=calling.tries_of(changed),
        again_on=again,
        transaction=done.transaction,
        patient=id_of(kept.get("for"), "Patient"),
    )


def proposed(by: Principal) -> int:
    """Return how many offices a call list is begun with."""
    return calling.offices_proposed(known(by.org))
