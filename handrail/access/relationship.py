"""Who has to do with which patient, asked of the projection that the rooms keep."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.access.database import cursor
from handrail.access.principal import Principal

_RELATED_SQL = """
select distinct patient from access_relationship
where org = %s and patient = any(%s) and person = any(%s) and (until is null or until > now())
"""


def related(principal: Principal, patients: Iterable[str]) -> frozenset[str]:
    """Return those of ``patients`` (ids) with whom the principal has to do."""
    values = (principal.org, list(patients), list(principal.identities))
    return frozenset(row[0] for row in cursor().execute(_RELATED_SQL, values, prepare=True))
