"""Searches over several types at once: one type after the other, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handrail.access.database import acting
from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.fhir.searching.query import Query
from handrail.record.search.bounds import MOST, PAGE
from handrail.record.search.execute import After, Found, search
from handrail.record.statements import rows


def search_several(queries: Sequence[Query], *, by: Principal, after: After | None = None) -> Found:
    """Return a page of what these searches, one for each type, find together.

    Entries come type by type in the order of ``queries``; ``_count`` is that of the first one.
    """
    page = Found(total=after.get("total") if after else None)
    begin, inner = (after["type"], after["inner"]) if after and "type" in after else (0, None)
    size = min(PAGE if queries[0].count is None else queries[0].count, MOST) if queries else 0
    with acting(by):
        if after is None and _wants_total(queries):
            page.total = sum(_total(query, by) for query in queries)
        if not size or (queries and queries[0].summary == "count"):
            return page
        for number in range(begin, len(queries)):
            room = size - len(page.entries)
            if room == 0:
                page.after = {"type": number, "inner": None, "total": page.total}
                return page
            found = search(replace(queries[number], count=room, total="none"), by=by, after=inner)
            page.entries += found.entries
            page.included += found.included
            page.cut = page.cut or found.cut
            inner = None
            if found.after is not None:
                page.after = {"type": number, "inner": found.after, "total": page.total}
                return page
    if after is None:
        page.total = len(page.entries)
    return page


def _wants_total(queries: Sequence[Query]) -> bool:
    return any(one.total in {"accurate", "estimate"} or one.summary == "count" for one in queries)


def _total(query: Query, by: Principal) -> int:
    return search(replace(query, summary="count"), by=by).total or 0


def kinds(by: Principal, patient: str = "") -> list[str]:
    """Return the types that there are, of one patient or at all, and that ``by`` may search."""
    about = " AND patient = %(patient)s" if patient else ""
    with acting(by):
        found = rows(
            "WITH RECURSIVE kinds(kind) AS (SELECT min(resource_type) FROM record_current"  # noqa: S608 - constants
            f" WHERE org = %(org)s{about} UNION ALL SELECT (SELECT min(resource_type)"
            f" FROM record_current WHERE org = %(org)s{about} AND resource_type > kind)"
            " FROM kinds WHERE kind IS NOT NULL) SELECT kind FROM kinds WHERE kind IS NOT NULL",
            {"org": by.org, "patient": patient},
        )
    return [kind for (kind,) in found if allows(by, "search", kind)]
