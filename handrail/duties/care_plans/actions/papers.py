"""What the papers of a plan say: the plan, who helps, the coming visits, how to reach us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions import agreeing, seeing
from handrail.duties.care_plans.resources import Whole
from handrail.duties.care_plans.rules.agreeing import Standing
from handrail.fhir.enrolment import care_manager_of
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import Resource, reference, target_of, words_of
from handrail.fhir.rulebook import Rule
from handrail.record.known import RecordKnown, known

HELP = "paper.language-help"
LIMITS = "plain.limits"
PLAIN_WORDS = "plain.words"
_GOING = frozenset({"booked", "arrived", "checked-in", "pending"})


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody on the team, what they do, and how to call them. ``reference``: Type/id."""

    reference: str
    name: str
    does: str
    phone: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that is planned: when (an instant), what, with whom."""

    at: str
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class Papers:
    """All that the papers of one plan say, as of ``on``."""

    whole: Whole
    chain: Sequence[Standing]
    person: str
    born: str
    language: str
    team: Sequence[Helper]
    visits: Sequence[Visit]
    house: str
    coordinator: Helper | None
    help: Sequence[Mapping[str, str]]
    limits: Rule
    words: Mapping[str, Mapping[str, str]]
    on: date

    @property
    def phone(self) -> str:
        """Return the number to call us at; empty if none is known."""
        return self.coordinator.phone if self.coordinator else ""

    def phone_of(self, reference: str) -> str:
        """Return the number of somebody on the team; empty if it is not known."""
        return next((one.phone for one in self.team if one.reference == reference), "")


def see_papers(by: Principal, patient: str, plan: str = "") -> Papers:
    """Return what the papers of a plan say: the draft, else the agreed one, or the one named.

    Raises:
        NotFoundError: this person has no such plan.
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        seen = seeing.see_plan(by, patient, plan)
        if seen.whole is None:
            raise NotFoundError(_("This person has no plan yet. Write one first."))
        chain = agreeing.see_agreement(by, patient, seen.whole.plan.id).chain
        facts = known(by.org)
        person = facts.read(f"Patient/{patient}") or {}
        coordinator = _coordinator(facts, patient)
        name = Organization.objects.filter(id=by.org).values_list("name", flat=True).first()
        return Papers(
            whole=seen.whole,
            chain=chain,
            person=seen.person,
            born=str(person.get("birthDate", "")),
            language=seen.language,
            team=_team(facts, patient, coordinator),
            visits=_visits(facts, patient),
            house=name or "",
            coordinator=coordinator,
            help=facts.rules.rule(HELP, facts.as_of.date()).values["lines"],
            limits=facts.rules.rule(LIMITS, facts.as_of.date()),
            words={
                language: facts.rules.rule(f"{PLAIN_WORDS}.{language}", facts.as_of.date()).values[
                    "words"
                ]
                for language in ("en", "es")
            },
            on=facts.as_of.date(),
        )


def _coordinator(facts: RecordKnown, patient: str) -> Helper | None:
    """Return who coordinates the care: the care manager of the enrolment that is active."""
    manager, name = care_manager_of(facts.of_patient(patient, "EpisodeOfCare"))
    return _helper(facts, reference(manager, name), "") if manager else None


def _helper(facts: RecordKnown, who: Mapping[str, Any], does: str) -> Helper:
    found = facts.read(target_of(who)) or {}
    name = str(who.get("display", "")) or _name(found)
    return Helper(target_of(who), name, does, _phone(facts, found))


def _name(found: Resource) -> str:
    named = found.get("name")
    return named if isinstance(named, str) else seeing.name_of(found)


def _phone(facts: RecordKnown, found: Resource) -> str:
    points = [p for p in found.get("telecom", ()) if p.get("system") in {"phone", "sms"}]
    points = [p for p in points if p.get("value") and p.get("use") != "old"]
    points.sort(key=lambda point: int(point.get("rank", 99)))
    if points:
        return str(points[0]["value"])
    inner = target_of(found.get("practitioner"))
    return _phone(facts, facts.read(inner) or {}) if inner else ""


def _team(facts: RecordKnown, patient: str, coordinator: Helper | None) -> list[Helper]:
    """Return the team, each once; who coordinates stands first."""
    first = [coordinator] if coordinator else []
    every = {one.reference: one for one in (*first, *_members(facts, patient)) if one.name}
    return list(every.values())


def _members(facts: RecordKnown, patient: str) -> Iterator[Helper]:
    today = facts.as_of.date().isoformat()
    for team in facts.of_patient(patient, "CareTeam"):
        if team.get("status", "active") not in {"active", "proposed"}:
            continue
        for one in team.get("participant", ()):
            member = one.get("member") or {}
            ended = str((one.get("period") or {}).get("end", ""))[:10]
            if target_of(member) == f"Patient/{patient}" or (ended and ended <= today):
                continue
            role: Mapping[str, Any] = next(iter(one.get("role", ())), {})
            yield _helper(facts, member, words_of(role))


def _visits(facts: RecordKnown, patient: str) -> list[Visit]:
    coming = [
        _visit(one)
        for one in facts.of_patient(patient, "Appointment")
        if one.get("status") in _GOING and _is_coming(str(one.get("start", "")), facts.as_of)
    ]
    return sorted(coming, key=lambda visit: _instant(visit.at))


def _is_coming(start: str, now: datetime) -> bool:
    return bool(start) and _instant(start) >= now


def _instant(text: str) -> datetime:
    """Return an instant; the leap second that FHIR allows is the second before it."""
    return datetime.fromisoformat(text.replace(":60", ":59", 1))


def _visit(appointment: Resource) -> Visit:
    kinds = [words_of(one) for one in appointment.get("serviceType", ())]
    reason = [words_of(one) for one in appointment.get("reasonCode", ())]
    words = str(appointment.get("description", "")) or next(iter((*kinds, *reason)), "")
    return Visit(str(appointment["start"]), words, ", ".join(_who(appointment)))


def _who(appointment: Resource) -> Iterable[str]:
    for one in appointment.get("participant", ()):
        actor = one.get("actor") or {}
        kind = target_of(actor).partition("/")[0]
        if kind not in {"Patient", "RelatedPerson"} and actor.get("display"):
            yield str(actor["display"])
