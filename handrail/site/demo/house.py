"""The invented organization: its people and how they sign in, its teams, closures and covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handrail.access import accounts, office
from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, Role, system
from handrail.duties.incoming_referrals.models import Form
from handrail.record.known import forget
from handrail.site.definitions import install

ORG = 1
NAME = "Harborlight Care Partners"
PASSWORD = "four-calm-harbors"  # noqa: S105 - printed on purpose, opens invented records alone
INTAKE = "CareTeam/intake"
FAMILIES = "CareTeam/families"
CLINIC = "CareTeam/clinic"
TEAMS = {
    "intake": "Intake team",
    "families": "Children and families",
    "clinic": "Clinic nurses",
}
GREETING = "We call back within two business days. / Llamamos en dos días hábiles."
_THURSDAY = 3


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here. ``person`` is their reference."""

    username: str
    name: str
    role: Role
    what: str
    teams: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()

    @property
    def person(self) -> str:
        """Return the reference that is written down when they act."""
        return f"Practitioner/{self.username}"

    @property
    def principal(self) -> Principal:
        """Return the principal they act as."""
        return Principal(
            org=ORG,
            person=self.person,
            name=self.name,
            roles=frozenset({self.role}),
            teams=self.teams,
            covers=self.covers,
        )


AWAY, STAND_IN, AWAY_DAYS = "amira", "dana", 2
DANA = Colleague(
    STAND_IN,
    "Dana Rivera",
    Role.COORDINATOR,
    "coordinator, covers for Amira",
    (INTAKE,),
    (f"Practitioner/{AWAY}",),
)
LEE = Colleague("lee", "Lee Chen", Role.COORDINATOR, "coordinator", (INTAKE, FAMILIES))
AMIRA = Colleague(AWAY, "Amira Haddad", Role.COORDINATOR, "coordinator, on leave", (INTAKE,))
SAM = Colleague("sam", "Sam Osei", Role.SUPERVISOR, "supervisor", (INTAKE, FAMILIES))
NORA = Colleague("nora", "Nora Lindqvist", Role.CLINICIAN, "clinician", (CLINIC,))
FRAN = Colleague("fran", "Fran Boyd", Role.FRONT_DESK, "front desk")
ADA = Colleague("ada", "Ada Whitlock", Role.ADMINISTRATOR, "administrator")
THEO = Colleague("theo", "Theo Marsh", Role.AUDITOR, "auditor")
COLLEAGUES = (DANA, LEE, AMIRA, SAM, NORA, FRAN, ADA, THEO)
COORDINATORS = (DANA, LEE, AMIRA)
BY_NAME = {colleague.username: colleague for colleague in COLLEAGUES}


def received() -> Principal:
    """Return the principal of the feed by which records of others come in."""
    return system(ORG, "demo", "Demo records")


def sign_ins() -> list[tuple[str, str, str]]:
    """Return user name, password and who that is, for everybody."""
    return [(who.username, PASSWORD, f"{who.name}, {who.what}") for who in COLLEAGUES]


def found(now: datetime) -> Organization:
    """Make the organization with its teams, members, closures and covers.

    Raises:
        BusinessRuleError: a name or a password is refused.
    """
    by = received()
    with acting(by):
        organization = accounts.add_organization(
            ORG, NAME, "harborlight", intake_pool=INTAKE, opens_at=time(9), closes_at=time(17)
        )
        for team, name in TEAMS.items():
            office.name_team(by, name, team)
        for who in COLLEAGUES:
            accounts.add(by, _member(who))
        today = organization.calendar().local_date(now)
        for day, name in closures(today):
            office.close_on(by, day, name)
        Form.objects.create(org=ORG, is_open=True, greeting=GREETING)
    forget()
    install(ORG)
    _arrange_cover(now)
    return organization


def _member(who: Colleague) -> accounts.NewMember:
    return accounts.NewMember(
        username=who.username,
        name=who.name,
        roles=frozenset({who.role}),
        teams=who.teams,
        password=PASSWORD,
        practitioner=who.username,
    )


def closures(today: date) -> Iterable[tuple[date, str]]:
    """Yield the next days on which the organization is closed, besides federal holidays."""
    first = date(today.year, 11, 1)
    thanksgiving = first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 21)
    yield thanksgiving + timedelta(days=1), "Day after Thanksgiving"
    yield date(today.year, 12, 24), "Holiday closure"
    training = today + timedelta(days=24)
    yield training - timedelta(days=(training.weekday() - 2) % 7), "Staff training day"


def _arrange_cover(now: datetime) -> None:
    """Have Dana work for Amira, who is away for a while."""
    office.cover_for(
        SAM.principal,
        covering=DANA.person,
        covered=AMIRA.person,
        starts_at=now - timedelta(days=AWAY_DAYS),
        ends_at=now + timedelta(days=11),
    )
