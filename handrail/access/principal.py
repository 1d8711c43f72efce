"""Who is acting: every read and every write of the record names a principal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a member of the organization does here."""

    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    CLINICIAN = "clinician"
    FRONT_DESK = "front-desk"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    RECEIVER = "receiver"  # answers a referral by link or code, without an account
    SYSTEM = "system"


CARE: Final = frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN})
"""Those who care for people: what is asked, found and planned is open to them."""

NOT_MEMBERS: Final = frozenset({Role.RECEIVER, Role.SYSTEM})
"""Nobody signs in with these."""


class Reach(StrEnum):
    """Whose records a principal may reach. Row-level security holds the same words."""

    ALL = "all"  # every patient of the organization
    RELATED = "related"  # patients with whom a care relationship exists, or opened with a reason
    NONE = "none"  # nobody's


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """One person, adapter or key, acting in one organization.

    ``org`` is the tenant's number; ``person`` the FHIR reference that is written down as the actor
    ("Practitioner/…" for people, "Device/…" for adapters and keys); ``teams`` the pools
    ("CareTeam/…") and ``covers`` the colleagues ("Practitioner/…") it also works for; ``scopes``
    the SMART v2 scopes of an API key or an access token (None: a person, not limited by scopes).

    Somebody may act through an app: ``person`` stays who they are, ``app`` is the app's
    "Device/…", and ``patient`` the id of the patient the app was opened for. ``confined``: it
    reaches nobody else, whoever the person is.
    """

    org: int
    person: str
    name: str
    roles: frozenset[Role] = frozenset()
    teams: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    opened: frozenset[str] = field(default_factory=frozenset)
    account: int | None = None
    app: str = ""
    patient: str = ""
    confined: bool = False

    @property
    def identities(self) -> tuple[str, ...]:
        """Return every reference under which work or patients may be this principal's.

        One that is confined to a patient has none: nothing opens another patient to it.
        """
        return () if self.confined else (self.person, *self.teams, *self.covers)

    @property
    def reach(self) -> Reach:
        """Return whose records this principal may reach.

        A key whose scopes are all ``patient/…`` reaches the patients it has ``opened`` alone, and
        so does whoever is confined.
        """
        if self.confined:
            return Reach.RELATED
        if self.scopes is not None and all(scope.startswith("patient/") for scope in self.scopes):
            return Reach.RELATED
        if self.roles & {Role.SUPERVISOR, Role.SYSTEM, Role.FRONT_DESK}:
            return Reach.ALL
        if self.roles & {Role.COORDINATOR, Role.CLINICIAN}:
            return Reach.RELATED
        return Reach.NONE

    def has(self, *roles: Role) -> bool:
        """Tell whether the principal has any of ``roles``."""
        return bool(self.roles & set(roles))


def widened(by: Principal) -> Principal:
    """Return the same person with the reach of the house, for one act that needs it.

    Sorting what arrived needs it: it is in nobody's record yet. Only an action that has asked for
    its own right first may use this; who did it is written down as ever.
    """
    return replace(by, roles=by.roles | {Role.SYSTEM}, teams=(), covers=())


def system(org: int, device: str, name: str) -> Principal:
    """Return a principal for a part of Handrail itself: an adapter, the clock, a command."""
    return Principal(org=org, person=f"Device/{device}", name=name, roles=frozenset({Role.SYSTEM}))
