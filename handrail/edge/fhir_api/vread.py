"""``GET [base]/[type]/[id]/_history/[vid]``: one version, as it was."""

from __future__ import annotations

from handrail.access.database import acting
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, about
from handrail.fhir.errors import NotFoundError
from handrail.record import store

_LONGEST = 9  # digits


def vread(request: Request) -> Response:
    """Answer with the text of one version."""
    kind, identity, _, version = request.path
    if not (version.isascii() and version.isdigit() and len(version) <= _LONGEST):
        raise NotFoundError(f"{kind}/{identity} has no such version; versions are whole numbers.")
    with acting(request.by, durable=False):
        stored = store.vread(f"{kind}/{identity}", int(version), by=request.by)
    return Response(200, stored.body, about(stored), stored)
