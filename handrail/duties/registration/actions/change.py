"""Changes what is known of a person: details, death, whom we may talk to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import uuid4

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, Reach
from handrail.duties.registration.actions.find import Duplicate, duplicates_of
from handrail.duties.registration.resources import (
    PatientView,
    RelatedView,
    patient_view,
    related_view,
)
from handrail.duties.registration.rules import details as rules
from handrail.duties.registration.rules.details import Details, Permission
from handrail.fhir.errors import BusinessRuleError, ForbiddenError
from handrail.fhir.resource import Resource, id_of, reference
from handrail.record import store
from handrail.record.known import known
from handrail.record.store import Committed, Draft, Stored

ROOM = "registration"


class PossibleDuplicateError(BusinessRuleError):
    """Somebody with this name and birth date is already here; nothing was saved."""

    def __init__(self, found: Sequence[Duplicate]) -> None:
        """Keep who was found."""
        super().__init__(
            "Somebody with this name and birth date is already here. Nothing was saved. Look at"
            " the record below, or say that this is another person."
        )
        self.found = found


def today(by: Principal) -> date:
    """Return the date of now, where the organization is."""
    return known(by.org).as_of.date()


def see(patient: str, *, by: Principal) -> tuple[Stored, PatientView]:
    """Return the Patient as it is stored, and what it says.

    Raises:
        NotRelatedError: there is no care relationship; the answer offers to open it with a reason.
    """
    with acting(by):
        require(by, "read", "Patient", patient)
        stored = store.read(f"Patient/{patient}", by=by)
        return stored, patient_view(stored.resource)


def people_of(patient: str, *, by: Principal) -> list[RelatedView]:
    """Return everybody who belongs to the patient; those we may talk to first."""
    related = [related_view(s.resource) for s in store.of_patient(patient, "RelatedPerson", by=by)]
    on = today(by)
    return sorted(related, key=lambda person: (not person.may_talk(on), person.name))


def see_related(patient: str, related: str, *, by: Principal) -> tuple[Stored, RelatedView]:
    """Return somebody who belongs to the patient, as stored and what it says."""
    stored = _related(patient, related, by)
    return stored, related_view(stored.resource)


def register(details: Details, *, by: Principal, another_person: bool = False) -> str:
    """Make a new Patient and return its id. Never merges, never guesses.

    Whoever reaches only their own patients is tied to the new person by a planned EpisodeOfCare,
    so that they can go on. ``another_person``: the duplicates were looked at and are not the same.
    """
    require(by, "create", "Patient")
    rules.check(details, today(by))
    identity = uuid4().hex
    with acting(by):
        found = [] if another_person else duplicates_of(details, by=by)
        if found:
            raise PossibleDuplicateError(found)
        drafts = [rules.new_patient(details, identity)]
        if by.reach is Reach.RELATED:
            drafts.append(_first_tie(identity, by))
        # The tie is written in the same commit; until it stands, the new record is open to them.
        maker = replace(by, opened=by.opened | {identity})
        store.commit(drafts, by=maker, reason="New person", room=ROOM)
    return identity


def _first_tie(patient: str, by: Principal) -> Resource:
    return {
        "resourceType": "EpisodeOfCare",
        "status": "planned",
        "patient": reference(f"Patient/{patient}"),
        "careManager": reference(by.person, by.name),
        "period": {"start": today(by).isoformat()},
    }


def change_details(patient: str, details: Details, *, by: Principal, if_match: int) -> Committed:
    """Save what the form says; ``if_match`` is the version it was opened with.

    Raises:
        DetailsError: something cannot be right; ``faults`` name the fields.
        VersionConflictError: somebody else saved first; nothing was overwritten.
    """
    rules.check(details, today(by))
    with acting(by):
        shown = store.vread(f"Patient/{patient}", if_match, by=by)
        changed = rules.changed(shown.resource, details)
        return _save(changed, "Contact details changed", by=by, if_match=if_match)


def record_death(patient: str, on: str, *, by: Principal, if_match: int) -> Committed:
    """Record that somebody has died (``on``: a day, or empty if it is not known).

    All outreach to them is cancelled by the rooms in the same transaction.
    """
    with acting(by):
        stored, view = see(patient, by=by)
        rules.check_death(on, view.born, today(by))
        deceased = rules.died(stored.resource, on)
        return _save(deceased, "Death recorded", by=by, if_match=if_match)


def take_back_death(patient: str, *, by: Principal, if_match: int) -> Committed:
    """Take back a death that was entered by mistake."""
    with acting(by):
        living = rules.alive(see(patient, by=by)[0].resource)
        return _save(living, "Death taken back", by=by, if_match=if_match)


def permit(
    patient: str, permission: Permission, *, by: Principal, related: str = "", if_match: int = 0
) -> Committed:
    """Say whom we may talk to about the patient, about what and until when.

    ``related`` is the id of a RelatedPerson to change; empty adds one.
    """
    rules.check_permission(permission)
    with acting(by):
        if not related:
            fresh = rules.new_related(patient, permission)
            return _save(fresh, "May be talked to: added", by=by)
        stored = _related(patient, related, by)
        changed = rules.permitted(stored.resource, permission)
        return _save(changed, "May be talked to: changed", by=by, if_match=if_match)


def revoke(patient: str, related: str, *, by: Principal, if_match: int) -> Committed:
    """Say that we may no longer talk to somebody, from today on."""
    with acting(by):
        ended = rules.revoked(_related(patient, related, by).resource, today(by))
        return _save(ended, "May be talked to: taken back", by=by, if_match=if_match)


def _related(patient: str, related: str, by: Principal) -> Stored:
    stored = store.read(f"RelatedPerson/{related}", by=by)
    if id_of(stored.resource.get("patient"), "Patient") != patient:
        raise ForbiddenError("This person belongs to another patient.")
    return stored


def _save(
    resource: Resource, reason: str, *, by: Principal, if_match: int | None = None
) -> Committed:
    draft = Draft(resource, if_match=if_match)
    return store.commit([draft], by=by, reason=reason, room=ROOM)
