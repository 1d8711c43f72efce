"""``DELETE [base]/[type]/[id]``: marks the resource as deleted; its history is kept."""

from __future__ import annotations

from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, etag
from handrail.edge.fhir_api.writing import ORIGIN
from handrail.record import store
from handrail.record.stored import Draft


def delete(request: Request) -> Response:
    """Delete; what is deleted already is left as it is."""
    kind, identity = request.path
    reference = f"{kind}/{identity}"
    draft = Draft(delete=reference, if_match=request.version("If-Match"))
    done = store.commit([draft], by=request.by, reason="FHIR API: delete", origin=ORIGIN)
    return Response(204, headers=[("ETag", etag(done.stored[0].version))], stored=done.stored[0])
