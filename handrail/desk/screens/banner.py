"""The banner's own part: allergies, where the patient is now, coverage, primary care."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.desk.models import PatientCard, Standing
from handrail.desk.projections.standing import (
    ALLERGY,
    CHECKED,
    COVERAGE,
    HOME,
    PRIMARY,
    STAY,
)
from handrail.look import dates

_NEVER = datetime.min.replace(tzinfo=UTC)
RECENT = timedelta(days=90)
"""How long after a stay the banner still says where somebody went."""

_READS = {
    ALLERGY: "AllergyIntolerance",
    COVERAGE: "Coverage",
    CHECKED: "Coverage",
    STAY: "Encounter",
    PRIMARY: "Patient",
}


class Said(NamedTuple):
    """What the banner says. Fields that are None are not for the reader to see."""

    allergies: list[Standing] | None
    now: str
    coverage: list[str] | None
    primary: str


def standing(_request: HttpRequest, principal: Principal, patient: str) -> SafeString:
    """Return the pairs of the banner that this room knows."""
    seen = [kind for kind, name in _READS.items() if allows(principal, "read", name)]
    mine = Standing.objects.filter(org=principal.org, patient=patient, kind__in=seen)
    current = Q(ends_at__isnull=True) | Q(ends_at__gte=timezone.now() - RECENT)
    found = list(mine.filter(current).order_by("rank", "text"))
    by_kind = {kind: [row for row in found if row.kind == kind] for kind in _READS}
    said = Said(
        by_kind[ALLERGY] if ALLERGY in seen else None,
        whereabouts(by_kind[STAY]) if not _has_died(principal, patient) else "",
        coverages(by_kind[COVERAGE], by_kind[CHECKED]) if COVERAGE in seen else None,
        next((row.text for row in by_kind[PRIMARY]), ""),
    )
    return render_to_string("desk/banner.html", {"said": said})


def _has_died(principal: Principal, patient: str) -> bool:
    card = PatientCard.objects.filter(org=principal.org, source=patient, deceased=True)
    return card.exists()


def whereabouts(stays: Sequence[Standing]) -> str:
    """Return where somebody is, by the latest stay; empty if the record does not say."""
    last = max(stays, key=_latest, default=None)
    if last is None or not (last.starts_at or last.ends_at):
        return ""
    words = {"place": last.text or _("hospital"), "to": last.detail}
    if last.ends_at is None:
        return _("In %(place)s since %(day)s") % {**words, "day": dates.day(last.starts_at)}
    words["day"] = dates.day(last.ends_at)
    if last.detail == HOME:
        return _("Home since %(day)s") % words
    said = _("Left %(place)s %(day)s: %(to)s") if last.detail else _("Left %(place)s %(day)s")
    return said % words


def _latest(stay: Standing) -> tuple[datetime, bool]:
    """Return the key of the order of stays: when each began, those going on last."""
    return stay.starts_at or stay.ends_at or _NEVER, stay.ends_at is None


def coverages(rows: Iterable[Standing], checks: Iterable[Standing]) -> list[str]:
    """Return what covers today, the first payer first, with the day the insurer was asked."""
    now, today = timezone.now(), dates.today()
    asked = {row.text: row.starts_at for row in sorted(checks, key=_latest)}
    found: dict[str, str] = {}
    for row in rows:
        begun = row.starts_at is None or row.starts_at <= now
        if begun and (row.ends_at is None or dates.on(row.ends_at) >= today):
            words = {"name": row.text, "day": dates.day(asked.get(row.source))}
            said = _("%(name)s (checked %(day)s)") % words if words["day"] else row.text
            found.setdefault(row.text, said)
    return list(found.values())
