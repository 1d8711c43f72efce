"""AuditEvent, made from the trail: for keys with the scope ``system/AuditEvent.rs``.

Search knows ``patient``, ``agent``, ``date`` (ge, gt, lt, le and single days) and ``_count``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handrail.access import audit, sealing
from handrail.access.audit_event import as_fhir
from handrail.access.decide import require
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal, Reach
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Pairs, Request
from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.fhir.errors import ForbiddenError, NotFoundError, UnsupportedError
from handrail.fhir.searching.times import interval
from handrail.record.bundles import Link, bundle, quoted

PAGE = 100
MOST = 1000
_LONGEST = 18  # digits
_KNOWN = ("patient", "agent", "date", "_count", "_cursor", "_format", "_pretty")


def read(identity: str, *, by: Principal) -> bytes:
    """Return one entry of the trail."""
    _require(by, "read")
    number = int(identity[:_LONGEST])
    found = audit.entries(_reader(by), audit.Question(before=number + 1, limit=1))
    if not found or found[0].id != number:
        raise NotFoundError(f"There is no AuditEvent/{number} that you may see.")
    return text.write(as_fhir(found[0]))


def search(request: Request, pairs: Pairs) -> Response:
    """Answer with entries of the trail, newest first."""
    _require(request.by, "search")
    pairs, before = _place(pairs)
    question = _question(pairs, before)
    entries = audit.entries(_reader(request.by), replace(question, limit=question.limit + 1))
    page, more = entries[: question.limit], len(entries) > question.limit
    links: list[Link] = [("self", f"{request.base}/AuditEvent")]
    if more:
        place = sealing.seal_place("AuditEvent", [pairs, page[-1].id])
        links.append(("next", f"{request.base}/AuditEvent?_cursor={place}"))
    return Response(200, bundle("searchset", [_entry(request, e) for e in page], links=links))


def _require(by: Principal, verb: str) -> None:
    """Refuse those who may not ask, and keys for single patients: the trail names others too."""
    require(by, verb, "AuditEvent")
    if by.reach is not Reach.ALL:
        raise ForbiddenError(
            "A key for single patients does not read the trail. Ask an administrator for a key with"
            " the scope system/AuditEvent.rs."
        )


def _place(pairs: Pairs) -> tuple[Pairs, int | None]:
    """Return what is searched for, and before which entry the page begins."""
    cursor = dict(pairs).get("_cursor")
    if not cursor:
        return pairs, None
    searched, before = sealing.place_in(cursor, "AuditEvent")
    return [(name, value) for name, value in searched], before


def _reader(by: Principal) -> Principal:
    """Return the principal without its scopes, which were asked already and know no actions."""
    return replace(by, scopes=None)


def _entry(request: Request, entry: AuditEntry) -> bytes:
    return b'{"fullUrl":%b,"resource":%b,"search":{"mode":"match"}}' % (
        quoted(f"{request.base}/AuditEvent/{entry.id}"),
        text.write(as_fhir(entry)),
    )


def _question(pairs: Pairs, before: int | None) -> audit.Question:
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
