"""What every action on a referral begins with: who it is, where it stands, what is refused."""

from __future__ import annotations

from typing import ClassVar, Final

from django.utils.translation import gettext as _

from handrail.access.decide import require
from handrail.access.principal import CARE, Principal, Role
from handrail.duties.referrals.resources import is_ours, is_referral
from handrail.fhir.errors import (
    BusinessRuleError,
    ForbiddenError,
    NotFoundError,
    VersionConflictError,
)
from handrail.fhir.referring.moves import Moves
from handrail.fhir.referring.state import receiver_of
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import RecordKnown, known

ROOM: Final = "referrals"


class RefusedMoveError(BusinessRuleError):
    """It is too late, or somebody else was first. ``kept``: the Communication of what was said."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "conflict"

    def __init__(self, message: str, kept: str = "") -> None:
        """Keep where it was written down."""
        super().__init__(message)
        self.kept = kept


def now(by: Principal) -> RecordKnown:
    """Return what is known now."""
    return known(by.org)


def moves_of(facts: RecordKnown) -> Moves:
    """Return the moves that are legal today."""
    return Moves.read(facts.rules, facts.as_of.date())


def require_version(version: int, seen: int) -> None:
    """Refuse what was typed over another version than the one that is there; 0: none was seen.

    Raises:
        VersionConflictError: it was changed since.
    """
    if seen and seen != version:
        raise VersionConflictError(
            _("This referral was changed meanwhile. Look at both and save again.")
        )


def one_referral(by: Principal, task_id: str) -> tuple[Resource, int]:
    """Return a referral's Task and its version.

    Raises:
        NotFoundError: there is no such referral that ``by`` may see.
        ForbiddenError: a receiver asks for another one's.
    """
    stored = store.read(f"Task/{task_id}", by=by)
    if not is_referral(stored.resource):
        raise NotFoundError(_("There is no such referral."))
    require_own(by, stored.resource)
    return stored.resource, stored.version


def require_own(by: Principal, task: Resource) -> None:
    """Refuse a receiver who was not asked by this Task.

    Raises:
        ForbiddenError: it is another receiver's.
    """
    if by.has(Role.RECEIVER) and receiver_of(task) != by.person:
        raise ForbiddenError(_("This was sent to somebody else. Use the link you were sent."))


def one_request(by: Principal, request_id: str) -> Resource:
    """Return a request that was made here.

    Raises:
        NotFoundError: there is none that ``by`` may see.
    """
    stored = store.read(f"ServiceRequest/{request_id}", by=by)
    if not is_ours(stored.resource):
        raise NotFoundError(_("There is no such referral."))
    return stored.resource


def require_care(by: Principal, patient: str) -> None:
    """Refuse whoever does not coordinate care, or not this person's.

    Raises:
        ForbiddenError: the role does not ask others for a person.
    """
    require(by, "create", "ServiceRequest", patient)
    if not by.has(*CARE, Role.SYSTEM):
        raise ForbiddenError(
            _("Referrals are made by coordinators, clinicians and supervisors. Ask one of them.")
        )
