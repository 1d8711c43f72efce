"""Answers a parsed search from the search rows: one statement for a page, one for each include.

Texts always come from ``record_version``, which row-level security guards.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import psycopg

from handrail.access import audit, narrowing
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, Reach
from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    EitherClause,
    FactClause,
    HasClause,
    Row,
)
from handrail.fhir.searching.query import Query
from handrail.fhir.searching.resolving import resolve
from handrail.record.search import counting, often
from handrail.record.search.at_once import at_once, is_simple
from handrail.record.search.bounds import (
    CANDIDATES,
    MOST,
    PAGE,
    SECONDS,
    limited,
    too_costly,
)
from handrail.record.search.conditions import Asker
from handrail.record.search.facts import Known
from handrail.record.search.includes import included
from handrail.record.search.pages import Got, Wanted, page
from handrail.record.search.places import order_of, place
from handrail.record.search.snapshot import since
from handrail.record.search.sorting import sorted_page
from handrail.record.search.ways import ways
from handrail.record.stored import Stored

After = dict[str, Any]
"""Where a page ended, as JSON: opaque to everybody but this module."""
_BATCH: Final = 500  # candidates that are read at once


@dataclass
class Found:
    """A page of a search. ``after`` leads to the next one; None: this was the last.

    ``cut``: more should have been included than is.
    """

    entries: list[Stored] = field(default_factory=list)
    included: list[Stored] = field(default_factory=list)
    total: int | None = None
    after: After | None = None
    cut: bool = False


def search(
    query: Query, *, by: Principal, after: After | None = None, durable: bool | None = None
) -> Found:
    """Return a page of what ``query`` asks for and ``by`` may see.

    ``durable`` is as in :func:`handrail.access.database.acting`.

    Raises:
        ForbiddenError: ``by`` may not search this type, or one that a chain goes through.
        TooCostlyError: it would have to look at too much; the message says how to ask better.
        SearchAgainError: too much changed since the first page.
    """
    for resource_type in types_of(query):
        require(by, "search", resource_type)
    if after is None and is_simple(query, by):
        quick = _at_once(query, by)
        if quick is not None:
            return quick
    with acting(by, durable=durable):
        try:
            found = _search(query, by, after)
        except psycopg.errors.QueryCanceled as error:
            raise too_costly(f"This search took longer than {SECONDS} seconds.") from error
        patients = [stored.patient for stored in (*found.entries, *found.included)]
        audit.saw_many(by, f"search {query.resource_type}", patients)
        return found


def _at_once(query: Query, by: Principal) -> Found | None:
    """Return the first page if the first way leads there; None: look at it at leisure."""
    query = narrowing.narrowed(query, by)
    if not query.exact or not all(map(_is_answered, query.clauses)):
        return None
    asker = Asker(by.org, guarded=False)
    size = _size(query)
    if not size:
        return None
    wanted = Wanted(by.org, query.resource_type, order_of(query), None, size + 1)
    if often.is_common(often.key(query, by.org, wanted.order)):
        return None
    got = at_once(next(ways(query, asker, wanted.order)), wanted, by)
    if got.over:
        often.remember(often.key(query, by.org, wanted.order))
        return None
    found = _shown(got, size, got.link)
    if found.after is None:
        found.total = len(found.entries)
    else:
        found.after["total"] = None
    return found


def _is_answered(clause: Clause) -> bool:
    """Tell whether nothing has to be looked up before this can be asked."""
    if isinstance(clause, ChainClause):
        return all(_is_settled(one) for one in clause.to)
    if isinstance(clause, HasClause):
        return _is_settled(clause.by)
    return _is_plain(clause)


def _is_settled(query: Query) -> bool:
    return query.exact and all(map(_is_answered, query.clauses))


def _size(query: Query) -> int:
    return min(PAGE if query.count is None else query.count, MOST)


def types_of(query: Query) -> set[str]:
    """Return the types that a search asks about, in chains too."""
    return {query.resource_type}.union(*map(_types, query.clauses))


def _types(clause: Clause) -> set[str]:
    if isinstance(clause, ChainClause):
        return set().union(*map(types_of, clause.to))
    if isinstance(clause, HasClause):
        return types_of(clause.by)
    if isinstance(clause, EitherClause):
        return set().union(*(_types(one) for group in clause.any_of for one in group))
    return set()


def _search(query: Query, by: Principal, after: After | None) -> Found:
    asker = Asker(by.org, by.reach is not Reach.ALL)
    query = narrowing.narrowed(query, by)
    if not all(map(_is_plain, query.clauses)):
        query = resolve(query, Known(by, asker))
    if query.summary == "count" or query.count == 0:
        return Found(total=counting.exactly(query, asker))
    found = _page(query, asker, after)
    found.included, found.cut = included(query, found.entries, by)
    _add_total(found, query, asker, after)
    return found


def _is_plain(clause: Clause) -> bool:
    return not isinstance(clause, FactClause | ChainClause | HasClause | EitherClause)


def _add_total(found: Found, query: Query, asker: Asker, after: After | None) -> None:
    if after is not None and not after.get("begins"):
        found.total = after.get("total")
    elif found.after is None:
        found.total = len(found.entries)
    elif query.total == "accurate":
        found.total = counting.exactly(query, asker)
    elif query.total == "estimate":
        found.total = counting.roughly(query, asker)
    if found.after is not None:
        found.after["total"] = found.total


def _page(query: Query, asker: Asker, after: After | None) -> Found:
    size = _size(query)
    if any(one.column == "values" for one in query.sort):
        with limited():
            entries, place_after = sorted_page(query, asker, after, size)
        return Found(entries, after=place_after)
    wanted = Wanted(asker.org, query.resource_type, order_of(query), None, size + 1)
    link = None
    if after is not None:
        wanted.after, link = after.get("place"), after["link"]
        wanted.since = since(link, query, asker)
    if query.exact:
        return _exact(query, asker, wanted, link)
    with limited():
        return _confirmed(query, asker, wanted, link)


def _exact(query: Query, asker: Asker, wanted: Wanted, link: int | None) -> Found:
    got = tried(query, asker, wanted)
    return _shown(got, wanted.limit - 1, link or got.link)


def _shown(got: Got, size: int, link: int) -> Found:
    found = Found([stored for stored, _ in got.rows[:size]])
    if len(got.rows) > size:
        found.after = {"place": place(got.rows[size - 1][1]), "link": link}
    return found


def _confirmed(query: Query, asker: Asker, wanted: Wanted, link: int | None) -> Found:
    """Fill a page from candidates: the resource itself decides.

    A page may be short and lead on, where only few of many candidates fit.
    """
    size, looked, found, first = wanted.limit - 1, 0, Found(), wanted.after is None
    wanted.limit = max(wanted.limit, _BATCH)
    while True:
        got = tried(query, asker, wanted)
        link = link or got.link
        looked += len(got.rows)
        for stored, keys in got.rows:
            if query.confirms(Row(stored.id, stored.updated_at, orjson.loads(stored.body))):
                found.entries.append(stored)
                wanted.after = place(keys)
                if len(found.entries) == size:
                    found.after = {"place": wanted.after, "link": link}
                    return found
        if len(got.rows) < wanted.limit:
            return found
        wanted.after = place(got.rows[-1][1])
        if looked >= CANDIDATES:
            if first and not found.entries:
                raise too_costly(f"More than {CANDIDATES} resources would have to be read.")
            found.after = {"place": wanted.after, "link": link}
            return found


def tried(query: Query, asker: Asker, wanted: Wanted) -> Got:
    """Return the page by the first way that leads to all of it.

    Raises:
        TooCostlyError: none does.
    """
    key = often.key(query, asker.org, wanted.order)
    known = often.is_common(key)
    for number, way in enumerate(ways(query, asker, wanted.order)):
        if known and not number:
            continue
        with limited() if number else nullcontext():
            got = page(way, wanted)
        if not got.over:
            if number > known + 1:
                often.forget(key)
            return got
        if not number:
            often.remember(key)
    if known:  # it may have become rarer: the way that was passed over is tried next time
        often.forget(key)
    raise too_costly("This search would have to look at too much.")
