"""What create and update have in common: the body taken in, the change made, the answer given."""

from __future__ import annotations

from handrail.edge.fhir_api import outcomes
from handrail.edge.fhir_api.binaries import enveloped, is_content
from handrail.edge.fhir_api.errors import BadRequestError, UnsupportedMediaError
from handrail.edge.fhir_api.request import JSON, XML, Request, media_of
from handrail.edge.fhir_api.response import Response, about, location
from handrail.fhir.bundle import name_of
from handrail.fhir.errors import Fault, InvalidResourceError
from handrail.record import store
from handrail.record.prepare import submit
from handrail.record.stored import Draft, Stored

ORIGIN = "fhir-api"


def resource_in(request: Request, kind: str) -> bytes:
    """Return the text of the resource that was sent.

    Raises:
        UnsupportedMediaError: it is neither JSON nor XML.
        InvalidResourceError: it is not a resource.
        BadRequestError: it is of another type than the address says.
    """
    if is_content(request):
        return enveloped(request, "/".join(request.path[1:]))
    refuse_other_media(request)
    raw = request.read()
    if not raw.strip():
        raise InvalidResourceError(
            "The body is empty.", [Fault("", "The body is empty; send the resource.", "required")]
        )
    stated = name_of(raw).resource_type
    if stated != kind:
        raise BadRequestError(
            f"The address says {kind}, the body resourceType {stated[:60] or 'nothing'}."
            " They have to be the same."
        )
    return raw


def refuse_other_media(request: Request) -> None:
    """Refuse a body that says it is neither JSON nor XML."""
    kind = media_of(request.headers)
    if kind and kind not in JSON and kind not in XML:
        raise UnsupportedMediaError(
            "Send FHIR as JSON (Content-Type: application/fhir+json) or as XML"
            " (application/fhir+xml)."
        )


def write(
    request: Request, raw: bytes, identity: str, what: str, if_match: int | None = None
) -> tuple[Stored, bool]:
    """Store a resource under ``identity``.

    Returns:
        The version, and whether it is new; an unchanged resource makes no version.
    """
    submitted = submit(Draft(raw=raw, if_match=if_match), identity, new=what == "create")
    done = store.commit([submitted], by=request.by, reason=f"FHIR API: {what}", origin=ORIGIN)
    if done.unchanged:
        return store.read(done.unchanged[0], by=request.by), False
    return done.stored[0], True


def answer(request: Request, status: int, stored: Stored) -> Response:
    """Return the answer to a write, as ``Prefer: return=`` wants it."""
    headers = about(stored)
    if status == 201:  # noqa: PLR2004 - Created
        headers.append(location(request.base, stored))
    wanted = request.preferences.get("return", "minimal" if request.nested else "representation")
    done = f"{stored.reference} is stored as version {stored.version}."
    body = b"" if wanted == "minimal" else stored.body
    if wanted == "OperationOutcome":
        body = outcomes.said(done)
    return Response(status, body, headers, stored)
