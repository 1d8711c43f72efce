"""Writing down what an office said about a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.provider_network.models import Asking
from handrail.duties.provider_network.models.sites import Plan as PlanRow
from handrail.duties.provider_network.resources import Plan
from handrail.duties.provider_network.rules import rechecking
from handrail.fhir.directory.aging import Ages
from handrail.fhir.directory.telling import (
    ABOUT,
    NEW_PATIENTS,
    VIA,
    Answer,
    Told,
    taken_back,
    told_of,
    verification,
)
from handrail.fhir.errors import BusinessRuleError, HandrailError, NotFoundError
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Draft

ROOM: Final = "provider_network"
LONGEST_PLAN: Final = 120
LONGEST: Final = 100
_OLDEST_DAYS: Final = 1_830
_MOST_LANGUAGES: Final = 8


class TellingError(BusinessRuleError):
    """Something is missing or cannot be; ``field`` says which one. Nothing was saved."""

    def __init__(self, field: str, message: str) -> None:
        """Keep which field it is beside the message."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What was said, as typed. ``about`` is the office, ``plan`` an id or a name typed once.

    ``on`` is the day it was said (None: today). ``token`` is what a form sends again when it is
    sent twice: one token is one answer.
    """

    about: str
    plan: Plan
    answer: Answer | None
    told_by: str = ""
    reference_number: str = ""
    wait_days: int | None = None
    earliest_on: str = ""
    new_patients: str = ""
    languages: tuple[str, ...] = ()
    via: str = "phone"
    on: date | None = None
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What was written down; ``transaction`` takes it back (0: it was there already)."""

    told: Told
    transaction: int
    ended: int = 0


def tell(by: Principal, telling: Telling) -> Saved:
    """Keep an answer beside those that are there; work that waited for it ends.

    Raises:
        TellingError: the answer or the plan is missing, or something cannot be.
        NotFoundError: there is no such office.
    """
    require(by, "create", "VerificationResult")
    with acting(by):
        facts = known(by.org)
        _check(telling, facts)
        office = store.read(telling.about, by=by)
        identity = telling.token or uuid4().hex
        there = _there(by, identity)
        if there is not None:
            return Saved(told=there, transaction=0)
        plan, made = plan_for(by, telling.plan)
        told = _told(by, telling, plan, facts, identity)
        again = Ages.of(facts.rules, facts.as_of.date()).ask_again_on(told)
        result = verification(told, ask_again_on=again.isoformat() if again else "")
        ended = list(_ended(by, told, office.reference))
        drafts: list[Draft | Resource] = [*made, {**result, "id": identity}, *ended]
        done = store.commit(drafts, by=by, reason="what an office said", room=ROOM)
    return Saved(told=told, transaction=done.transaction, ended=len(ended))


def _check(telling: Telling, facts: RecordKnown) -> None:
    today = facts.as_of.date()
    on = telling.on or today
    if telling.about.partition("/")[0] not in ABOUT:
        raise NotFoundError(_("There is no such office."))
    if telling.answer is None:
        raise TellingError("answer", _("Choose what they said: yes, no, only existing, not sure."))
    if not (telling.plan.id or telling.plan.key):
        raise TellingError("plan", _("Say which plan you asked about."))
    if len(telling.plan.name) > LONGEST_PLAN:
        raise TellingError(
            "plan", _("A plan's name has at most %(n)s letters.") % {"n": LONGEST_PLAN}
        )
    if max(len(telling.told_by), len(telling.reference_number)) > LONGEST:
        raise TellingError("told_by", _("At most %(n)s characters fit.") % {"n": LONGEST})
    if on > today or on < today - timedelta(days=_OLDEST_DAYS):
        raise TellingError("on", _("Choose the day it was said: today or before."))
    if telling.new_patients not in {"", *NEW_PATIENTS} or telling.via not in VIA:
        raise TellingError("answer", _("Choose one of the answers."))


def _there(by: Principal, identity: str) -> Told | None:
    try:
        return told_of(store.read(f"VerificationResult/{identity}", by=by).resource)
    except HandrailError:
        return None


def _told(by: Principal, telling: Telling, plan: Plan, facts: RecordKnown, identity: str) -> Told:
    now = facts.as_of.replace(microsecond=0)
    on = telling.on or now.date()
    at = now.isoformat() if on == now.date() else on.isoformat()
    return Told(
        about=(telling.about,),
        plan=plan.id,
        plan_name=plan.name,
        answer=telling.answer or Answer.UNSURE,
        told_at=at,
        recorder=by.person,
        recorder_name=by.name,
        new_patients=telling.new_patients,
        wait_days=telling.wait_days,
        earliest_on=telling.earliest_on,
        languages=telling.languages[:_MOST_LANGUAGES],
        told_by=telling.told_by.strip(),
        reference_number=telling.reference_number.strip(),
        via=telling.via,
        id=identity,
    )


def _ended(by: Principal, told: Told, about: str) -> Sequence[Draft]:
    """Return the end of the open work this answer is the evidence for, as far as ``by`` sees it."""
    waiting = Asking.objects.filter(org=by.org, about=about).values_list("source", flat=True)
    tasks = store.several([f"Task/{one}" for one in waiting], by=by)
    ended = rechecking.answered([one.resource for one in tasks.values()], told)
    return [Draft(task, if_match=tasks[f"Task/{task['id']}"].version) for task in ended]


def plan_for(by: Principal, plan: Plan) -> tuple[Plan, list[Resource]]:
    """Return the plan with its id, and the InsurancePlan to make if it is a new one.

    Names are compared by their letters and digits, so that one plan typed twice is one plan.

    Raises:
        NotFoundError: there is no plan of this id.
    """
    with acting(by):
        if plan.id:
            kept = store.read(f"InsurancePlan/{plan.id}", by=by).resource
            return Plan(name=str(kept.get("name") or plan.name), id=plan.id), []
        row = (
            PlanRow.objects.filter(org=by.org, key=plan.key, active=True).order_by("source").first()
        )
    if row is not None:
        return Plan(name=row.name, id=row.source), []
    name = " ".join(plan.name.split())
    identity = f"plan-{sha256(plan.key.encode()).hexdigest()[:24]}"
    made: Resource = {
        "resourceType": "InsurancePlan",
        "id": identity,
        "status": "active",
        "name": name,
    }
    if plan.payer and plan.payer != plan.name:
        made["ownedBy"] = {"display": plan.payer}
    return Plan(name=name, payer=plan.payer, id=identity), [made]


def take_back(by: Principal, answer: str, *, if_match: int = 0) -> Saved:
    """Say that an answer was written down by mistake; it stays to be seen, and counts no more.

    Raises:
        NotFoundError: there is no such answer.
        VersionConflictError: somebody changed it meanwhile.
    """
    with acting(by):
        stored = store.read(f"VerificationResult/{answer}", by=by)
        told = told_of(stored.resource)
        if told is None:
            raise NotFoundError(_("There is no such answer."))
        if not told.stands:
            return Saved(told=told, transaction=0)
        at = known(by.org).as_of.replace(microsecond=0).isoformat()
        draft = Draft(taken_back(stored.resource, at), if_match=if_match or stored.version)
        done = store.commit([draft], by=by, reason="an answer was written by mistake", room=ROOM)
    return Saved(told=told, transaction=done.transaction)
