"""Enrolls one or many, with a preview: the same function serves the screen and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.caseload.actions.finding import Fit, who_fits
from handrail.duties.caseload.actions.people import loads, name_of, names
from handrail.duties.caseload.models import Enrolment, Face
from handrail.duties.caseload.rules import balance, enrolment
from handrail.duties.caseload.rules.programs import Program, program_of, programs
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import RecordKnown, known

ROOM = "caseload"
BALANCED = "balanced"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """One enrolment that is proposed or was made: who, why, and who gets the patient."""

    patient: str
    name: str
    reasons: tuple[str, ...]
    to: str
    to_name: str


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What :func:`enroll` would do or did. ``skipped``: (patient id, why not)."""

    program: str
    title: str
    planned: Sequence[Planned]
    skipped: Sequence[tuple[str, str]] = ()
    transactions: Sequence[int] = ()
    dry_run: bool = False
    minutes: Mapping[str, int] = field(default_factory=dict)


def enroll(
    by: Principal,
    program: str,
    patients: Sequence[str] | None = None,
    *,
    assign: str = BALANCED,
    because: str = "",
    dry_run: bool = False,
) -> Enrolling:
    """Enroll patients in a program and give each to somebody.

    Args:
        by: who enrolls: a supervisor, or Handrail's own command line.
        program: id of a program in force, such as ``transitional-care``.
        patients: ids; None for everybody who fits. One who does not fit is enrolled only if
            ``because`` says why, and skipped otherwise. The dead are always skipped.
        assign: "Practitioner/…", "CareTeam/…" (the team's pool), or ``balanced``: whoever carries
            the fewest expected minutes gets the next.
        because: the reason to enroll somebody who does not meet the criteria.
        dry_run: only say what would be done.

    Raises:
        ForbiddenError: ``by`` does not enroll.
        NotFoundError: there is no such program.
        BusinessRuleError: nobody to give the patients to.
    """
    require(by, "enroll")
    with acting(by):
        now = known(by.org)
        chosen = program_of(now.rules, program, now.as_of.date())
        fits = who_fits(program, by=by, only=tuple(patients or ()))
        if patients is not None and not patients:
            fits = []
        extra, skipped = _others(by.org, chosen, fits, patients or (), because)
        planned = _plan([*fits, *extra], chosen, by.org, now, assign)
        result = Enrolling(
            program=program,
            title=chosen.title,
            planned=planned,
            skipped=skipped,
            dry_run=dry_run,
            minutes={
                load.name: load.minutes
                for load in loads(by.org, programs(now.rules, now.as_of.date()))
            },
        )
        return result if dry_run else _commit(result, chosen, by, now)


def _minutes(org: int, now: RecordKnown) -> dict[str, int]:
    carried = loads(org, programs(now.rules, now.as_of.date()))
    return {load.name: load.minutes for load in carried}


def _others(
    org: int, program: Program, fits: Sequence[Fit], wanted: Sequence[str], because: str
) -> tuple[list[Fit], list[tuple[str, str]]]:
    """Return those enrolled for another reason, and those who are skipped."""
    found = {fit.patient for fit in fits}
    rest = [patient for patient in dict.fromkeys(wanted) if patient not in found]
    faces = {face.patient: face for face in Face.objects.filter(org=org, patient__in=rest)}
    open_statuses = sorted(enrolment.OPEN_STATUSES)
    already = set(
        Enrolment.objects.filter(
            org=org, program=program.id, status__in=open_statuses, patient__in=rest
        ).values_list("patient", flat=True)
    )
    extra, skipped = [], []
    for patient in rest:
        face = faces.get(patient)
        why_not = _why_not(face, patient in already, because)
        if face is None or why_not:
            skipped.append((patient, why_not))
        else:
            extra.append(Fit(patient, face.name, face.birth_date, (because.strip(),)))
    return extra, skipped


def _why_not(face: Face | None, already: bool, because: str) -> str:  # noqa: FBT001 - a plain fact
    if face is None:
        return "There is no such patient."
    if face.deceased:
        return "The patient has died."
    if already:
        return "Already enrolled."
    return "" if because.strip() else "Does not meet the criteria. Give a reason to enroll anyway."


def _plan(
    fits: Sequence[Fit], program: Program, org: int, now: RecordKnown, assign: str
) -> list[Planned]:
    called = names(org)
    if assign == BALANCED:
        carried = loads(org, programs(now.rules, now.as_of.date()))
        if fits and not carried:
            message = "There is no coordinator to give patients to. Name a team with --assign."
            raise BusinessRuleError(message)
        minutes = {fit.patient: program.minutes_per_month for fit in fits}
        given = balance.spread([fit.patient for fit in fits], minutes, carried)
    else:
        name_of(org, assign)
        given = {fit.patient: assign for fit in fits}
    return [
        Planned(fit.patient, fit.name, fit.reasons, given[fit.patient], called[given[fit.patient]])
        for fit in fits
    ]


def _commit(plan: Enrolling, program: Program, by: Principal, now: RecordKnown) -> Enrolling:
    transactions = []
    for start in range(0, len(plan.planned), _AT_ONCE):
        episodes = [_episode(one, program, now) for one in plan.planned[start : start + _AT_ONCE]]
        reason = f"Enrolled in {program.id}"
        transactions.append(store.commit(episodes, by=by, reason=reason, room=ROOM).transaction)
    return Enrolling(
        plan.program, plan.title, plan.planned, plan.skipped, transactions, minutes=plan.minutes
    )


def _episode(one: Planned, program: Program, now: RecordKnown) -> Resource:
    today = now.as_of.date()
    return enrolment.enrolled(
        one.patient, program, one.to, on=today, name=one.to_name, reasons=one.reasons
    )
