"""The web application: ``/fhir`` goes to the lean FHIR function, everything else to Django."""

from __future__ import annotations

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handrail.site.settings")
_pages = get_wsgi_application()

from handrail.edge.fhir_api.wsgi import application as _fhir  # noqa: E402 - Django is set up first

_DISCOVERY = "/fhir/.well-known/"  # what apps look up before they ask for data


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request."""
    path = environ["PATH_INFO"]
    if path == "/fhir" or (path.startswith("/fhir/") and not path.startswith(_DISCOVERY)):
        return _fhir(environ, start_response)
    return _pages(environ, start_response)
