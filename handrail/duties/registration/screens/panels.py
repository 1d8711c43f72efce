"""This room's parts of the patient page: how to reach somebody, and whom we may talk to."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.registration.models import MayTalk, Person
from handrail.duties.registration.screens.words import MESSAGES, SCOPES
from handrail.look.dates import today


def may_talk(org: int, patient: str) -> list[MayTalk]:
    """Return whom we may talk to about the patient today."""
    on = today()
    begun = Q(starts_on__isnull=True) | Q(starts_on__lte=on)
    going = Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    return list(MayTalk.objects.filter(begun, going, org=org, patient=patient).order_by("name"))


def banner(_request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return phone, message consent and may-talk-to, as pairs of the banner."""
    person = Person.objects.filter(org=principal.org, patient=patient).first()
    if person is None:
        return ""
    known = {
        "person": person,
        "message": _(MESSAGES[person.message]) if person.message in MESSAGES else "",
        "may_talk": may_talk(principal.org, patient),
        "scopes": SCOPES,
    }
    return render_to_string("registration/banner.html", known)
