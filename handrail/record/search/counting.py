"""How many resources a search finds, exactly or roughly."""

from __future__ import annotations

from typing import Any, Final

import orjson

from handrail.fhir.searching.clauses import Row, TokenClause
from handrail.fhir.searching.query import Query
from handrail.record.search.bounds import CANDIDATES, limited, too_costly
from handrail.record.search.conditions import Asker, leading
from handrail.record.statements import rows

_COUNTED: Final = 10_000  # counted one by one before a count becomes an estimate


def exactly(query: Query, asker: Asker) -> int:
    """Return how many there are.

    Raises:
        TooCostlyError: the resources themselves would have to be read, and are too many.
    """
    with limited():
        return _counted(query, asker) if query.exact else _confirmed(query, asker)


def roughly(query: Query, asker: Asker) -> int:
    """Return how many there are; of more than 10,000 about as many as PostgreSQL expects."""
    if not query.exact:
        return exactly(query, asker)
    with limited():
        counted = _counted(query, asker, _COUNTED + 1)
        return counted if counted <= _COUNTED else max(counted, _expected(query, asker))


def _counted(query: Query, asker: Asker, most: int = 0) -> int:
    where = leading(query, asker, "c")
    text = f"SELECT FROM record_current c WHERE {where.text}"
    if most:
        text = f"{text} LIMIT {most:d}"
    counted: int = rows(f"SELECT count(*) FROM ({text}) c", where.parameters)[0][0]  # noqa: S608 - constants
    return counted


def _expected(query: Query, asker: Asker) -> int:
    """Return how many rows PostgreSQL expects, from its statistics of types and tokens."""
    text, parameters = (
        "c.org = %s AND c.resource_type = %s AND NOT c.deleted",
        [
            asker.org,
            query.resource_type,
        ],
    )
    values: list[Any] = list(parameters)
    for clause in query.clauses:
        if isinstance(clause, TokenClause) and not clause.negated:
            text += " AND c.tokens && %s::bigint[]"
            values.append(list(clause.any_of))
    plan = rows(f"EXPLAIN (FORMAT JSON) SELECT FROM record_current c WHERE {text}", values)
    read = plan[0][0] if isinstance(plan[0][0], list) else orjson.loads(plan[0][0])
    return int(read[0]["Plan"]["Plan Rows"])


def _confirmed(query: Query, asker: Asker) -> int:
    where = leading(query, asker, "c")
    found = rows(
        "SELECT c.id, c.updated_at, v.body FROM record_current c JOIN record_version v"  # noqa: S608 - constants
        f" USING (org, resource_type, id, version) WHERE {where.text} LIMIT {CANDIDATES + 1:d}",
        where.parameters,
    )
    if len(found) > CANDIDATES:
        raise too_costly(f"More than {CANDIDATES} resources would have to be read to count them.")
    return sum(
        query.confirms(Row(identity, at, orjson.loads(body))) for identity, at, body in found
    )
