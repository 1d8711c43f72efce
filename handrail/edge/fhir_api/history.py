"""``_history`` of a resource, of a type, of everything: all versions, deletions included.

``_count``, ``_since``, ``_at`` and ``_sort`` (``-_lastUpdated``, the default, or ``_lastUpdated``)
are understood. Pages stay as they are while others write.

Source: http://hl7.org/fhir/R4/http.html#history.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from handrail.access import sealing
from handrail.access.database import acting
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, etag
from handrail.fhir import instants
from handrail.fhir.searching.times import Interval, interval
from handrail.record import store
from handrail.record.bundles import Link, bundle, quoted
from handrail.record.histories import Asked
from handrail.record.stored import Stored

PAGE = 50
MOST = 1000
_SORTS = {"": False, "-_lastUpdated": False, "_lastUpdated": True, "none": False}
_KEPT = ("_count", "_since", "_at", "_sort", "_summary", "_elements", "_format")


def history(request: Request) -> Response:
    """Answer with a page of versions."""
    asked = _asked(request)
    with acting(request.by, durable=False):
        page = store.past(asked, by=request.by)
    here = "/".join((request.base, *request.path))
    kept = [pair for pair in request.pairs if pair[0] in _KEPT]
    links: list[Link] = [("self", f"{here}?{urlencode(kept)}" if kept else here)]
    if page.after is not None:
        cursor = sealing.seal_place(_place_of(request), list(page.after))
        links.append(("next", f"{here}?{urlencode([*kept, ('_cursor', cursor)])}"))
    whole = asked.after is None and page.after is None and asked.limit > 0
    entries = [_entry(request.base, version) for version in page.versions]
    total = len(entries) if whole else None
    return Response(200, bundle("history", entries, links=links, total=total))


def _asked(request: Request) -> Asked:
    said = dict(request.pairs)
    kind, identity = (*request.path[:-1], "", "")[:2]
    sort = said.get("_sort", "")
    if sort not in _SORTS:
        raise BadRequestError("A history is sorted by _lastUpdated or -_lastUpdated.")
    cursor = said.get("_cursor", "")
    place = sealing.place_in(cursor, _place_of(request)) if cursor else None
    return Asked(
        resource_type=kind,
        id=identity,
        since=_instant(said["_since"]) if "_since" in said else None,
        at=_span(said["_at"]) if "_at" in said else None,
        after=(int(place[0]), int(place[1])) if place else None,
        oldest_first=_SORTS[sort],
        limit=_count(said.get("_count", "")),
    )


def _place_of(request: Request) -> str:
    """Return of what a place is a place; one of other pages is refused."""
    sort = next((value for name, value in request.pairs if name == "_sort"), "")
    return f"{'/'.join(request.path)} {_SORTS.get(sort, False)}"


def _count(asked: str) -> int:
    if not asked:
        return PAGE
    if not (asked.isascii() and asked.isdigit()):
        raise BadRequestError("_count is a whole number, 0 or more.")
    return min(int(asked[:9]), MOST)


def _span(asked: str) -> Interval:
    span = interval(asked.replace(" ", "+"))
    if span is None:
        raise BadRequestError("_at is a date or a time: 2026-11-20, 2026-11-20T09:00:00Z.")
    return span


def _instant(asked: str) -> datetime:
    try:
        return instants.asked(asked)
    except ValueError as error:
        raise BadRequestError("_since is an instant: 2026-11-20T09:00:00Z.") from error


def _entry(base: str, stored: Stored) -> bytes:
    address = quoted(f"{base}/{stored.reference}")
    method = b"DELETE" if stored.deleted else b"POST" if stored.version == 1 else b"PUT"
    status = b"204" if stored.deleted else b"201" if stored.version == 1 else b"200"
    resource = b"" if stored.deleted else b'"resource":%b,' % stored.body
    return (
        b'{"fullUrl":%b,%b"request":{"method":"%b","url":"%b"},"response":{"status":"%b",'
        b'"etag":%b,"lastModified":"%b"}}'
    ) % (
        address,
        resource,
        method,
        (stored.resource_type if method == b"POST" else stored.reference).encode(),
        status,
        quoted(etag(stored.version)),
        instants.written(stored.updated_at).encode(),
    )
