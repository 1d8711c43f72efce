"""Pulling a panel: kick-off, waiting, fetching, loading, remembering. Each a short job of its own.

Nothing waits in a thread while the EHR gathers the data: a job asks once and comes back when it was
told to. What was fetched is on our disk before it is read into the record, and the position moves
only when all of it went in; whatever fails is tried again from where it stood.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from shutil import rmtree
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin

from django.conf import settings

from handrail.access.database import acting
from handrail.access.principal import Principal, system
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.fetching import fetch, folder_of
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import FHIR, Peer, parsed, refused
from handrail.fhir.errors import HandrailError
from handrail.jobs import Interrupted, Job, enqueue, handler, has_failed

KIND: Final = "connect-pull"
ATTEMPTS: Final = 10
LOST: Final = timedelta(days=2)  # after which a load is not waited for any more
_ACCEPTED, _OK, _TOO_MANY = 202, 200, 429
_SHORTEST, _LONGEST = 1, 3600  # seconds between two looks at the EHR
_EXPIRED: Final = frozenset({404, 410})
_NOT_LOADED: Final = (
    "What was fetched could not be loaded; nothing of the position was moved. The reason is under"
    " Settings, Jobs."
)


def actor(one: Connection) -> Principal:
    """Return who pulls: the connection, in the trail and in the record."""
    return system(one.org, one.device, f"Connection {one.name}")


def begin(one: Connection, run_at: datetime | None = None) -> None:
    """Have a connection pulled, now or later; one that is being pulled goes on."""
    enqueue(KIND, {"connection": one.id}, by=actor(one), run_at=run_at, key=one.id)


def keep(one: Connection, **columns: Any) -> None:
    """Write down where a pull stands."""
    with acting(actor(one), durable=True):
        Connection.objects.filter(org=one.org, id=one.id).update(**columns)
    for name, value in columns.items():
        setattr(one, name, value)


def found(job: Job) -> Connection | None:
    """Return the connection of a job; None: it was removed."""
    with acting(job.by):
        return Connection.objects.filter(org=job.org, id=str(job.payload["connection"])).first()


@handler(KIND, attempts=ATTEMPTS)
def pull(job: Job) -> None:
    """Do the next step of a pull."""
    one = found(job)
    if one is None:
        return
    stage = str(one.run.get("stage", "kick-off"))
    try:
        _STAGES[stage](one, job)
    except Interrupted:
        raise
    except HandrailError as error:
        keep(one, error=error.message)
        if job.attempt >= ATTEMPTS:
            give_up(one)
        raise


def give_up(one: Connection) -> None:
    """Forget a pull that does not come to an end; the next one begins anew, when it is due."""
    rmtree(folder_of(one), ignore_errors=True)
    keep(one, run={})
    schedule(one)


def schedule(one: Connection) -> None:
    """Have the next pull done when it is due, if there are to be any."""
    if one.every_hours:
        begin(one, datetime.now(UTC) + timedelta(hours=one.every_hours))


def _kick_off(one: Connection, _: Job) -> None:
    """Ask the EHR to gather what changed since the last pull."""
    peer = Peer(one)
    level = f"Group/{quote(one.group, safe='')}" if one.group else "Patient"
    asked = {"_outputFormat": "application/fhir+ndjson"}
    if one.position:
        asked["_since"] = one.position
    if one.types:
        asked["_type"] = one.types
    address = f"{peer.base}/{level}/$export?{urlencode(asked)}"
    with peer.asking("GET", address, Accept=FHIR, Prefer="respond-async") as reply:
        if reply.status != _ACCEPTED:
            raise refused(reply.status, parsed(reply))
        where, wait = reply.headers.get("content-location", ""), _wait(reply.headers)
    if not where:
        raise PeerError("The server took the request and did not say where to ask for it.")
    run = {
        "stage": "wait",
        "id": secrets.token_hex(8),
        "status": urljoin(address, where),
        "since": one.position,
        "begun": datetime.now(UTC).isoformat(),
    }
    keep(one, run=run, error="")
    begin(one, datetime.now(UTC) + wait)


def _look(one: Connection, job: Job) -> None:
    """Ask how far the EHR is; come back when it says so."""
    peer = Peer(one)
    with peer.asking("GET", one.run["status"], Accept="application/json") as reply:
        said = {} if reply.status == _ACCEPTED else parsed(reply)
        wait, status = _wait(reply.headers), reply.status
        progress = reply.headers.get("x-progress", "")[:100]
    if status in {_ACCEPTED, _TOO_MANY}:
        keep(one, run={**one.run, "progress": progress if progress.isprintable() else ""})
        begin(one, datetime.now(UTC) + wait)
        return
    if status in _EXPIRED:
        keep(one, run={})
    if status != _OK:
        raise refused(status, said)
    listed = [(kind, one_file) for kind in ("output", "deleted") for one_file in _files(said, kind)]
    run = {
        **one.run,
        "stage": "fetch",
        "time": str(said.get("transactionTime", "")),
        "signed": said.get("requiresAccessToken") is not False,
        "files": [{**file, "list": kind} for kind, file in listed],
        "faults": len(_files(said, "error")),
        "done": 0,
    }
    keep(one, run=run)
    _fetch(one, job)


def _files(said: Mapping[str, Any], listed: str) -> list[dict[str, Any]]:
    every = said.get(listed) or []
    kept = [one for one in every if isinstance(one, dict) and isinstance(one.get("url"), str)]
    return [
        {"url": one["url"], "type": str(one.get("type", "")), "count": one.get("count")}
        for one in kept
    ]


def _fetch(one: Connection, job: Job) -> None:
    """Fetch the files that are not here yet, then have them loaded."""
    peer = Peer(one)
    for number in range(one.run["done"], len(one.run["files"])):
        if job.stopping:
            raise Interrupted
        fetch(peer, number)
        keep(one, run={**one.run, "done": number + 1})
    about = {"connection": one.id, "run": one.run["id"]}
    load = {
        "folder": str(_below(folder_of(one))),
        "reason": "Pulled from an EHR",
        "origin": f"connect/{one.name}",
        "then": LOADED,
        "about": about,
    }
    with acting(actor(one), durable=True):
        keep(one, run={**one.run, "stage": "load"})
        if one.run["files"]:
            enqueue("bulk-load", load, by=actor(one), key=one.run["id"])
        else:  # nothing is new there
            enqueue(LOADED, {"about": about, "files": []}, by=actor(one))


def _below(path: Path) -> Path:
    return path.relative_to(settings.HANDRAIL_DATA)


def look_after(one: Connection) -> None:
    """End a pull whose files could not be loaded, with the reason where people look."""
    if one.run.get("stage") == "load" and has_failed("bulk-load", one.run["id"], by=actor(one)):
        give_up(one)
        keep(one, error=_NOT_LOADED)


def _loading(one: Connection, _: Job) -> None:
    """Let the job that loads go on, and say when it is done; one that never did is given up."""
    look_after(one)
    if one.run and datetime.now(UTC) - datetime.fromisoformat(one.run["begun"]) > LOST:
        keep(one, run={})
        begin(one)


def _wait(headers: Mapping[str, str]) -> timedelta:
    """Return how long the EHR wants us to wait: seconds, or a moment; ten seconds if it is silent.

    Source: RFC 9110, 10.2.3.
    """
    said = headers.get("retry-after", "").strip()
    seconds = 10.0
    if said.isdecimal():
        seconds = float(said[:9])
    elif said:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = 10.0
    return timedelta(seconds=min(max(seconds, _SHORTEST), _LONGEST))


LOADED: Final = "connect-loaded"
_STAGES: Final[Mapping[str, Callable[[Connection, Job], None]]] = {
    "kick-off": _kick_off,
    "wait": _look,
    "fetch": _fetch,
    "load": _loading,
}
