"""``GET [base]/[type]/[id]``: the current version (http://hl7.org/fhir/R4/http.html#read)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from handrail.edge.fhir_api import audit_events, binaries, provenances
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, about, etag
from handrail.record import store
from handrail.record.stored import Stored


def read(request: Request) -> Response:
    """Answer with the stored text, or 304 if the client has it."""
    kind, identity = request.path
    if kind == "Provenance" and provenances.is_ours(identity):
        return Response(200, provenances.read(identity, by=request.by))
    if kind == "AuditEvent" and identity.isdigit():
        return Response(200, audit_events.read(identity, by=request.by))
    stored = store.read(f"{kind}/{identity}", by=request.by)
    if is_known(request, stored):
        return Response(304, headers=about(stored))
    if kind == "Binary" and (said := binaries.content(request, stored)):
        return said
    return Response(200, stored.body, about(stored), stored)


def is_known(request: Request, stored: Stored) -> bool:
    """Tell whether the client has this version already; ``If-None-Match`` goes first."""
    if known := request.header("If-None-Match"):
        tags = [part.strip() for part in known.split(",")]
        return "*" in tags or etag(stored.version) in tags or f'"{stored.version}"' in tags
    if since := request.header("If-Modified-Since"):
        return not is_after(stored.updated_at, since)
    return False


def is_after(at: datetime, since: str) -> bool:
    """Tell whether an instant is after an HTTP date, which has no parts of a second.

    A date that cannot be read counts as none (RFC 9110, 13.1.3).
    """
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return True
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return at.replace(microsecond=0) > moment
