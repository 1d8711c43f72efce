"""``GET [base]/[type]/[id]/_history``: all versions, newest first, deletions included.

Source: http://hl7.org/fhir/R4/http.html#history. ``_count`` and ``_since`` are understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from handrail.access.database import acting
from handrail.edge.fhir_api import sealing
from handrail.edge.fhir_api.bundles import Link, bundle, quoted
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, etag, instant
from handrail.record import store
from handrail.record.stored import Stored

PAGE = 50
MOST = 1000


def history(request: Request) -> Response:
    """Answer with a page of versions."""
    kind, identity, _ = request.path
    asked = dict(request.pairs)
    size, below = _count(asked.get("_count", "")), _cursor(asked.get("_cursor", ""))
    with acting(request.by, durable=False):
        versions = store.history(f"{kind}/{identity}", by=request.by)
    if since := asked.get("_since"):
        moment = _instant(since)
        versions = [version for version in versions if version.updated_at >= moment]
    page = [version for version in versions if below is None or version.version < below]
    here = f"{request.base}/{kind}/{identity}/_history"
    links: list[Link] = [("self", here)]
    if len(page) > size > 0:
        kept = f"_count={size}" + (f"&_since={since.replace('+', '%2B')}" if since else "")
        cursor = sealing.seal_place("_history", page[size - 1].version)
        links.append(("next", f"{here}?{kept}&_cursor={cursor}"))
    entries = _entries(request.base, page[:size])
    return Response(200, bundle("history", entries, links=links, total=len(versions)))


def _count(asked: str) -> int:
    if not asked:
        return PAGE
    if not (asked.isascii() and asked.isdigit()):
        raise BadRequestError("_count is a whole number, 0 or more.")
    return min(int(asked[:9]), MOST)


def _cursor(asked: str) -> int | None:
    return int(sealing.place_in(asked, "_history")) if asked else None


def _instant(asked: str) -> datetime:
    try:
        moment = datetime.fromisoformat(asked.replace(" ", "+"))
    except ValueError as error:
        raise BadRequestError("_since is an instant: 2026-11-20T09:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _entries(base: str, versions: Sequence[Stored]) -> list[bytes]:
    return [_entry(base, version) for version in versions]


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
        instant(stored.updated_at).encode(),
    )
