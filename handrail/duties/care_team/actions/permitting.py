"""What family and friends may know: given, changed, taken back."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.care_team.actions.seeing import ROOM, allowed_on, related_of, today
from handrail.duties.care_team.resources import (
    PermissionView,
    Person,
    permission_view,
    person_of,
)
from handrail.duties.care_team.rules import permitting as permit
from handrail.duties.care_team.rules.permitting import Permitting
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed


def proposed_end(by: Principal) -> date:
    """Return the day until which a permission is proposed to hold."""
    facts = known(by.org)
    rule = facts.rules.rule(permit.RULE, facts.as_of.date())
    return facts.as_of.date() + timedelta(days=int(rule.values["proposed_days"]))


def see_permission(
    by: Principal, patient: str, related: str
) -> tuple[Person, PermissionView | None]:
    """Return somebody of the family and what they may know today.

    Raises:
        NotFoundError: there is nobody like that who belongs to this patient.
    """
    with acting(by):
        person = person_of(related_of(by, patient, related))
        consents = [s.resource for s in store.of_patient(patient, "Consent", by=by)]
    return person, allowed_on(consents, today(by)).get(related)


def permit_family(by: Principal, patient: str, wanted: Permitting) -> Committed:
    """Write down what somebody of the family may know; what held before ends today.

    The banner and the call script say it in short (``may-discuss`` of the RelatedPerson).

    Raises:
        UnclearPermissionError: something is missing or may not be; nothing was saved.
    """
    with acting(by):
        facts = known(by.org)
        on = facts.as_of.date()
        permit.check(wanted, on, facts.rules.rule(permit.RULE, on))
        related = related_of(by, patient, wanted.related)
        scope = permit.may_discuss(wanted.parts)
        drafts = _taken_back(facts, patient, wanted.related)
        drafts.append(permit.consent(patient, wanted, on, uuid4().hex))
        drafts.append(permit.talked_to(related, scope, on, wanted.ends_on))
        return store.commit(drafts, by=by, reason="permission for family", room=ROOM)


def take_back(by: Principal, patient: str, related: str) -> Committed:
    """Take back what somebody of the family may know, from today."""
    with acting(by):
        facts = known(by.org)
        on = facts.as_of.date()
        drafts = _taken_back(facts, patient, related)
        drafts.append(permit.talked_to(related_of(by, patient, related), "", on, on.isoformat()))
        return store.commit(drafts, by=by, reason="permission taken back", room=ROOM)


def _taken_back(facts: RecordKnown, patient: str, related: str) -> list[Resource]:
    on = facts.as_of.date()
    found = [
        consent
        for consent in facts.of_patient(patient, "Consent")
        if (view := permission_view(consent)) and view.related == related and view.active
    ]
    return [permit.ended(consent, on) for consent in found]
