"""Finds who fits a program, and whom the clock has to look at: narrow in SQL, decide in rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from handrail.access.database import acting, current
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.caseload.models import (
    Chronic,
    Enrolment,
    Face,
    NextVisit,
    OpenWork,
    Stay,
    Touch,
)
from handrail.duties.caseload.resources import Stay as StayView
from handrail.duties.caseload.resources import start_of
from handrail.duties.caseload.rules import criteria
from handrail.duties.caseload.rules.criteria import Facts
from handrail.duties.caseload.rules.enrolment import OPEN_STATUSES
from handrail.duties.caseload.rules.programs import Program, program_of, programs
from handrail.fhir.change import Known
from handrail.record.known import RecordKnown, known

_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Fit:
    """Somebody who fits a program, and why."""

    patient: str
    name: str
    birth_date: str
    reasons: tuple[str, ...]


def who_fits(program: str, *, by: Principal, only: Sequence[str] = ()) -> list[Fit]:
    """Return everybody who fits ``program`` and is not in it, by name. The dead are never in it.

    ``only``: patient ids to look at; empty: the whole organization.
    """
    require(by, "enroll")
    with acting(by):
        facts = known(by.org)
        chosen = program_of(facts.rules, program, facts.as_of.date())
        return _fits(chosen, by.org, facts, only)


def _fits(program: Program, org: int, facts: RecordKnown, only: Sequence[str]) -> list[Fit]:
    today = facts.as_of.date()
    people = narrowed(program, org, facts)
    if only:
        people = people.filter(patient__in=only)
    faces = list(people.order_by("sort_name", "patient"))
    found: list[Fit] = []
    for start in range(0, len(faces), _PIECE):
        piece = faces[start : start + _PIECE]
        known_facts = facts_of(piece, org, facts)
        for face in piece:
            reasons = tuple(program.fits(known_facts[face.patient], today))
            found += [Fit(face.patient, face.name, face.birth_date, reasons)] if reasons else []
    return found


def narrowed(program: Program, org: int, facts: Known) -> QuerySet[Face]:
    """Return the living who are not in the program and may fit: never too few, seldom too many."""
    people = Face.objects.filter(org=org, deceased=False)
    for criterion in program.entry:
        rows = _narrow(criterion, org, facts)
        if rows is not None:
            people = people.filter(patient__in=rows)
    enrolled = Enrolment.objects.filter(org=org, program=program.id, status__in=OPEN_STATUSES)
    return people.exclude(patient__in=enrolled.values("patient"))


def _narrow(criterion: criteria.Criterion, org: int, facts: Known) -> QuerySet[Any, Any] | None:
    """Return the patients (a subquery) of whom a criterion may be true, if SQL can tell."""
    if isinstance(criterion, criteria.Stays) and criterion.count.at_most is None:
        since = start_of(facts.as_of.date() - timedelta(days=criterion.days), facts.calendar.zone)
        when = Q(ends__gte=since) if criterion.by_end else Q(starts__gte=since)
        if criterion.open_stays:
            when |= Q(ends__isnull=True)
        stays = Stay.objects.filter(when, org=org, kind__in=sorted(criterion.classes))
        counted = stays.values("patient").annotate(number=Count("source"))
        return counted.filter(number__gte=criterion.count.at_least).values("patient")
    if isinstance(criterion, criteria.Chronic) and criterion.count.at_most is None:
        conditions = Chronic.objects.filter(org=org)
        if criterion.groups:
            conditions = conditions.filter(group__in=sorted(criterion.groups))
        by_group = conditions.values("patient").annotate(number=Count("group", distinct=True))
        return by_group.filter(number__gte=criterion.count.at_least).values("patient")
    return None


def facts_of(people: Sequence[Face], org: int, facts: Known) -> Mapping[str, Facts]:
    """Return the facts of some people, in three statements."""
    ids = [face.patient for face in people]
    stays: dict[str, list[StayView]] = {}
    for row in Stay.objects.filter(org=org, patient__in=ids):
        view = StayView(row.patient, row.kind, row.status, row.starts, row.ends)
        stays.setdefault(row.patient, []).append(view)
    chronic: dict[str, dict[str, date | None]] = {}
    for condition in Chronic.objects.filter(org=org, patient__in=ids).order_by("onset"):
        chronic.setdefault(condition.patient, {}).setdefault(condition.group, condition.onset)
    return {
        face.patient: Facts(
            zone=facts.calendar.zone,
            born=face.born,
            deceased=face.deceased,
            stays=tuple(stays.get(face.patient, ())),
            chronic=chronic.get(face.patient, {}),
        )
        for face in people
    }


def is_quiet(now: Known) -> Q:
    """Return the condition of P2's alarm: active, with neither open work nor a coming visit."""
    same = {"org": OuterRef("org"), "patient": OuterRef("patient")}
    dead = Face.objects.filter(org=OuterRef("org"), source=OuterRef("patient"), deceased=True)
    coming = NextVisit.objects.filter(**same, starts_at__gt=now.as_of)
    planned = (OpenWork.objects.filter(**same), coming, dead)
    return Q(*(~Exists(rows) for rows in planned), status="active")


def without_next_step(org: int, now: Known) -> QuerySet[Enrolment]:
    """Return the active enrolments of patients with neither open work nor a coming visit (P2)."""
    return Enrolment.objects.filter(is_quiet(now), org=org)


def candidates_without_next_step(now: Known) -> Iterable[str]:
    """Return whom the sweep "no next step" looks at."""
    return _patients(without_next_step(current().org, now))


def candidates_parked(now: Known) -> Iterable[str]:
    """Return whose review date has come while they were parked."""
    parked = Enrolment.objects.filter(org=current().org, status="onhold")
    due = Q(review_on__lte=now.as_of.date()) | Q(review_on__isnull=True)
    return _patients(parked.filter(due))


def is_silent(now: Known) -> Q:
    """Return the condition of an enrolment nobody touched for as long as its program allows."""
    today = now.as_of.date()
    condition = Q(source__in=[])
    for program in programs(now.rules, today).values():
        since = start_of(today - timedelta(days=program.cadence_days - 1), now.calendar.zone)
        same = {"org": OuterRef("org"), "patient": OuterRef("patient")}
        touched = Exists(Touch.objects.filter(**same, at__gte=since))
        condition |= Q(~touched, status="active", program=program.id, starts__lt=since)
    return condition


def candidates_silent(now: Known) -> Iterable[str]:
    """Return with whom nobody has spoken for as long as their program allows."""
    return _patients(Enrolment.objects.filter(is_silent(now), org=current().org))


def candidates_for_review(now: Known) -> Iterable[str]:
    """Return everybody enrolled: exit criteria are about what is no longer there."""
    begun = Q(starts__lte=now.as_of.date()) | Q(starts__isnull=True)
    return _patients(Enrolment.objects.filter(begun, org=current().org, status="active"))


def _patients(enrolments: QuerySet[Enrolment]) -> list[str]:
    return sorted(set(enrolments.values_list("patient", flat=True)))
