"""Looking at a person's needs, and at everybody's that are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.needs.models import Addressed, Need
from handrail.duties.needs.rules.asking import default_day
from handrail.duties.needs.rules.reviewing import Review, review
from handrail.fhir.errors import NotFoundError
from handrail.record import store
from handrail.record.known import RecordKnown, known

PAGE = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """A person's needs, and the day on which each would be asked about again (by need)."""

    review: Review
    ask_on: Mapping[str, date]
    today: date


def see(by: Principal, patient: str, found: str = "") -> Seen:
    """Return a patient's needs and strengths; the look is audited once.

    Args:
        by: who looks.
        patient: the id of the patient.
        found: the id of the assessment one comes from; what it shows comes first.

    Raises:
        NotFoundError: there is no such patient.
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        facts = known(by.org)
        require_patient(by, patient, facts)
        seen = review(patient, facts, found)
        kinds = ("Condition", "QuestionnaireResponse", "Observation", "Goal", "Task")
        audit.read(by, [f"{kind}?patient" for kind in kinds], None, patient)
        days = {row.need.id: default_day(row.need, facts) for row in seen.rows}
    return Seen(seen, days, facts.as_of.date())


def require_patient(by: Principal, patient: str, facts: RecordKnown) -> None:
    """Refuse who may not see the patient's conditions, and a patient who is not there."""
    require(by, "read", "Condition", patient)
    if facts.read(f"Patient/{patient}") is None:
        raise NotFoundError("There is no such patient that you may see.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """How many needs are open in one area, and for how many nothing is done yet."""

    code: str
    open: int
    unaddressed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of the open needs that ``by`` may see, by area."""

    areas: Sequence[Area]
    rows: Sequence[Need]
    names: Mapping[str, str]
    total: int


def open_needs(by: Principal, area: str = "", *, only_open: bool = False, page: int = 1) -> Listed:
    """Return how many needs are open by area, and a page of them, the longest open first.

    Args:
        by: who asks; nobody else's patients are counted.
        area: an area of :attr:`handrail.duties.needs.resources.Need.area`; empty: all of them.
        only_open: only those that no goal and no referral addresses, and for which the person
            wants help.
        page: which page of the list, from 1.
    """
    require(by, "search", "Condition")
    with acting(by):
        every = _open(by)
        counts = every.values("area").annotate(
            n=Count("source"), left=Count("source", filter=Q(addressed=False, wish__in=_WANTED))
        )
        areas = [Area(code=c["area"], open=c["n"], unaddressed=c["left"]) for c in counts]
        chosen = every.filter(area=area) if area else every
        if only_open:
            chosen = chosen.filter(addressed=False, wish__in=_WANTED)
        total = chosen.count()
        start = (max(page, 1) - 1) * PAGE
        rows = list(chosen.order_by("since", "source")[start : start + PAGE])
        audit.saw_many(by, "needs", [row.patient for row in rows], area)
        names = _names(by, {row.patient for row in rows})
    areas.sort(key=lambda one: (-one.unaddressed, -one.open, one.code))
    return Listed(areas=areas, rows=rows, names=names, total=total)


_WANTED = ("", "wants-help")


def _open(by: Principal) -> QuerySet[Any]:
    addressed = Addressed.objects.filter(org=by.org, need=OuterRef("source"))
    mine = Need.objects.filter(org=by.org, state="open", kind="need")
    return mine.annotate(addressed=Exists(addressed))


def _names(by: Principal, patients: set[str]) -> dict[str, str]:
    found = store.several([f"Patient/{one}" for one in sorted(patients)], by=by)
    return {stored.id: _name(stored.resource.get("name", ())) for stored in found.values()}


def _name(names: Sequence[Mapping[str, object]]) -> str:
    name = dict(names[0]) if names else {}
    given = name.get("given")
    parts = [str(name.get("family", "")), " ".join(map(str, given)) if given else ""]  # type: ignore[call-overload]  # FHIR: a list of strings
    return ", ".join(part for part in parts if part) or str(name.get("text", ""))


@dataclass(frozen=True, slots=True)
class Brief:
    """What the panel on the patient's page says."""

    areas: Sequence[tuple[str, int]]
    to_decide: int
    strengths: int


def brief(by: Principal, patient: str) -> Brief:
    """Return the open needs of a patient by area, and how many wait for a decision."""
    with acting(by):
        mine = Need.objects.filter(org=by.org, patient=patient, state__in=["open", "proposed"])
        rows = list(mine.values_list("state", "kind", "area"))
    areas: dict[str, int] = {}
    for state, kind, area in rows:
        if state == "open" and kind == "need":
            areas[area] = areas.get(area, 0) + 1
    waiting = sum(state == "proposed" for state, _, _ in rows)
    strengths = sum(state == "open" and kind == "strength" for state, kind, _ in rows)
    ordered = sorted(areas.items(), key=lambda pair: (-pair[1], pair[0]))
    return Brief(ordered, waiting, strengths)
