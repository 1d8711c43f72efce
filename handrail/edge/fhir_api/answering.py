"""From a request to its answer; a refusal becomes a status and an OperationOutcome."""

from __future__ import annotations

import psycopg
from django.db import DataError, IntegrityError

from handrail.access import audit
from handrail.access.bearer import TokenRefusedError
from handrail.edge.fhir_api import outcomes
from handrail.edge.fhir_api.errors import (
    MethodNotAllowedError,
    UnavailableError,
)
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Headers, Response
from handrail.edge.fhir_api.routing import Interaction, interaction
from handrail.edge.fhir_api.shaping import shaped
from handrail.fhir.errors import (
    CollidedError,
    ForbiddenError,
    HandrailError,
    InvalidResourceError,
    SignInRequiredError,
)

RETRY_AFTER = "5"  # seconds
_COLLIDED = (psycopg.IntegrityError, IntegrityError)
_UNSTORABLE = (psycopg.DataError, DataError)


def answer(request: Request) -> Response:
    """Return the answer of the interaction that is asked for."""
    try:
        response = run(interaction(request), request)
        return shaped(request, response) if request.pairs or request.understood else response
    except HandrailError as error:
        return refuse(request, error)


def run(asked: Interaction, request: Request) -> Response:
    """Run an interaction; what the database refuses becomes an error of the house."""
    try:
        return asked(request)
    except _COLLIDED as error:
        raise CollidedError(
            "Somebody else stored the same resource at the same moment. Read it and try again."
        ) from error
    except _UNSTORABLE as error:
        raise InvalidResourceError(
            "Something in this request cannot be stored. Look for characters that are no text."
        ) from error


def refuse(request: Request, error: HandrailError) -> Response:
    """Return the answer to what was refused; a refusal for lack of rights is written down."""
    if isinstance(error, ForbiddenError):
        what = f"{request.method.lower()[:10]} {request.path[0] if request.path else 'Bundle'}"
        audit.refused(request.by, what, detail=error.code)
    return refusal(error)


def refusal(error: HandrailError) -> Response:
    """Return an error as an answer."""
    said = outcomes.outcome(error)
    return Response(error.status, said, _headers(error), outcome=said)


def _headers(error: HandrailError) -> Headers:
    if isinstance(error, SignInRequiredError):
        refused = ', error="invalid_token"' if isinstance(error, TokenRefusedError) else ""
        return [("WWW-Authenticate", f'Bearer realm="Handrail FHIR API"{refused}')]
    if isinstance(error, MethodNotAllowedError):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, UnavailableError):
        return [("Retry-After", RETRY_AFTER)]
    return []
