"""Looking at an office: what the directory says, what people were told, how it dealt with us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.rechecking import told_about
from handrail.duties.provider_network.models.sites import Plan as PlanRow
from handrail.duties.provider_network.resources import (
    Office,
    Plan,
    office,
    plans_of,
    refers_to,
)
from handrail.fhir.directory.aging import Ages, Standing, newest_first, standing
from handrail.fhir.directory.candidates import Track
from handrail.fhir.directory.places import zip_of
from handrail.fhir.directory.telling import ABOUT, Told
from handrail.fhir.errors import NotFoundError
from handrail.fhir.people import language_of, postal_code_of
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import known
from handrail.room import house

_MOST_PLANS: Final = 200
_STALE: Final = "directory.stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPlan:
    """What one office said about one plan: together, and every answer, newest first."""

    plan: Plan
    standing: Standing
    every: Sequence[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An office with all that is known of it. ``stale``: the directory's facts are old."""

    office: Office
    role: Resource
    around: Mapping[str, Resource]
    plans: Sequence[OnPlan]
    track: Track
    stale: bool
    today: date
    ages: Ages


def see_office(by: Principal, reference: str) -> Seen:
    """Return what is known of an office; each look is audited.

    Raises:
        NotFoundError: there is no such office.
    """
    if reference.partition("/")[0] not in ABOUT:
        raise NotFoundError(_("There is no such office."))
    with acting(by):
        facts = known(by.org)
        role = store.read(reference, by=by).resource
        around = {
            one: stored.resource for one, stored in store.several(refers_to(role), by=by).items()
        }
        told = told_about([reference]).get(reference, ())
        today = facts.as_of.date()
        ages = Ages.of(facts.rules, today)
        days = int(facts.rules.rule(_STALE, today).values["days"])
    seen = office(role, around)
    return Seen(
        office=seen,
        role=role,
        around=around,
        plans=by_plan(told, ages, today),
        track=track_of(by, [reference]).get(reference, Track()),
        stale=bool(seen.as_of) and seen.as_of[:10] < (today - timedelta(days=days)).isoformat(),
        today=today,
        ages=ages,
    )


def by_plan(told: Iterable[Told], ages: Ages, today: date) -> list[OnPlan]:
    """Return answers by plan, the plan that was talked about last first."""
    groups: dict[str, list[Told]] = {}
    for one in newest_first(told):
        groups.setdefault(one.plan_key, []).append(one)
    return [
        OnPlan(
            plan=Plan(name=every[0].plan_name, id=every[0].plan),
            standing=standing(every, ages, today),
            every=every,
        )
        for every in groups.values()
    ]


def track_of(by: Principal, references: Sequence[str]) -> dict[str, Track]:
    """Return how offices dealt with what was sent to them, as far as any room knows."""
    found: dict[str, Track] = {}
    for answer in house.ask("track-record", by, references):
        found |= answer
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What offices were told about one plan, by office, with the day and how answers age."""

    standings: Mapping[str, Standing]
    ages: Ages
    today: date

    def of(self, about: str) -> Standing | None:
        """Return what one office said; None if nobody asked."""
        return self.standings.get(about)


def by_plans(by: Principal, offices: Sequence[str]) -> dict[tuple[str, str], Standing]:
    """Return what these offices said, by office and plan (its key); inside ``acting``."""
    require(by, "search", "VerificationResult")
    facts = known(by.org)
    today = facts.as_of.date()
    ages = Ages.of(facts.rules, today)
    apart: dict[tuple[str, str], list[Told]] = {}
    for about, every in told_about(offices).items():
        for one in every:
            apart.setdefault((about, one.plan_key), []).append(one)
    return {pair: standing(every, ages, today) for pair, every in apart.items()}


def spoken(by: Principal, offices: Sequence[str], plan: str) -> Spoken:
    """Return what these offices said about a plan (its key)."""
    require(by, "search", "VerificationResult")
    with acting(by):
        facts = known(by.org)
        today = facts.as_of.date()
        ages = Ages.of(facts.rules, today)
        told = told_about(offices)
    return Spoken(
        standings={
            about: standing([one for one in every if one.plan_key == plan], ages, today)
            for about, every in told.items()
        },
        ages=ages,
        today=today,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the record knows of whom an office is looked for: never asked again (P7)."""

    patient: str
    plans: Sequence[Plan] = ()
    near: str = ""
    language: str = ""


def person(by: Principal, patient: str) -> Person:
    """Return the plans, the ZIP code and the language of a patient; the look is audited.

    Raises:
        NotFoundError: there is no such patient.
        ForbiddenError: ``by`` may not see this patient.
    """
    require(by, "read", "Coverage", patient)
    with acting(by):
        facts = known(by.org)
        there = facts.read(f"Patient/{patient}")
        if there is None:
            raise NotFoundError(_("There is no such patient that you may see."))
        audit.read(by, ["Patient?patient", "Coverage?patient"], None, patient)
        plans = plans_of(facts.of_patient(patient, "Coverage"))
        return Person(
            patient=patient,
            plans=[_known_plan(by, plan) for plan in plans],
            near=zip_of(postal_code_of(there)),
            language=language_of(there).partition("-")[0],
        )


def _known_plan(by: Principal, plan: Plan) -> Plan:
    row = PlanRow.objects.filter(org=by.org, key=plan.key, active=True).order_by("source").first()
    return Plan(name=row.name, payer=plan.payer, id=row.source) if row else plan


def plan_names(by: Principal) -> list[str]:
    """Return the names of the plans that are known, to choose from."""
    with acting(by):
        rows = PlanRow.objects.filter(org=by.org, active=True).order_by("name")
        return list(dict.fromkeys(rows.values_list("name", flat=True)[:_MOST_PLANS]))
