"""Whom the clock looks at: those whose agreed plan has no date of review."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from handrail.duties.care_plans.models import Plan, Review
from handrail.fhir.change import Known


def candidates_unreviewed(_known: Known) -> Iterable[str]:
    """Return the patients with an agreed plan that nobody looks at again."""
    dated = Review.objects.filter(org=OuterRef("org"), plan=OuterRef("source"))
    found = Plan.objects.filter(~Exists(dated), status="active").order_by("patient")
    return list(dict.fromkeys(found.values_list("patient", flat=True)))
