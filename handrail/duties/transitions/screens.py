"""HTML for people: who is in hospital, who came home, and their clocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access import audit
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal, Role
from handrail.duties.transitions.models import Clock, Person, Stay
from handrail.duties.transitions.rules.clocks import (
    ADMISSION,
    CONTACT,
    RECONCILIATION,
    TRANSFER,
    VISIT,
)

RECENT = timedelta(days=31)
STEPS = {
    CONTACT: later("Contact"),
    VISIT: later("Visit"),
    RECONCILIATION: later("Medicines"),
    TRANSFER: later("Call the facility"),
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One point of the checklist after discharge: done, open with its clock, or not asked."""

    label: str
    clock: Clock | None

    @property
    def done(self) -> bool:
        """Tell whether it was done."""
        return self.clock is not None and self.clock.status == "completed"


@dataclass(frozen=True, slots=True)
class Row:
    """One person with their stay and its clocks."""

    person: Person | None
    stay: Stay | None
    first: Clock
    ticks: list[Tick] = field(default_factory=list)


@open_to(*CARE)
def transitions(request: MemberRequest) -> HttpResponse:
    """Show who is in hospital and who came home, most urgent first."""
    principal = request.principal
    whose = request.GET.get("who", "mine")
    clocks = _clocks(principal, whose)
    stays = _stays(principal, clocks)
    people = _people(principal, {clock.patient for clock in clocks})
    inside: list[Row] = []
    home: list[Row] = []
    for stay_id, mine in _by_stay(clocks).items():
        row = _row(mine, stays.get(stay_id), people)
        (inside if row.first.kind == ADMISSION else home).append(row)
    audit.saw_many(principal, "transitions", sorted({clock.patient for clock in clocks}), whose)
    known = {
        "inside": inside,
        "home": sorted(home, key=_urgency),
        "whose": whose,
        "views": [(label, url, None, code == whose) for code, label, url in _views(principal)],
    }
    return render(request, "transitions/transitions.html", known)


def _views(principal: Principal) -> Iterable[tuple[str, str, str]]:
    yield "mine", _("Mine"), "/transitions"
    if principal.teams or principal.has(Role.SUPERVISOR):
        yield "all", _("Everyone I may see"), "/transitions?who=all"


def _clocks(principal: Principal, whose: str) -> list[Clock]:
    """Return the clocks that run, and those of the same stays that ended lately."""
    since = timezone.now() - RECENT
    recent = Clock.objects.filter(Q(is_open=True) | Q(authored_at__gte=since), org=principal.org)
    if whose != "all":
        recent = recent.filter(owner__in=principal.identities)
    found = recent.exclude(status__in=("cancelled", "entered-in-error")).order_by("look_at")[:500]
    return list(found)


def _stays(principal: Principal, clocks: Sequence[Clock]) -> dict[str, Stay]:
    ids = {clock.stay for clock in clocks}
    return {stay.source: stay for stay in Stay.objects.filter(org=principal.org, source__in=ids)}


def _people(principal: Principal, ids: set[str]) -> dict[str, Person]:
    rows = Person.objects.filter(org=principal.org, source__in=ids)
    return {row.source: row for row in rows}


def _by_stay(clocks: Iterable[Clock]) -> dict[str, list[Clock]]:
    """Return the clocks by stay; an admission that ended is no longer news."""
    found: dict[str, list[Clock]] = {}
    for clock in clocks:
        if clock.is_open or clock.kind != ADMISSION:
            found.setdefault(clock.stay, []).append(clock)
    return found


def _row(clocks: Sequence[Clock], stay: Stay | None, people: dict[str, Person]) -> Row:
    opened = [clock for clock in clocks if clock.is_open]
    first = opened[0] if opened else clocks[0]
    kinds = {clock.kind: clock for clock in clocks}
    asked = (TRANSFER,) if TRANSFER in kinds else (CONTACT, VISIT, RECONCILIATION)
    ticks = [] if first.kind == ADMISSION else [Tick(_(STEPS[k]), kinds.get(k)) for k in asked]
    return Row(people.get(first.patient), stay, first, ticks)


def _urgency(row: Row) -> tuple[bool, datetime]:
    due = [t.clock.due_by for t in row.ticks if t.clock and t.clock.is_open and t.clock.due_by]
    last = timezone.now() + timedelta(days=3650)
    return not due, min(due, default=row.first.look_at or last)


def alert(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the line under the patient's banner: the clock that runs next, and what to do."""
    if not principal.has(*CARE):
        return ""
    mine = Clock.objects.filter(org=principal.org, patient=patient, is_open=True)
    clock = mine.order_by("due_by", "look_at").first()
    if clock is None:
        return ""
    stay = Stay.objects.filter(org=principal.org, source=clock.stay).first()
    known = {"clock": clock, "stay": stay, "step": _(STEPS.get(clock.kind, ""))}
    return render_to_string("transitions/alert.html", known, request=request)
