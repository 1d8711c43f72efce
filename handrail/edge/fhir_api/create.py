"""``POST [base]/[type]``: a new resource, with an id of ours.

``If-None-Exist`` makes it conditional (http://hl7.org/fhir/R4/http.html#ccreate). So does a search
in the address, which some clients write instead: taken for nothing, it would make duplicates.
"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from handrail.access.database import acting
from handrail.edge.fhir_api.conditions import matched
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response, location
from handrail.edge.fhir_api.writing import answer, resource_in, write
from handrail.record import store


def create(request: Request) -> Response:
    """Store what was sent, unless something fits the condition already."""
    kind = request.path[0]
    raw = resource_in(request, kind)
    condition = request.header("If-None-Exist") or _searched(request)
    if condition:
        return _unless_exists(request, raw, condition)
    stored, _ = write(request, raw, uuid4().hex, "create")
    return answer(request, 201, stored)


def _searched(request: Request) -> str:
    """Return the search in the address; empty when nothing is searched for."""
    return urlencode([pair for pair in request.pairs if not pair[0].startswith("_")])


def _unless_exists(request: Request, raw: bytes, condition: str) -> Response:
    with acting(request.by, durable=True):
        existing = matched(request.path[0], condition, by=request.by)
        if existing:
            found = store.read(existing, by=request.by)
            response = answer(request, 200, found)
            response.headers.append(location(request.base, found))
            return response
        stored, _ = write(request, raw, uuid4().hex, "create")
    return answer(request, 201, stored)
