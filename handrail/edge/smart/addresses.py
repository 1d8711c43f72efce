"""Our own addresses, as the client of a request knows them."""

from __future__ import annotations

from django.http import HttpRequest


def origin(request: HttpRequest) -> str:
    """Return the beginning of all our addresses, ``https://host``: also our name as an issuer.

    Raises:
        django.core.exceptions.DisallowedHost: the Host header does not name us.
    """
    return f"{request.scheme}://{request.get_host()}"


def fhir_base(request: HttpRequest) -> str:
    """Return the address of the FHIR API: what apps call ``iss`` and ``aud``."""
    return f"{origin(request)}/fhir"
