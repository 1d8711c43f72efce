"""Finds by identifier or tag: what adapters ask before they store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import LiteralString

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, Reach
from handrail.fhir.searching.hashing import ANY_SYSTEM, SYSTEM_AND_CODE, token
from handrail.record.statements import rows


def identified(
    resource_type: str,
    system: str,
    value: str,
    *,
    by: Principal,
    tag: tuple[str, str] | None = None,
) -> list[str]:
    """Return the references of the resources with this identifier (and this tag).

    An empty ``system`` means an identifier of any system. What ``by`` does not reach is not found.
    """
    require(by, "search", resource_type)
    form = (SYSTEM_AND_CODE, system, value) if system else (ANY_SYSTEM, value)
    wanted = [token(resource_type, "identifier", *form)]
    if tag:
        wanted.append(token(resource_type, "_tag", SYSTEM_AND_CODE, *tag))
    with acting(by):
        found = rows(
            "SELECT id FROM record_current c WHERE org = %s AND resource_type = %s"  # noqa: S608 - constants
            f" AND tokens @> %s::bigint[] AND NOT deleted{_seen(by)} ORDER BY id",
            (by.org, resource_type, wanted),
        )
    return [f"{resource_type}/{identity}" for (identity,) in found]


def tagged(system: str, code: str, types: Iterable[str], *, by: Principal) -> bool:
    """Tell whether any resource of ``types`` carries this tag."""
    wanted = [
        token(resource_type, "_tag", SYSTEM_AND_CODE, system, code) for resource_type in types
    ]
    with acting(by):
        found = rows(
            "SELECT EXISTS (SELECT FROM record_current c WHERE org = %s AND NOT deleted"  # noqa: S608 - constants
            f" AND tokens && %s::bigint[]{_seen(by)})",
            (by.org, wanted),
        )
    return bool(found[0][0])


def _seen(by: Principal) -> LiteralString:
    """Return the condition that row-level security shows a row; who reaches all needs none.

    The table that is searched shows every row of the organization; the versions do not.
    """
    if by.reach is Reach.ALL:
        return ""
    return (
        " AND EXISTS (SELECT FROM record_version g WHERE g.org = c.org"
        " AND g.resource_type = c.resource_type AND g.id = c.id AND g.version = c.version OFFSET 0)"
    )
