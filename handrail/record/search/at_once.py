"""The commonest searches in one round trip: who acts, the page, and that it was looked at.

For principals who reach every patient of their organization, and outside of a transaction: the
settings, the page and the audit row are one transaction of their own, as in :mod:`reading`.
"""

from __future__ import annotations

from typing import Final, cast

import psycopg
from django.db import connection

from handrail.access.audit import client_address
from handrail.access.database import SETTINGS_SQL, settings_of
from handrail.access.principal import Principal, Reach
from handrail.fhir.searching.query import Query
from handrail.record.search.conditions import Where
from handrail.record.search.pages import Got, Wanted, asking, got
from handrail.record.search.ways import Way
from handrail.record.statements import run

_NOTED: Final = (
    "INSERT INTO access_audit (org, person, name, action, what, resource_type, resource_id,"
    " patient, patients, outcome, purpose, detail, address) SELECT %s, %s, %s, 'R', %s, '', '', '',"
    " ARRAY(SELECT DISTINCT patient FROM page WHERE patient <> '' ORDER BY patient), 0, 'TREAT',"
    " '', %s FROM head WHERE NOT over"
)


def is_simple(query: Query, by: Principal) -> bool:
    """Tell whether one statement answers: no includes, totals or questions to the resources."""
    more = query.include or query.revinclude or query.total in {"accurate", "estimate"}
    if (
        more
        or query.summary == "count"
        or by.app
        or by.reach is not Reach.ALL
        or connection.in_atomic_block
    ):
        return False
    return query.exact and all(one.column != "values" for one in query.sort)


def at_once(way: Way, wanted: Wanted, by: Principal) -> Got:
    """Return the page that ``way`` leads to; written down unless the way was cut short."""
    noting = Where(
        _NOTED, [by.org, by.person, by.name, f"search {wanted.resource_type}", client_address.get()]
    )
    statement = asking(way, wanted, noting)
    connection.ensure_connection()
    raw = cast("psycopg.Connection[tuple[object, ...]]", connection.connection)
    with raw.pipeline():
        psycopg.Cursor(raw).execute(SETTINGS_SQL, (*settings_of(by), "off"), prepare=True)
        found = run(statement.text, statement.parameters).fetchall()
    return got(found, wanted)
