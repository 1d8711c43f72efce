"""Which goals and steps of the library fit what a person needs. A person decides; nothing is made.

A Condition fits a goal when one of its codes is a code of the goal, or lies under it in ICD-10-CM
(``I50`` stands for ``I50.22`` too), when the rule that proposed it is the goal's, or when its
category is the goal's SDOHCC domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from handrail.fhir.plans import names
from handrail.fhir.plans.dates import day_of
from handrail.fhir.plans.plan import Code, Fits, Plan, PlanGoal, PlanStep, Source, Target
from handrail.fhir.plans.reading import UnreadablePlanError, read_plan
from handrail.fhir.plans.words import Words, part, parts, text
from handrail.fhir.resource import Resource

_OVER: Final = frozenset({"resolved", "inactive", "remission"})
_WRONG: Final = frozenset({"refuted", "entered-in-error"})
_DOMAIN_ONLY: Final = 1
_EXACT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of the person. ``age`` None: unknown; ``programs`` are codes or names."""

    age: Decimal | None = None
    gender: str = ""
    programs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A goal that fits, with its steps.

    ``addresses`` are the Conditions it fits (``Condition/id``), ``plan`` is the id of the
    PlanDefinition, ``goal`` the id of the goal in it. ``closeness``: 100 for the same code, more
    characters shared for a code above it, 1 for the domain alone.
    """

    plan: str
    canonical: str
    title: Words
    goal: str
    words: Words
    priority: str
    target: Target | None
    due_days: int | None
    steps: tuple[PlanStep, ...]
    barriers: tuple[Words, ...]
    sources: tuple[Source, ...]
    reviewed_on: str
    addresses: tuple[str, ...]
    closeness: int


def person_of(patient: Mapping[str, Any], on: date, programs: Iterable[str] = ()) -> Person:
    """Return what a Patient says about who a plan may be for."""
    return Person(
        age=_age(text(patient.get("birthDate")), on),
        gender=text(patient.get("gender")),
        programs=frozenset(programs),
    )


def _age(born: str, on: date) -> Decimal | None:
    """Return the age in years; of somebody whose birthday is not known, as if born on July 1."""
    birth = day_of(f"{born}-07" if len(born) == len("2016") else born)
    if birth is None or birth > on:
        return None
    before = (on.month, on.day) < (birth.month, birth.day)
    years = on.year - birth.year - before
    months = (on.month - birth.month - (on.day < birth.day)) % 12
    return years + Decimal(months) / 12


def matching(
    definitions: Iterable[Resource | Plan],
    conditions: Iterable[Resource],
    person: Person | None = None,
) -> list[Suggestion]:
    """Return what fits, the closest first, in the order of the conditions.

    Args:
        definitions: PlanDefinitions, read or not; those not active or that cannot be read are
            passed over.
        conditions: what the person needs; what is over or was refuted is passed over.
        person: for plans that are for an age or a program; None fits them all.
    """
    present = [(at, each) for at, each in enumerate(conditions) if _holds(each)]
    found = [
        (offered, at)
        for plan in _plans(definitions)
        if _for(plan, person)
        for offered, at in _offers(plan, present)
    ]
    found.sort(key=lambda each: (each[1], -each[0].closeness))
    return [offered for offered, _ in found]


def _plans(definitions: Iterable[Resource | Plan]) -> Iterator[Plan]:
    for definition in definitions:
        try:
            plan = definition if isinstance(definition, Plan) else read_plan(definition)
        except UnreadablePlanError:
            continue
        if plan.status == "active":
            yield plan


def _holds(condition: Resource) -> bool:
    clinical = {code for _, code in _codes(condition.get("clinicalStatus"))}
    verified = {code for _, code in _codes(condition.get("verificationStatus"))}
    return not clinical & _OVER and not verified & _WRONG


def _for(plan: Plan, person: Person | None) -> bool:
    """Tell whether the plan is for such a person; what is not known speaks for it."""
    if person is None:
        return True
    fits = plan.fits
    if fits.gender and person.gender in {"male", "female"} and fits.gender != person.gender:
        return False
    if fits.programs and person.programs and not fits.programs & person.programs:
        return False
    return person.age is None or _of_age(fits, person.age)


def _of_age(fits: Fits, age: Decimal) -> bool:
    """Tell whether an age lies within; "to 17 years" holds until the eighteenth birthday."""
    if fits.least_age is not None and age < fits.least_age:
        return False
    most = fits.most_age
    if most is None or age <= most:
        return True
    return most == most.to_integral_value() and int(age) == int(most)


def _offers(plan: Plan, conditions: list[tuple[int, Resource]]) -> Iterator[tuple[Suggestion, int]]:
    for goal in plan.goals:
        if goal.off or goal.altered:
            continue
        asked = goal.addresses or plan.addresses
        fits = [(closeness(asked, each), at, each) for at, each in conditions]
        fits = [each for each in fits if each[0]]
        if fits:
            best = max(close for close, _, _ in fits)
            whom = tuple(f"Condition/{text(each.get('id'))}" for _, _, each in fits)
            yield _suggestion(plan, goal, whom, best), min(at for _, at, _ in fits)


def _suggestion(plan: Plan, goal: PlanGoal, whom: tuple[str, ...], close: int) -> Suggestion:
    return Suggestion(
        plan=plan.id,
        canonical=plan.canonical,
        title=plan.title,
        goal=goal.id,
        words=goal.words,
        priority=goal.priority,
        target=next(iter(goal.targets), None),
        due_days=goal.due_days,
        steps=plan.serving(goal.id),
        barriers=plan.barriers,
        sources=goal.sources or plan.sources,
        reviewed_on=plan.reviewed_on,
        addresses=whom,
        closeness=close,
    )


def closeness(asked: frozenset[Code], condition: Resource) -> int:
    """Return how closely a Condition fits the codes: 0 not at all, 100 the very code."""
    own = {*_codes(condition.get("code")), *_rules(condition)}
    if own & asked:
        return _EXACT
    above = [
        len(code)
        for system, code in asked
        if system == names.ICD10CM and any(s == system and _under(c, code) for s, c in own)
    ]
    if above:
        return _DOMAIN_ONLY + max(above)
    domains = {code for system, code in _all_codes(condition.get("category"))}
    wanted = {code for system, code in asked if system == names.DOMAIN}
    return _DOMAIN_ONLY if domains & wanted else 0


def _rules(condition: Resource) -> Iterator[Code]:
    for extension in parts(condition.get("extension")):
        if extension.get("url") == names.NEED:
            yield names.NEED, text(extension.get("valueString"))


def _under(code: str, above: str) -> bool:
    """Tell whether an ICD-10-CM code lies under another, however the dot is written."""
    return len(above) >= 3 and code.replace(".", "").startswith(above.replace(".", ""))  # noqa: PLR2004 - a category has three characters


def _codes(concept: Any) -> Iterator[Code]:
    for coding in parts(part(concept).get("coding")):
        yield text(coding.get("system")), text(coding.get("code"))


def _all_codes(concepts: Any) -> Iterator[Code]:
    for concept in parts(concepts):
        yield from _codes(concept)
