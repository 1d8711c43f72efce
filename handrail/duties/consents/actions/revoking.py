"""Taking an agreement back: from now on."""

from __future__ import annotations

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.consents.actions.agreeing import ROOM
from handrail.fhir.disclosing import disclosable, revoked
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, NotFoundError
from handrail.fhir.resource import Resource, id_of
from handrail.record import store
from handrail.record.known import known
from handrail.record.store import Committed, Draft

_MOST = 500


def consent_of(by: Principal, patient: str, consent: str) -> Resource:
    """Return a Consent for a disclosure of this patient.

    Raises:
        NotFoundError: there is none, or it is about something else.
        ForbiddenError: it belongs to another patient.
    """
    found = store.read(f"Consent/{consent}", by=by).resource
    if id_of(found.get("patient"), "Patient") != patient:
        raise ForbiddenError(_("This belongs to another patient."))
    if disclosable(found) is None:
        raise NotFoundError(_("This is no consent for a disclosure."))
    return found


def revoke(
    by: Principal, patient: str, consent: str, *, told: str = "", if_match: int = 0
) -> Committed:
    """Take back what a person agreed to; what was sent before stays sent.

    Args:
        by: who writes it down.
        patient: id of the Patient.
        consent: id of the Consent.
        told: who has been told that it was taken back.
        if_match: the version that was seen; 0: whatever is there.

    Raises:
        VersionConflictError: somebody changed it meanwhile.
        BusinessRuleError: it was not in force any more.
    """
    with acting(by):
        found = consent_of(by, patient, consent)
        if found.get("status") != "active":
            raise BusinessRuleError(_("It was taken back or ended before. Nothing was changed."))
        changed = revoked(found, known(by.org).as_of.date(), told.strip()[:_MOST])
        draft = Draft(changed, if_match=if_match) if if_match else Draft(changed)
        return store.commit([draft], by=by, reason="agreement taken back", room=ROOM)
