"""Runs the sweeps: what time alone makes due. One process at a time sweeps an organization."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import connection, transaction

from handrail.access import accounts, tokens
from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource
from handrail.record.commit import commit
from handrail.record.known import RecordKnown, known
from handrail.record.reactions import identify
from handrail.record.registry import Sweep, registry
from handrail.record.statements import rows, run
from handrail.record.stored import Draft

_log = logging.getLogger(__name__)
_TICK_SECONDS = 30.0


def run_forever(stop: threading.Event) -> None:
    """Sweep whenever something is due, and once a day end old sessions, until ``stop`` is set."""
    tidied_on = None
    while not stop.wait(_TICK_SECONDS):
        try:
            sweep_all()
            if tidied_on != (today := datetime.now(UTC).date()):
                accounts.end_old_sessions()
                _end_old_tokens()
                tidied_on = today
        except Exception:  # noqa: BLE001 - the clock must go on, whatever one sweep does
            _log.exception("A sweep failed; it is tried again.")
        finally:
            connection.close()


def _end_old_tokens() -> None:
    """Forget the tokens of apps that ended a while ago."""
    for org in list(Organization.objects.values_list("id", flat=True)):
        with acting(system(org, "clock", "Handrail")):
            tokens.end_old(org)


def sweep_all(as_of: datetime | None = None, *, due_only: bool = True) -> int:
    """Run the sweeps of every organization; return how many proposals were committed."""
    proposed = 0
    for org in list(Organization.objects.values_list("id", flat=True)):
        for room, sweep in registry.sweeps:
            proposed += sweep_one(org, room, sweep, as_of, due_only=due_only)
    return proposed


def sweep_one(
    org: int, room: str, sweep: Sweep, as_of: datetime | None = None, *, due_only: bool = True
) -> int:
    """Run one sweep for one organization; return how many proposals were committed."""
    by = system(org, "clock", "Handrail")
    moment = as_of or datetime.now(UTC)
    with acting(by):
        if due_only and not _is_due(org, sweep, moment):
            return 0
        _note_run(org, sweep, moment)
        found = list(sweep.candidates(known(org, moment)))
    return sum(_sweep_patient(by, room, sweep, patient, moment) for patient in found)


def _sweep_patient(by: Principal, room: str, sweep: Sweep, patient: str, as_of: datetime) -> int:
    """Commit what the sweep proposes for one patient; a failure stops nobody else's work."""
    try:
        with transaction.atomic(), acting(by):
            cause = f"{room}.{sweep.name}|Patient/{patient}"
            found = proposals(by.org, sweep, patient, as_of)
            drafts = [Draft(resource, cause=cause) for resource in found]
            if not drafts:
                return 0
            done = commit(drafts, by=by, reason=f"Sweep: {sweep.name}", room=room, as_of=as_of)
            return len(done.stored)
    except HandrailError:
        _log.exception("The sweep %s could not finish one patient.", sweep.name)
        return 0


def proposals(org: int, sweep: Sweep, patient: str, as_of: datetime) -> Iterator[Resource]:
    """Yield what the sweep proposes for one patient that is not yet in the record."""
    facts: RecordKnown = known(org, as_of)
    for position, proposal in enumerate(sweep.decide(patient, facts)):
        seed = f"{sweep.name}|{patient}|{facts.as_of.date()}|{position}"
        identified = identify(proposal, seed, facts)
        if identified is not None:
            yield identified


def _is_due(org: int, sweep: Sweep, now: datetime) -> bool:
    """Tell whether nobody ran the sweep lately; holds a lock so that one process runs it."""
    locked = rows(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('sweep ' || %s, %s))", (sweep.name, org)
    )[0][0]
    if not locked:
        return False
    last = rows("SELECT ran_at FROM record_swept WHERE org = %s AND sweep = %s", (org, sweep.name))
    return not last or now - last[0][0] >= sweep.every


def _note_run(org: int, sweep: Sweep, now: datetime) -> None:
    run(
        "INSERT INTO record_swept (org, sweep, ran_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (org, sweep) DO UPDATE SET ran_at = excluded.ran_at",
        (org, sweep.name, now),
    )
