"""Provenance as FHIR has it, made from the transactions that the record keeps anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from handrail.access.database import acting
from handrail.access.narrowing import is_narrow, lets
from handrail.access.principal import Principal
from handrail.fhir import text
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import Resource, concept, reference
from handrail.record.statements import rows
from handrail.record.stored import Stored

_ACTIVITY = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def provenance(transaction: int, *, by: Principal, only: Collection[str] | None = None) -> Resource:
    """Return the Provenance of one transaction (http://hl7.org/fhir/R4/provenance.html).

    ``only`` limits its targets to these references ("Type/id"): a load writes very many at once.

    Raises:
        NotFoundError: there is no such transaction, or nothing in it that ``by`` may see.
    """
    with acting(by):
        found = rows(
            "SELECT recorded_at, person, name, reason, origin FROM record_transaction"
            " WHERE org = %s AND id = %s",
            (by.org, transaction),
        )
        targets = rows(
            "SELECT resource_type, id, version, patient FROM record_version"
            " WHERE org = %s AND transaction = %s ORDER BY position",
            (by.org, transaction),
        )
    if not found or not targets:
        raise NotFoundError(f"There is no Provenance/tx-{transaction} that you may see.")
    whole = _made(transaction, found[0], [(f"{t}/{i}", v) for t, i, v, _ in targets], begun=False)
    shown = [
        (f"{t}/{i}", v)
        for t, i, v, patient in targets
        if only is None or f"{t}/{i}" in only
        if _opens(by, whole, patient)
    ]
    if not shown:
        raise NotFoundError(f"There is no Provenance/tx-{transaction} that you may see.")
    return _made(transaction, found[0], shown, begun=targets[0][2] == 1)


def _opens(by: Principal, made: Resource, patient: str) -> bool:
    """Tell whether the scopes of ``by`` open this Provenance of something of ``patient``."""
    if not is_narrow(by, "Provenance"):
        return True
    at = datetime.fromisoformat(made["recorded"])
    return lets(by, "read", Stored("Provenance", made["id"], 1, text.write(made), at, patient))


def provenances(versions: Iterable[Stored], *, by: Principal) -> list[Stored]:
    """Return the Provenance of each transaction that wrote ``versions``, about these alone."""
    written: dict[int, list[Stored]] = {}
    for version in versions:
        written.setdefault(version.transaction, []).append(version)
    with acting(by):
        found = rows(
            "SELECT id, recorded_at, person, name, reason, origin FROM record_transaction"
            " WHERE org = %s AND id = ANY((SELECT %s::bigint[])::bigint[]) ORDER BY id",
            (by.org, sorted(written)),
        )
    return [
        Stored(
            "Provenance", f"tx-{number}", 1, text.write(made), said[0], patient, transaction=number
        )
        for number, *said in found
        for about in [written[number]]
        for patient in [about[0].patient if len({one.patient for one in about}) == 1 else "*"]
        for targets in [[(one.reference, one.version) for one in about]]
        for made in [_made(number, said, targets, begun=about[0].version == 1)]
    ]


def _made(
    transaction: int, said: Sequence[Any], targets: Iterable[tuple[str, int]], *, begun: bool
) -> Resource:
    recorded_at, person, name, reason, origin = said
    resource: Resource = {
        "resourceType": "Provenance",
        "id": f"tx-{transaction}",
        "target": [{"reference": f"{one}/_history/{version}"} for one, version in targets],
        "recorded": recorded_at.isoformat(),
        "reason": [{"text": reason}],
        "activity": concept(_ACTIVITY, "CREATE" if begun else "UPDATE"),
        "agent": [{"type": concept(_AGENT, "author"), "who": reference(person, name)}],
    }
    if origin:
        resource["entity"] = [{"role": "source", "what": {"display": origin}}]
    return resource
