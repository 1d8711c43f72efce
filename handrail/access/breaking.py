"""Breaking the glass: opening a patient's record without a care relationship, with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.models import Opened, Organization
from handrail.access.principal import Principal
from handrail.fhir.errors import BusinessRuleError

MIN_REASON: Final = 10  # characters
MAX_REASON: Final = 1000
LONGEST_ID: Final = 64  # characters of an id (http://hl7.org/fhir/R4/datatypes.html#id)


def break_glass(by: Principal, patient: str, reason: str) -> Opened:
    """Open ``patient``'s record for some hours (the organization's ``break_glass_hours``).

    Whether there is such a patient is not told here. The reason is kept with the opening, and an
    auditor sees both; later requests of the same person reach the record.

    Raises:
        ForbiddenError: the principal's role does not break the glass.
        BusinessRuleError: the reason is too short or too long, or no patient is named.
    """
    require(by, "break_glass")
    if not 0 < len(patient) <= LONGEST_ID:
        raise BusinessRuleError(_("Open the page of the patient first, then say why."))
    reason = " ".join(reason.split())
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        message = _("Write in at least %(least)s characters why you need this record now.")
        raise BusinessRuleError(message % {"least": MIN_REASON})
    with acting(by, durable=True):
        hours = Organization.objects.get(id=by.org).setting("break_glass_hours")
        now = timezone.now()
        opened = Opened.objects.create(
            org=by.org,
            person=by.person,
            patient=patient,
            reason=reason,
            opened_at=now,
            until=now + timedelta(hours=hours),
        )
        audit.note(
            by,
            audit.Event(
                action="E",
                what="break-glass",
                reference=f"Patient/{patient}",
                patient=patient,
                purpose="BTG",
                detail=f"until {opened.until:%Y-%m-%dT%H:%MZ}",
            ),
        )
    return opened
