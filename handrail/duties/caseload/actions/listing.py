"""The caseload as a list: who is mine, whom have I not touched, who has no next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.models import Membership
from handrail.access.principal import Principal
from handrail.duties.caseload.actions.finding import is_quiet, is_silent
from handrail.duties.caseload.models import Enrolment, Face, NextVisit, OpenWork, Touch
from handrail.duties.caseload.rules.programs import Program, programs
from handrail.fhir.change import Known
from handrail.record.known import known

PAGE = 200
WHOSE = ("mine", "team", "all")
SHOWS = ("", "silent", "no-next-step", "pool", "parked")
_STATUSES = ("active", "onhold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the caseload: whose, one program (id), one care manager, what state."""

    whose: str = "mine"
    program: str = ""
    show: str = ""
    page: int = 1
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the caseload; ``total`` is how many there are on all pages."""

    rows: Sequence[Any]
    total: int
    counts: Mapping[str, int]
    programs: Mapping[str, Program] = field(default_factory=dict)


def caseload(wanted: Wanted, *, by: Principal) -> Listed:
    """Return one page of the caseload, by name, with what each row shows."""
    with acting(by):
        now = known(by.org)
        every = programs(now.rules, now.as_of.date())
        chosen = _chosen(wanted, by, now)
        total = chosen.count()
        start = (wanted.page - 1) * PAGE
        rows = list(annotated(chosen, now)[start : start + PAGE])
        audit.saw_many(by, "caseload", (row.patient for row in rows), wanted.show)
        return Listed(rows, total, _counts(wanted, by, now), every)


def _chosen(wanted: Wanted, by: Principal, now: Known) -> QuerySet[Enrolment]:
    found = _whose(wanted.whose, by)
    if wanted.program:
        found = found.filter(program=wanted.program)
    if wanted.manager:
        found = found.filter(manager=wanted.manager)
    if wanted.show == "silent":
        return found.filter(is_silent(now))
    if wanted.show == "no-next-step":
        return found.filter(is_quiet(now))
    if wanted.show == "pool":
        return found.filter(manager="")
    if wanted.show == "parked":
        return found.filter(status="onhold")
    return found


def _whose(whose: str, by: Principal) -> QuerySet[Enrolment]:
    found = Enrolment.objects.filter(org=by.org, status__in=_STATUSES)
    if whose == "mine":
        return found.filter(manager__in=[by.person, *by.covers])
    if whose == "team":
        return found.filter(Q(team__in=by.teams) | Q(manager__in=_colleagues(by)))
    return found


def _colleagues(by: Principal) -> list[str]:
    """Return everybody who shares a team with the principal, themselves included."""
    members = Membership.objects.filter(org=by.org, active=True)
    mine = set(by.teams)
    near = [member.person for member in members if mine & set(member.teams)]
    return [*near, by.person, *by.covers]


def _counts(wanted: Wanted, by: Principal, now: Known) -> dict[str, int]:
    """Return the number behind each filter."""
    counts = {whose: _whose(whose, by).count() for whose in WHOSE}
    mine = _whose(wanted.whose, by)
    by_state = mine.aggregate(
        pool=Count("source", filter=Q(manager="")),
        parked=Count("source", filter=Q(status="onhold")),
    )
    by_program = mine.values_list("program").annotate(number=Count("source"))
    found = {f"program:{program}": number for program, number in by_program}
    found["silent"] = mine.filter(is_silent(now)).count()
    found["no-next-step"] = mine.filter(is_quiet(now)).count()
    return counts | by_state | found


def annotated(found: QuerySet[Enrolment], now: Known) -> QuerySet[Any, Any]:
    """Return enrolments with what a row shows, by name."""
    same = {"org": OuterRef("org"), "patient": OuterRef("patient")}
    face = Face.objects.filter(org=OuterRef("org"), source=OuterRef("patient"))
    work = OpenWork.objects.filter(**same).values("patient")
    touches = Touch.objects.filter(**same).values("patient")
    visits = NextVisit.objects.filter(**same, starts_at__gt=now.as_of).values("patient")
    return found.annotate(
        name=Coalesce(Subquery(face.values("name")[:1]), F("patient")),
        sort_name=Subquery(face.values("sort_name")[:1]),
        birth_date=Subquery(face.values("birth_date")[:1]),
        deceased=Subquery(face.values("deceased")[:1]),
        last_at=Subquery(touches.annotate(at_most=Max("at")).values("at_most")),
        open_steps=Subquery(work.annotate(number=Count("source")).values("number")),
        next_look=Subquery(work.annotate(first=Min("look_at")).values("first")),
        next_visit=Subquery(visits.annotate(first=Min("starts_at")).values("first")),
    ).order_by("sort_name", "patient", "program")


def of_patient(patient: str, *, by: Principal) -> list[Any]:
    """Return the patient's present enrolments."""
    with acting(by):
        found = Enrolment.objects.filter(org=by.org, patient=patient, status__in=_STATUSES)
        return list(annotated(found, known(by.org)))
