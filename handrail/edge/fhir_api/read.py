"""``GET [base]/[type]/[id]``: the current version (http://hl7.org/fhir/R4/http.html#read)."""

from __future__ import annotations

from handrail.edge.fhir_api import audit_events, provenances
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, about, etag
from handrail.record import store


def read(request: Request) -> Response:
    """Answer with the stored text, or 304 if the client has it."""
    kind, identity = request.path
    if kind == "Provenance" and provenances.is_ours(identity):
        return Response(200, provenances.read(identity, by=request.by))
    if kind == "AuditEvent" and identity.isdigit():
        return Response(200, audit_events.read(identity, by=request.by))
    stored = store.read(f"{kind}/{identity}", by=request.by)
    known = request.header("If-None-Match")
    if known and etag(stored.version) in (part.strip() for part in known.split(",")):
        return Response(304, headers=about(stored))
    return Response(200, stored.body, about(stored), stored)
