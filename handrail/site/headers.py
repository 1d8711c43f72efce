"""The headers every page carries: a strict content security policy, and nothing kept in caches."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


class HeadersMiddleware:
    """Adds the headers a response does not set itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers. A page may say where else its forms lead to (``leads_to``)."""
        response = self.get_response(request)
        if sources := getattr(response, "leads_to", ()):
            wider = POLICY.replace("form-action 'self'", f"form-action 'self' {' '.join(sources)}")
            response.headers["Content-Security-Policy"] = wider
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
