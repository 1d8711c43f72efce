"""The WSGI function for ``/fhir``.

It stands beside Django in the same process, without its request machinery, and uses the same
database connections.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIEnvironment

from handrail.access import bearer
from handrail.access.audit import client_address
from handrail.access.principal import Principal
from handrail.edge.fhir_api import connecting, cors
from handrail.edge.fhir_api.answering import answer, refusal, refuse, run
from handrail.edge.fhir_api.binaries import may_be_content
from handrail.edge.fhir_api.errors import BadRequestError, UnavailableError
from handrail.edge.fhir_api.formats import presented, received
from handrail.edge.fhir_api.metadata import metadata
from handrail.edge.fhir_api.openapi import openapi
from handrail.edge.fhir_api.operating import is_operation
from handrail.edge.fhir_api.request import Request, accept, base, pairs_of, path_of
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.routing import allowed
from handrail.edge.fhir_api.transaction import transaction
from handrail.fhir.errors import HandrailError, SignInRequiredError

log = logging.getLogger(__name__)
_UNKNOWN = Principal(org=0, person="", name="")
_PUBLIC: Mapping[tuple[str, ...], Callable[[str], Response]] = {
    ("metadata",): metadata,
    ("openapi.json",): openapi,
}
_READING = ("GET", "HEAD")
_NO_KEY = (
    "The FHIR API needs a key: send Authorization: Bearer hr_…. An administrator makes one with"
    " 'handrail key add' or in the settings."
)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request under ``/fhir``. Never raises."""
    method = environ["REQUEST_METHOD"]
    pretty = "_pretty=true" in environ.get("QUERY_STRING", "")
    try:
        response = _respond(environ)
    except HandrailError as error:
        response = refusal(error)
    except connecting.LOST as error:
        connecting.drop()
        log.warning("The FHIR API could not reach the database: %s", type(error).__name__)
        response = refusal(
            UnavailableError(
                "The database does not answer just now. Try again in a few seconds; a change"
                " that was under way may or may not be stored, so read before you repeat it."
            )
        )
    except Exception as error:  # noqa: BLE001 - the last line: no client sees a stack trace
        response = _failed(error)
    response = presented(environ, response)
    if "HTTP_ORIGIN" in environ:
        response.headers = [*response.headers, *cors.allowing(environ)]
    headers, body = response.wire(method, pretty=pretty)
    start_response(response.line, headers)
    return body


def _respond(environ: WSGIEnvironment) -> Response:
    request = _request(environ)
    if request.path in _PUBLIC and request.method in _READING:
        accept(environ, request.pairs)
        return _PUBLIC[request.path](request.base)
    if request.method == "OPTIONS":
        return Response(204, headers=[("Allow", ", ".join(_allowed(request.path)))])
    client_address.set(environ.get("REMOTE_ADDR", ""))
    connecting.ready(sure=request.method not in _READING)
    try:
        return _answered(environ, request)
    except connecting.LOST:
        if request.method not in _READING:
            raise
        connecting.drop()
        connecting.ready(sure=True)
        return _answered(environ, request)


def _request(environ: WSGIEnvironment) -> Request:
    try:
        path = path_of(environ)
    except UnicodeError as error:
        raise BadRequestError("The address is not UTF-8.") from error
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        pairs=pairs_of(environ.get("QUERY_STRING", "")),
        headers=environ,
        base=base(environ),
        by=_UNKNOWN,
        read=lambda: received(environ),
    )


def _answered(environ: WSGIEnvironment, request: Request) -> Response:
    request.by = _principal(environ)
    if not (is_operation(request.path) or may_be_content(request)):  # they answer with more
        accept(environ, request.pairs)
    if request.path or request.method != "POST":
        return answer(request)
    try:
        return run(transaction, request)
    except HandrailError as error:
        return refuse(request, error)


def _principal(environ: WSGIEnvironment) -> Principal:
    scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise SignInRequiredError(_NO_KEY)
    return bearer.authenticate(secret.strip())


def _allowed(path: tuple[str, ...]) -> tuple[str, ...]:
    return ("GET", "HEAD", "OPTIONS") if path in _PUBLIC else allowed(path)


def _failed(error: Exception) -> Response:
    """Return the answer to a fault of our own. The log gets where it was, never what was said."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("The FHIR API failed with %s:\n%s", type(error).__name__, where)
    fault = HandrailError("Something failed here, and nothing was stored. It was written down.")
    response = refusal(fault)
    response.status = 500
    return response
