"""Who has to do with which patient, asked of the projection that the rooms keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from handrail.access.database import cursor
from handrail.access.principal import Principal, Reach

_RELATED_SQL = """
select distinct patient from access_relationship
where org = %s and patient = any(%s) and person = any(%s) and (until is null or until > now())
"""
_REACHED_SQL = """
select patient from access_relationship
where org = %s and person = any(%s) and (until is null or until > now())
union all select unnest(%s::text[])
"""


def reached(rows: QuerySet[Any], principal: Principal) -> QuerySet[Any]:
    """Return rows of a table with ``patient`` by way of those the principal reaches.

    Row-level security keeps all others away in any case, but looks at each row of the table for
    it. This finds a coordinator's few patients first, whatever the organization has.
    """
    if principal.reach is not Reach.RELATED:
        return rows
    values = (principal.org, list(principal.identities), list(principal.opened))
    return rows.filter(patient__in=RawSQL(_REACHED_SQL, values))  # noqa: S611 - our own words


def related(principal: Principal, patients: Iterable[str]) -> frozenset[str]:
    """Return those of ``patients`` (ids) with whom the principal has to do."""
    values = (principal.org, list(patients), list(principal.identities))
    return frozenset(row[0] for row in cursor().execute(_RELATED_SQL, values, prepare=True))
