"""Small things every page of this room needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from handrail.access.principal import Role
from handrail.duties.caseload import actions
from handrail.duties.caseload.rules.balance import Load
from handrail.duties.caseload.rules.programs import Program, programs
from handrail.record.known import known

CARERS = (Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN)
SUPERVISORS = (Role.SUPERVISOR,)
_LONGEST_NUMBER = 6


def every_program(org: int) -> Mapping[str, Program]:
    """Return the programs in force today."""
    now = known(org)
    return programs(now.rules, now.as_of.date())


def word(text: str) -> str:
    """Return an id or a code that came in a form or an address, as PostgreSQL takes it."""
    return text.replace("\x00", "")[:200]


def number(text: str, default: int = 0) -> int:
    """Return a whole number that came in a form or an address, or the default."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else default


def day(text: str) -> date | None:
    """Return a date that came in a form, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def address(path: str, **query: object) -> str:
    """Return ``path`` with those words of the query that say something."""
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def receivers(org: int, loads: list[Load]) -> list[tuple[str, str]]:
    """Return who can be given patients, with what each carries, then the teams' pools."""
    people = [
        (
            load.reference,
            _("%(name)s (%(patients)s patients, %(hours)s h a month)")
            % {"name": load.name, "patients": load.patients, "hours": round(load.minutes / 60)},
        )
        for load in loads
    ]
    pools = [
        (reference, _("%(team)s (pool)") % {"team": name})
        for reference, name in actions.teams(org).items()
    ]
    return people + pools
