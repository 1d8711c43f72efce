"""Provenance as FHIR has it, made from the transactions that the record keeps anyway."""

from __future__ import annotations

from collections.abc import Collection

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import Resource, concept, reference
from handrail.record.statements import rows

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
            "SELECT resource_type, id, version FROM record_version"
            " WHERE org = %s AND transaction = %s ORDER BY position",
            (by.org, transaction),
        )
    if not found or not targets:
        raise NotFoundError(f"There is no Provenance/tx-{transaction} that you may see.")
    recorded_at, person, name, reason, origin = found[0]
    resource: Resource = {
        "resourceType": "Provenance",
        "id": f"tx-{transaction}",
        "target": [
            {"reference": f"{t}/{i}/_history/{v}"}
            for t, i, v in targets
            if only is None or f"{t}/{i}" in only
        ],
        "recorded": recorded_at.isoformat(),
        "reason": [{"text": reason}],
        "activity": concept(_ACTIVITY, "CREATE" if targets[0][2] == 1 else "UPDATE"),
        "agent": [{"type": concept(_AGENT, "author"), "who": reference(person, name)}],
    }
    if origin:
        resource["entity"] = [{"role": "source", "what": {"display": origin}}]
    return resource
