"""Whom the clock has to look at: people with a referral that nobody looks at any more."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from handrail.duties.referrals.models import FollowUp, Referral, Request
from handrail.fhir.change import Known
from handrail.fhir.referring import names

OPEN_STATUSES = ("draft", "active", "on-hold")


def unlooked(_known: Known) -> Iterable[str]:
    """Return the patients with an open referral that has no open work."""
    asked = Referral.objects.filter(org=OuterRef("org"), request=OuterRef("source"), open=True)
    followed = FollowUp.objects.filter(
        org=OuterRef("org"), request=OuterRef("source"), kind__in=[names.DECIDE, names.REVIEW]
    )
    left = Request.objects.filter(status__in=OPEN_STATUSES)
    left = left.filter(~Exists(asked), ~Exists(followed))
    return list(left.values_list("patient", flat=True).distinct())
