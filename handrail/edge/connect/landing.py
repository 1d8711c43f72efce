"""The end of a pull: what the EHR deleted goes, the position moves, its job there is ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from shutil import rmtree
from typing import Any, Final

from handrail.access import audit
from handrail.access.database import acting
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.fetching import deleted_in, folder_of
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import Peer
from handrail.edge.connect.pulling import LOADED, actor, keep, schedule
from handrail.edge.connect.rewriting import Rewriting
from handrail.jobs import Job, handler
from handrail.record import store
from handrail.record.store import Draft

_TOGETHER: Final = 500


@handler(LOADED)
def loaded(job: Job) -> None:
    """Finish a pull whose files went in."""
    about: Mapping[str, Any] = job.payload["about"]
    one = _connection(job, str(about["connection"]))
    if one is None or one.run.get("id") != about["run"]:
        return
    gone = _delete(one)
    told = _told(job.payload["files"], gone, int(one.run.get("faults", 0)))
    with suppress(PeerError), Peer(one).asking("DELETE", one.run["status"]):
        pass  # a courtesy: the EHR removes the files by itself, too
    rmtree(folder_of(one), ignore_errors=True)
    with acting(actor(one), durable=True):
        total = f"{one.name}: {told['read']} resources read, {told['refused']} refused"
        event = audit.Event(action="C", what="connection pulled", purpose="HOPERAT", detail=total)
        audit.note(actor(one), event)
        keep(
            one,
            run={},
            last=told,
            error="",
            position=one.run.get("time") or one.position,
            pulled_at=datetime.now(UTC),
        )
        schedule(one)


def _connection(job: Job, identity: str) -> Connection | None:
    with acting(job.by):
        return Connection.objects.filter(org=job.org, id=identity).first()


def _told(files: list[dict[str, Any]], gone: int, faults: int) -> dict[str, Any]:
    """Return what came of the pull, in numbers."""
    written: Counter[str] = Counter()
    for file in files:
        written.update(file["written"])
    return {
        "read": sum(file["read"] for file in files),
        "written": dict(written.most_common()),
        "unchanged": sum(file["unchanged"] for file in files),
        "refused": sum(file["refused"] for file in files),
        "deleted": gone,
        "faults": faults,
    }


def _delete(one: Connection) -> int:
    """Delete what the EHR has deleted and we have from it; return how many those are."""
    ours = Rewriting(one.name, one.base)
    wanted = [(kind, ours.identity(theirs)) for kind, theirs in _deletions(one)]
    by, count = actor(one), 0
    for begin in range(0, len(wanted), _TOGETHER):
        known = store.current_versions(wanted[begin : begin + _TOGETHER], by=by)
        drafts = [Draft(delete=reference) for reference in known]
        if drafts:
            store.commit(drafts, by=by, reason="Deleted in the EHR", origin=f"connect/{one.name}")
        count += len(drafts)
    return count


def _deletions(one: Connection) -> Iterator[tuple[str, str]]:
    """Yield (type, id) of every deletion that the EHR's Bundles name."""
    for path in deleted_in(one):
        with path.open("rb") as file:
            for line in file:
                with suppress(ValueError, AttributeError, TypeError):
                    yield from _named(json.loads(line))


def _named(bundle: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in bundle.get("entry") or []:
        request = entry.get("request") or {}
        kind, _, identity = str(request.get("url", "")).partition("/")
        if request.get("method") == "DELETE" and kind and identity and "?" not in kind:
            yield kind, identity
