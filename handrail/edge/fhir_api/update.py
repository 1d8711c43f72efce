"""``PUT [base]/[type]/[id]``: a new version, or the first one under the client's id.

``If-Match`` refuses what somebody else changed meanwhile; ``If-None-Match: *`` only creates.
``PUT [base]/[type]?query`` updates the one resource that fits, or creates it.
"""

from __future__ import annotations

from uuid import uuid4

from handrail.access.database import acting
from handrail.edge.fhir_api import provenances
from handrail.edge.fhir_api.conditions import matched
from handrail.edge.fhir_api.criteria import condition_in
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.writing import answer, resource_in, write
from handrail.fhir.bundle import name_of


def update(request: Request) -> Response:
    """Store what was sent under the id in the address."""
    kind, identity = request.path
    raw = resource_in(request, kind)
    refuse_other_id(identity, name_of(raw).id)
    return _put(request, raw, identity)


def update_where(request: Request) -> Response:
    """Store what was sent as the one resource that fits the query."""
    kind = request.path[0]
    raw = resource_in(request, kind)
    stated = name_of(raw).id
    query = condition_in(request.pairs)
    with acting(request.by, durable=True):
        existing = matched(kind, query, by=request.by).partition("/")[2]
        if existing and stated:
            refuse_other_id(existing, stated)
        return _put(request, raw, existing or stated or uuid4().hex)


def refuse_other_id(identity: str, stated: str) -> None:
    """Refuse a resource whose id is not the one it is to be stored under."""
    if stated != identity:
        raise BadRequestError(
            "The resource needs the id that the address has. Write it into the resource."
            if not stated
            else "The id in the resource is not the one in the address. Make them the same."
        )


def refuse_ours(kind: str, identity: str) -> None:
    """Refuse an id under which the record itself answers."""
    made = kind == "Provenance" and provenances.is_ours(identity)
    if made or (kind == "AuditEvent" and identity.isdigit()):
        raise BadRequestError(f"{kind}/{identity} is made by the record; choose another id.")


def _put(request: Request, raw: bytes, identity: str) -> Response:
    refuse_ours(request.path[0], identity)
    if_match = request.version("If-Match")
    if if_match is None and request.header("If-None-Match").strip() == "*":
        if_match = 0
    stored, new = write(request, raw, identity, "update", if_match)
    return answer(request, 201 if new and stored.version == 1 else 200, stored)
