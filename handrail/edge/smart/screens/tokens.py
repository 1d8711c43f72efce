"""The endpoints that apps call without a browser: tokens, what they are, and their end."""

from __future__ import annotations

from typing import Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from django.http import HttpRequest, HttpResponse

from handrail.edge.smart import limits
from handrail.edge.smart.asking import is_plain
from handrail.edge.smart.server import Server

_TOO_MANY: Final = 429
_FAILED: Final = frozenset({400, 401, 403})
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def called(request: HttpRequest, endpoint: str) -> HttpResponse:
    """Answer at an endpoint: token, revocation or introspection."""
    answer = _bounded(request, endpoint)
    return answer if endpoint == "introspection" else _open(answer)


def _bounded(request: HttpRequest, endpoint: str) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=_PREFLIGHT)
    address, app = str(request.META.get("REMOTE_ADDR", "")), _app(request)
    if seconds := limits.wait(address, app):
        headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
        text = '{"error": "temporarily_unavailable", "error_description": "Too many failures."}'
        return HttpResponse(text, "application/json", status=_TOO_MANY, headers=headers)
    answer = _answered(request, endpoint)
    if answer.status_code in _FAILED:
        limits.failed(address, app)
    return answer


def _answered(request: HttpRequest, endpoint: str) -> HttpResponse:
    server = Server(request)
    try:
        if not _is_whole(request):
            raise InvalidClientError(description="The Authorization header cannot be read.")
        if not is_plain(request.POST):
            raise InvalidRequestError("A parameter has characters that it cannot have.")
        if endpoint == "token":
            answer: HttpResponse = server.create_token_response(request)
        else:
            answer = server.create_endpoint_response(endpoint, request)
    except OAuth2Error as error:
        return server.refuse(error)
    return answer


def _app(request: HttpRequest) -> str:
    """Return which app says it is asking."""
    said = {"Authorization": _authorization(request)} if _is_whole(request) else {}
    name, _secret = extract_basic_authorization(said)
    return str(name or request.POST.get("client_id", ""))[:64]


def _is_whole(request: HttpRequest) -> bool:
    """Tell whether the Authorization header, if there is one, can be taken apart."""
    try:
        both = extract_basic_authorization({"Authorization": _authorization(request)})
    except ValueError:  # no scheme, no base64, or no text
        return False
    return all(one is None or (one.isascii() and one.isprintable()) for one in both)


def _authorization(request: HttpRequest) -> str:
    return str(request.headers.get("Authorization", ""))


def _open(answer: HttpResponse) -> HttpResponse:
    """Let scripts of apps that run in a browser read the answer; no cookie is ever looked at."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
