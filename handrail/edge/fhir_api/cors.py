"""Which web pages of other origins may call the API from a browser: those in HANDRAIL_CORS.

Source: https://fetch.spec.whatwg.org/#http-cors-protocol. Nothing is said to any other origin, and
no page may send cookies along: callers show a token.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from handrail.edge.fhir_api.response import Headers

_HEADERS = (
    "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist,"
    " If-None-Match, Prefer, X-Requested-With"
)
_EXPOSED = "Content-Location, ETag, Last-Modified, Location, Retry-After, X-Progress"
_SECONDS = "600"  # how long a browser remembers


def allowing(environ: Mapping[str, object]) -> Headers:
    """Return the headers for the page that calls; none if it may not, or if no page does."""
    origin = str(environ.get("HTTP_ORIGIN", ""))
    if not origin or not settings.HANDRAIL_CORS:
        return []
    if origin not in settings.HANDRAIL_CORS:
        return [("Vary", "Origin")]
    headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    if environ.get("REQUEST_METHOD") != "OPTIONS":
        return [*headers, ("Access-Control-Expose-Headers", _EXPOSED)]
    return [
        *headers,
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("Access-Control-Allow-Headers", _HEADERS),
        ("Access-Control-Max-Age", _SECONDS),
    ]
