"""Pages of one search show the record as it was at the first page.

The first page notes the last link of the organization's chain. For the pages after it, what was
changed since is left out and put back as it was then: those rows are made anew from the versions of
that time, and asked the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from handrail.fhir.searching.extract import index
from handrail.fhir.searching.hashing import named
from handrail.fhir.searching.query import Query
from handrail.record.search.bounds import CHANGED, SearchAgainError
from handrail.record.search.conditions import Asker, Where, plain
from handrail.record.statements import rows

OLD: Final = (
    "json_to_recordset(%s::json) AS c(org int, resource_type text, id text, version int,"
    " updated_at timestamptz, patient text, deleted bool, starts timestamptz, ends timestamptz,"
    " due timestamptz, name bigint, number float8, amount float8, listed bigint, tokens bigint[])"
)


@dataclass(slots=True)
class Since:
    """What changed since the first page: ids, and the search rows as they were (JSON)."""

    changed: list[str]
    old: str = ""
    filters: Where = field(default_factory=Where)


def since(link: int, query: Query, asker: Asker) -> Since | None:
    """Return what changed of this type after ``link``; None: nothing did.

    Raises:
        SearchAgainError: too much did.
    """
    found = rows(
        "SELECT c.id, o.version, o.body, o.updated_at, o.patient, o.deleted FROM"
        " (SELECT DISTINCT v.id FROM record_transaction t JOIN record_version v"
        " ON v.org = t.org AND v.transaction = t.id"
        " WHERE t.org = %s AND t.link > %s AND v.resource_type = %s LIMIT %s) c"
        " LEFT JOIN LATERAL (SELECT v.* FROM record_version v JOIN record_transaction t"
        " ON t.org = v.org AND t.id = v.transaction WHERE v.org = %s AND v.resource_type = %s"
        " AND v.id = c.id AND t.link <= %s ORDER BY v.version DESC LIMIT 1) o ON true",
        (
            asker.org,
            link,
            query.resource_type,
            CHANGED + 1,
            asker.org,
            query.resource_type,
            link,
        ),
    )
    if len(found) > CHANGED:
        raise SearchAgainError(
            f"More than {CHANGED} {query.resource_type} changed since the first page. Search again"
            " from the beginning."
        )
    if not found:
        return None
    old = [_row(query.resource_type, asker.org, row) for row in found if row[1] and not row[5]]
    made = Since([identity for identity, *_ in found])
    if old:
        made.old, made.filters = orjson.dumps(old).decode(), plain(query, asker)
    return made


def _row(resource_type: str, org: int, row: Sequence[Any]) -> dict[str, Any]:
    identity, version, body, updated_at, patient, _ = row
    columns = index(orjson.loads(body))
    return {
        "org": org,
        "resource_type": resource_type,
        "id": identity,
        "version": version,
        "updated_at": updated_at,
        "patient": patient,
        "deleted": False,
        "starts": _written(columns.starts),
        "ends": _written(columns.ends),
        "due": _written(columns.due),
        "name": named(f"{resource_type}/{identity}"),
        "number": columns.number,
        "amount": columns.amount,
        "listed": columns.listed,
        "tokens": columns.tokens,
    }


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
