"""Our own addresses, as the client of a request knows them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def origin(request: HttpRequest) -> str:
    """Return the beginning of all our addresses, ``https://host``: also our name as an issuer.

    Raises:
        django.core.exceptions.DisallowedHost: the Host header does not name us.
    """
    return f"{request.scheme}://{request.get_host()}"


def fhir_base(request: HttpRequest) -> str:
    """Return the address of the FHIR API: what apps call ``iss`` and ``aud``."""
    return f"{origin(request)}/fhir"


def leading_to(answer: HttpResponse, *sources: str) -> HttpResponse:
    """Allow the forms of a page to lead to these addresses, and nothing else besides ours."""
    answer.leads_to = sources  # type: ignore[attr-defined] # the middleware of the headers reads it
    return answer
