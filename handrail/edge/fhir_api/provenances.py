"""Provenance, made from the transactions that the record keeps: ``Provenance/tx-17``."""

from __future__ import annotations

from datetime import datetime

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Pairs, is_id
from handrail.fhir import text
from handrail.fhir.errors import NotFoundError
from handrail.record import store
from handrail.record.provenance import provenances
from handrail.record.stored import Stored

_PREFIX = "tx-"
_LONGEST = 18  # digits
MOST_TARGETS = 50


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


def ours(pairs: Pairs, *, by: Principal) -> list[Stored]:
    """Return what the record itself knows for ``target=Type/id,…`` or ``_id=tx-17,…``.

    Raises:
        BadRequestError: a target is not written as Type/id.
    """
    asked = {name: value.split(",") for name, value in pairs}
    made: dict[str, Stored] = {}
    with acting(by, durable=False):
        for target in asked.get("target", ())[:MOST_TARGETS]:
            made |= {one.id: one for one in _about(target, by)}
        if "target" not in asked:
            for identity in asked.get("_id", ())[:MOST_TARGETS]:
                made |= {one.id: one for one in _one(identity, by)}
    wanted = asked.get("_id", ())
    return [one for one in made.values() if not wanted or one.id in wanted]


def _one(identity: str, by: Principal) -> list[Stored]:
    if not is_ours(identity):
        return []
    try:
        made = store.provenance(int(identity.removeprefix(_PREFIX)), by=by)
    except NotFoundError:
        return []
    at = datetime.fromisoformat(made["recorded"])
    return [Stored("Provenance", identity, 1, text.write(made), at)]


def _about(target: str, by: Principal) -> list[Stored]:
    kind, _, identity = target.partition("/_history/")[0].partition("/")
    if not is_id(identity) or not kind.isalpha():
        raise BadRequestError("target is written as Type/id.")
    try:
        versions = store.history(f"{kind}/{identity}", by=by)
    except NotFoundError:
        return []
    return provenances(versions, by=by)
