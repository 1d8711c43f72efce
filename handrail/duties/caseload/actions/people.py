"""Who can be given patients, and how much each carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Count

from handrail.access.models import Membership, Team
from handrail.access.principal import Role
from handrail.duties.caseload.models import Enrolment
from handrail.duties.caseload.rules.balance import Load
from handrail.duties.caseload.rules.programs import Program
from handrail.fhir.errors import BusinessRuleError

CARERS = frozenset({Role.COORDINATOR, Role.CLINICIAN})


def names(org: int) -> dict[str, str]:
    """Return the name of everybody and every team of the organization, by reference."""
    members = Membership.objects.filter(org=org)
    found = {f"Practitioner/{m.practitioner}": m.name for m in members}
    return found | {f"CareTeam/{team.id}": team.name for team in Team.objects.filter(org=org)}


def coordinators(org: int) -> dict[str, str]:
    """Return the name of everybody who can be a care manager, by reference, by name."""
    members = Membership.objects.filter(org=org, active=True).order_by("name")
    able = [member for member in members if CARERS & {str(role) for role in member.roles}]
    return {f"Practitioner/{member.practitioner}": member.name for member in able}


def teams(org: int) -> dict[str, str]:
    """Return the name of every team by reference."""
    return {f"CareTeam/{team.id}": team.name for team in Team.objects.filter(org=org)}


def name_of(org: int, reference: str) -> str:
    """Return the name of somebody who can be given patients; refuse anybody else."""
    able = {**coordinators(org), **teams(org)}
    if reference not in able:
        if not reference:
            raise BusinessRuleError("Choose who gets the patients.")
        message = f"'{reference}' is neither a coordinator nor a team here. Choose one of them."
        raise BusinessRuleError(message)
    return able[reference]


def loads(org: int, every: Mapping[str, Program]) -> list[Load]:
    """Return what each coordinator carries: expected minutes a month of active enrolments."""
    counted = (
        Enrolment.objects.filter(org=org, status="active")
        .exclude(manager="")
        .values("manager", "program")
        .annotate(number=Count("source"))
        .values_list("manager", "program", "number")
    )
    return _sum(coordinators(org), every, counted)


def _sum(
    people: Mapping[str, str],
    every: Mapping[str, Program],
    counted: Iterable[tuple[str, str, int]],
) -> list[Load]:
    minutes: dict[str, int] = {}
    patients: dict[str, int] = {}
    for manager, program, number in counted:
        each = every[program].minutes_per_month if program in every else 0
        minutes[manager] = minutes.get(manager, 0) + number * each
        patients[manager] = patients.get(manager, 0) + number
    return [
        Load(ref, name, minutes.get(ref, 0), patients.get(ref, 0)) for ref, name in people.items()
    ]
