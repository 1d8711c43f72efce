"""``DELETE [base]/[type]/[id]`` and ``[type]?query``: marked as deleted; the history is kept.

Deleting what is not there, or was deleted before, changes nothing and is answered as done. A query
that fits several resources deletes none of them (412).

Source: http://hl7.org/fhir/R4/http.html#delete and #3.1.0.7.1.
"""

from __future__ import annotations

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.edge.fhir_api import outcomes
from handrail.edge.fhir_api.conditions import matched
from handrail.edge.fhir_api.criteria import condition_in
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, etag
from handrail.edge.fhir_api.writing import ORIGIN
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.record import store
from handrail.record.stored import Draft


def delete(request: Request) -> Response:
    """Delete; what is deleted already is left as it is."""
    return _deleted(request, "/".join(request.path))


def delete_where(request: Request) -> Response:
    """Delete the one resource that fits the query, if one does."""
    kind = request.path[0]
    require(request.by, "delete", kind)
    with acting(request.by, durable=True):
        found = matched(kind, condition_in(request.pairs), by=request.by)
        if found:
            return _deleted(request, found)
    return _done(request, f"No {kind} fits the condition; nothing was deleted.")


def _deleted(request: Request, reference: str) -> Response:
    if_match = request.version("If-Match")
    draft = Draft(delete=reference, if_match=if_match)
    try:
        done = store.commit([draft], by=request.by, reason="FHIR API: delete", origin=ORIGIN)
    except NotFoundError as error:
        require(request.by, "delete", reference.partition("/")[0])
        if if_match is not None:
            raise VersionConflictError(
                f"{reference} is not there (any more), so it has no version {if_match}."
            ) from error
        return _done(request, f"{reference} is not there; nothing was deleted.")
    stored = done.stored[0]
    response = _done(request, f"{reference} is deleted; its history is kept.")
    response.headers.append(("ETag", etag(stored.version)))
    response.stored = stored
    return response


def _done(request: Request, said: str) -> Response:
    if request.preferences.get("return") == "OperationOutcome":
        return Response(200, outcomes.said(said))
    return Response(204)
