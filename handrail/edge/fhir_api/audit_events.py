"""AuditEvent, made from the trail: for keys with the scope ``system/AuditEvent.rs``.

Search knows ``patient``, ``agent``, ``date`` (ge, gt, lt, le and single days) and ``_count``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handrail.access import audit
from handrail.access.audit_event import as_fhir
from handrail.access.decide import require
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal
from handrail.edge.fhir_api import sealing
from handrail.edge.fhir_api.bundles import Link, bundle, quoted
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Pairs, Request
from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.fhir.errors import NotFoundError, UnsupportedError
from handrail.fhir.searching.times import interval

PAGE = 100
MOST = 1000
_LONGEST = 18  # digits
_KNOWN = ("patient", "agent", "date", "_count", "_cursor", "_format", "_pretty")


def read(identity: str, *, by: Principal) -> bytes:
    """Return one entry of the trail."""
    require(by, "read", "AuditEvent")
    number = int(identity[:_LONGEST])
    found = audit.entries(_reader(by), audit.Question(before=number + 1, limit=1))
    if not found or found[0].id != number:
        raise NotFoundError(f"There is no AuditEvent/{number} that you may see.")
    return text.write(as_fhir(found[0]))


def search(request: Request, pairs: Pairs) -> Response:
    """Answer with entries of the trail, newest first."""
    require(request.by, "search", "AuditEvent")
    question = _question(pairs)
    entries = audit.entries(_reader(request.by), replace(question, limit=question.limit + 1))
    page, more = entries[: question.limit], len(entries) > question.limit
    links: list[Link] = [("self", f"{request.base}/AuditEvent")]
    if more:
        note = text.write({"pairs": [p for p in pairs if p[0] != "_cursor"], "before": page[-1].id})
        links.append(("next", f"{request.base}/AuditEvent?_cursor={sealing.seal(note)}"))
    return Response(200, bundle("searchset", [_entry(request, e) for e in page], links=links))


def _reader(by: Principal) -> Principal:
    """Return the principal without its scopes, which were asked already and know no actions."""
    return replace(by, scopes=None)


def _entry(request: Request, entry: AuditEntry) -> bytes:
    return b'{"fullUrl":%b,"resource":%b,"search":{"mode":"match"}}' % (
        quoted(f"{request.base}/AuditEvent/{entry.id}"),
        text.write(as_fhir(entry)),
    )


def _question(pairs: Pairs) -> audit.Question:
    before: int | None = None
    if cursor := dict(pairs).get("_cursor"):
        note = text.parse(sealing.unseal(cursor))
        pairs, before = [(name, value) for name, value in note["pairs"]], note["before"]
    since, until, asked = None, None, dict(pairs)
    for name, value in pairs:
        if name not in _KNOWN:
            raise UnsupportedError(f"AuditEvent is searched by {', '.join(_KNOWN[:3])}.")
        if name == "date":
            low, high = _dates(value)
            since, until = low or since, high or until
    return audit.Question(
        patient=asked.get("patient", "").removeprefix("Patient/"),
        person=asked.get("agent", ""),
        since=since,
        until=until,
        before=before,
        limit=_count(asked.get("_count", "")),
    )


def _count(asked: str) -> int:
    if asked and not (asked.isascii() and asked.isdigit()):
        raise BadRequestError("_count is a whole number.")
    return min(max(int(asked[:9] or PAGE), 1), MOST)


def _dates(asked: str) -> tuple[datetime | None, datetime | None]:
    """Return (from, before) of a date with its prefix."""
    prefix, written = (asked[:2], asked[2:]) if asked[:1].isalpha() else ("eq", asked)
    span = interval(written)
    if span is None or prefix not in ("eq", "ge", "gt", "le", "lt"):
        raise BadRequestError("date is written as ge2026-11-01, lt2026-12-01 or 2026-11-20.")
    low, high = span
    limits: dict[str, tuple[datetime | None, datetime | None]] = {
        "eq": (low, high),
        "ge": (low, None),
        "gt": (high, None),
        "le": (None, high),
        "lt": (None, low),
    }
    return limits[prefix]
