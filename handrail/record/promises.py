"""Checks P1 to P3 in what is recorded, by the same rules that hold when it is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from handrail.fhir.errors import BusinessRuleError
from handrail.record import guard
from handrail.record.clock import proposals
from handrail.record.known import known
from handrail.record.registry import registry
from handrail.record.statements import rows

_BATCH = 1000


def broken(org: int) -> Iterator[str]:
    """Yield every promise that is not kept in the organization, in words without content."""
    yield from _tasks(org)
    yield from _left_alone(org)


def _tasks(org: int) -> Iterator[str]:
    """Yield Tasks of ours without owner or date (P1), or ended without evidence or reason (P3)."""
    last = ""
    while True:
        found = rows(
            "SELECT c.id, v.body FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version) WHERE c.org = %s"
            " AND c.resource_type = 'Task' AND NOT c.deleted AND c.id > %s ORDER BY c.id LIMIT %s",
            (org, last, _BATCH),
        )
        if not found:
            return
        for identity, body in found:
            try:
                guard.check_task(None, orjson.loads(body))
            except BusinessRuleError as error:
                yield f"Task/{identity}: {error.message}"
        last = found[-1][0]


def _left_alone(org: int) -> Iterator[str]:
    """Yield the patients whom time has left without what a sweep promises (P2).

    A sweep is given twice its interval to find them.
    """
    now = datetime.now(UTC)
    for room, sweep in registry.sweeps:
        if not sweep.promises:
            continue
        moment = now - 2 * sweep.every
        for patient in sorted(set(sweep.candidates(known(org, moment)))):
            if any(proposals(org, sweep, patient, moment)):
                yield f"Patient/{patient}: {sweep.promises} Sweep {room}.{sweep.name} is behind."
