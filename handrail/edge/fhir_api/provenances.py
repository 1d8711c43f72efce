"""Provenance, made from the transactions that the record keeps: ``Provenance/tx-17``."""

from __future__ import annotations

from datetime import datetime

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.edge.fhir_api.bundles import Link, bundle, found
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Pairs, Request, is_id
from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.fhir.errors import NotFoundError
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.stored import Stored

_PREFIX = "tx-"
_LONGEST = 18  # digits


def is_ours(identity: str) -> bool:
    """Tell whether this is the id of a Provenance that the record makes."""
    number = identity.removeprefix(_PREFIX)
    ours = identity.startswith(_PREFIX) and number.isascii() and number.isdigit()
    return ours and len(number) <= _LONGEST


def read(identity: str, *, by: Principal) -> bytes:
    """Return the Provenance of a transaction."""
    require(by, "read", "Provenance")
    with acting(by, durable=False):
        return text.write(store.provenance(int(identity.removeprefix(_PREFIX)), by=by))


def search(request: Request, pairs: Pairs) -> Response:
    """Answer ``target=Type/id`` and ``_id`` with what the record knows; else as any other type."""
    require(request.by, "search", "Provenance")
    asked = dict(pairs)
    entries: list[Stored] = []
    with acting(request.by, durable=False):
        if target := asked.get("target"):
            entries += _about(target, request.by)
        elif is_ours(asked.get("_id", "")):
            entries += _one(asked["_id"], request.by)
        query = parse("Provenance", pairs, strict=request.strict)
        entries += store.search(query, by=request.by).entries
    links: list[Link] = [("self", f"{request.base}/Provenance")]
    shown = [found(request.base, stored, "match") for stored in entries]
    return Response(200, bundle("searchset", shown, links=links, total=len(entries)))


def _one(identity: str, by: Principal) -> list[Stored]:
    try:
        made = store.provenance(int(identity.removeprefix(_PREFIX)), by=by)
    except NotFoundError:
        return []
    at = datetime.fromisoformat(made["recorded"])
    return [Stored("Provenance", identity, 1, text.write(made), at)]


def _about(target: str, by: Principal) -> list[Stored]:
    kind, _, identity = target.partition("/")
    if not is_id(identity) or not kind.isalpha():
        raise BadRequestError("target is written as Type/id.")
    try:
        versions = store.history(target, by=by)
    except NotFoundError:
        return []
    made: list[Stored] = []
    for number, at in {version.transaction: version.updated_at for version in versions}.items():
        provenance = store.provenance(number, by=by, only={target})
        made.append(Stored("Provenance", f"{_PREFIX}{number}", 1, text.write(provenance), at))
    return made
