"""From an account to a principal: who somebody is in an organization, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handrail.access.database import authenticating, cursor
from handrail.access.models import Organization
from handrail.access.principal import Principal, Role

_MEMBERSHIPS_SQL = """
select m.org, m.practitioner, m.name, m.roles, m.teams, o.name, o.time_zone,
  o.settings ->> 'idle_minutes',
  array(select c.covered from access_cover c
        where c.org = m.org and c.covering = 'Practitioner/' || m.practitioner
          and c.starts_at <= now() and c.ends_at > now() order by c.covered),
  array(select p.patient from access_opened p
        where p.org = m.org and p.person = 'Practitioner/' || m.practitioner and p.until > now())
from access_membership m join access_organization o on o.org = m.org
where m.account_id = %s and m.active
order by o.name, m.org
"""


@dataclass(frozen=True, slots=True)
class Member:
    """An account's active place in one organization, ready to act."""

    principal: Principal
    organization: str
    time_zone: str
    idle_minutes: int


def memberships(account: int) -> list[Member]:
    """Return every active membership of ``account``, by the organization's name."""
    with authenticating(account=account):
        rows = cursor().execute(_MEMBERSHIPS_SQL, (account,), prepare=True).fetchall()
    return [_member(account, row) for row in rows]


def _member(account: int, row: Sequence[Any]) -> Member:
    org, practitioner, name, roles, teams, organization, zone, idle, covers, opened = row
    principal = Principal(
        org=org,
        person=f"Practitioner/{practitioner}",
        name=name,
        roles=frozenset(Role(role) for role in roles),
        teams=tuple(teams),
        covers=tuple(covers),
        opened=frozenset(opened),
        account=account,
    )
    return Member(principal, organization, zone, int(idle or Organization.DEFAULTS["idle_minutes"]))
