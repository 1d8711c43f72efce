"""What became of referrals at other systems, and what belongs to those they sent us.

Every quarter of an hour each connection that exchanges referrals is asked for the Tasks we posted
there: what it says of them is written into ours, with the Procedures that show what was done. And
what its own Tasks here refer to is read there and kept here, so that somebody can say yes or no.

Source: FHIR SDOH Clinical Care 3.0.0: a source without a subscription asks at least once a business
day, better each hour, not more often than every 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from handrail.access.database import acting
from handrail.edge.connect.believing import of_kind, require_of, require_theirs, seen_at, standing
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import Peer
from handrail.edge.connect.pulling import actor, found, keep
from handrail.edge.connect.referring import theirs_of
from handrail.edge.connect.rewriting import Rewriting
from handrail.fhir import text
from handrail.fhir.errors import HandrailError
from handrail.fhir.referring.names import KIND as REFERRAL
from handrail.fhir.referring.names import TASK_CODE
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, id_of, target_of
from handrail.fhir.searching.query import parse
from handrail.fhir.task import is_open
from handrail.fhir.work import kind_of
from handrail.jobs import Job, enqueue, handler
from handrail.record import store
from handrail.record.store import Draft, Stored

KIND: Final = "connect-referrals"
APART: Final = timedelta(minutes=15)
_MOST: Final = 200
_DEEPEST: Final = 2
_MOST_READ: Final = 60  # for one referral
_REFUSED: Final = "Something the server said of a referral cannot be taken over."
_UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
"""What reading an answer meets that is no FHIR."""
_READ: Final = frozenset(
    {"Patient", "ServiceRequest", "Condition", "Goal", "Observation", "Consent", "Organization"}
    | {"Practitioner", "PractitionerRole", "DocumentReference", "QuestionnaireResponse"}
)
"""What belongs to a referral and is read with it (SDOHCC: additional content, reasons)."""


def begin(one: Connection, run_at: datetime | None = None) -> None:
    """Have the referrals of a connection looked at, now or later."""
    enqueue(KIND, {"connection": one.id}, by=actor(one), run_at=run_at, key=one.id)


@handler(KIND, attempts=1)
def look(job: Job) -> None:
    """Look once, and again in a quarter of an hour; what fails is said in the settings."""
    one = found(job)
    if one is None or not one.referrals:
        return
    try:
        exchange(one)
    except HandrailError as error:
        keep(one, error=error.message)
    else:
        if one.error:
            keep(one, error="")
    begin(one, datetime.now(UTC) + APART)


def exchange(one: Connection) -> int:
    """Take over what the other system says of our referrals, and read what its own refer to.

    Returns:
        How many Tasks changed here.

    Raises:
        PeerError: the other system could not be asked; what was taken over until then stays.
    """
    peer, changed, wrong = Peer(one), 0, ""
    steps = [(_follow, stored) for stored in _posted(one)]
    steps += [(_fetch, stored) for stored in _asked(one)]
    for step, stored in steps:
        try:
            changed += step(stored, peer, one)
        except HandrailError as error:
            wrong = error.message if isinstance(error, PeerError) else _REFUSED
        except _UNREADABLE:
            wrong = _REFUSED
    if wrong:
        raise PeerError(wrong)
    return changed


def _search(one: Connection, *pairs: tuple[str, str]) -> list[Stored]:
    query = parse("Task", [*pairs, ("_count", str(_MOST))], strict=True)
    with acting(actor(one)):
        return store.search(query, by=actor(one)).entries


def _posted(one: Connection) -> Iterator[Stored]:
    """Yield our open Tasks that are at the other system as well."""
    base = one.base.rstrip("/")
    for stored in _search(one, ("identifier", f"{base}/Task|")):
        if is_open(stored.resource["status"]) and kind_of(stored.resource) == REFERRAL:
            yield stored


def _asked(one: Connection) -> Iterator[Stored]:
    """Yield the other system's Tasks here whose ServiceRequest has not been read yet."""
    base = f"{one.base.rstrip('/')}/"
    code = f"{TASK_CODE}|fulfill"
    for stored in _search(one, ("code", code), ("status", "requested")):
        focus = target_of(stored.resource.get("focus"))
        if focus.startswith(base) and not kind_of(stored.resource):
            yield stored


def _follow(stored: Stored, peer: Peer, one: Connection) -> int:
    """Take over what the other system says of a Task of ours."""
    mine = stored.resource
    known = theirs_of(mine, peer.base)
    theirs = of_kind(peer.resource(f"Task/{known}"), "Task", known)
    changed, results = _taken_over(mine, theirs, peer, one)
    if changed == mine and not results:
        return 0
    drafts = [*map(Draft, results), Draft(changed, if_match=stored.version)]
    _commit(one, drafts, "Referral answered")
    return 1


def _taken_over(
    mine: Resource, theirs: dict[str, Any], peer: Peer, one: Connection
) -> tuple[Resource, list[Resource]]:
    changed: Resource = {**mine, **standing(mine, theirs)}
    if seen_at(theirs) and not state_in(mine).seen:
        changed = with_state(changed, seen=seen_at(theirs))
    results, outputs = [], list(mine.get("output", []))
    for entry in theirs.get("output", ()):
        there = target_of(entry.get("valueReference"))
        if not there.rpartition("/")[0].endswith("Procedure"):
            continue
        read = of_kind(peer.resource(there), "Procedure", there.rpartition("/")[2])
        require_of(read, theirs, peer)
        result = _result(read, mine, one)
        here = {**entry, "valueReference": {"reference": f"Procedure/{result['id']}"}}
        here.pop("id", None)
        if here not in outputs:
            outputs.append(here)
            results.append(result)
    if outputs:
        changed["output"] = outputs
    return changed, results


def _result(procedure: dict[str, Any], mine: Resource, one: Connection) -> Resource:
    """Return the other system's Procedure as it belongs to our referral."""
    rewritten = _rewritten(procedure, one)
    rewritten["subject"], rewritten["basedOn"] = mine["for"], [mine["focus"]]
    for name in ("performer", "location", "encounter", "recorder", "asserter", "reasonReference"):
        rewritten.pop(name, None)
    return rewritten


def _rewritten(resource: dict[str, Any], one: Connection) -> Resource:
    ours_now = Rewriting(one.name, one.base).line(text.write(resource))
    made: Resource = text.parse(ours_now)
    meta = made.pop("meta", {})
    profiles = {"profile": meta["profile"]} if meta.get("profile") else {}
    return made | ({"meta": profiles} if profiles else {})


def _fetch(stored: Stored, peer: Peer, one: Connection) -> int:
    """Read what another system's Task refers to, keep it here, and let the Task refer to that."""
    task = stored.resource
    gathering = _Gathering(peer, one)
    for name in ("for", "focus"):
        gathering.take(target_of(task.get(name)))
    for entry in task.get("input", ()):
        gathering.take(target_of(entry.get("valueReference")))
    local: Resource = text.parse(Rewriting(one.name, one.base).line(text.write(task)))
    local["id"], local["meta"] = task["id"], task.get("meta", {})
    if not id_of(local.get("for"), "Patient"):
        raise PeerError("A referral from there does not say whom it is for.")
    drafts = [*map(Draft, gathering.kept.values()), Draft(local, if_match=stored.version)]
    _commit(one, drafts, "Referral read")
    return 1


@dataclass
class _Gathering:
    """What belongs to a referral, as it is read there."""

    peer: Peer
    one: Connection
    kept: dict[str, Resource] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def take(self, address: str, depth: int = 0) -> None:
        """Read a resource and what it refers to, as far as it belongs to the referral."""
        base = f"{self.peer.base}/"
        inside = address.startswith(base) or "://" not in address
        kind, _slash, identity = address.removeprefix(base).partition("/")
        key = f"{kind}/{identity}"
        if not (inside and identity and kind in _READ) or key in self._asked:
            return
        if len(self._asked) >= _MOST_READ:
            return
        self._asked.add(key)
        try:
            read = of_kind(self.peer.resource(key), kind, identity)
            made = _rewritten(read, self.one)
            require_theirs(made, self.one.name)
        except PeerError:
            if depth == 0:
                raise
            return  # what it is based on may be closed to us; the request itself says what is asked
        self.kept[key] = made
        if depth < _DEEPEST and kind == "ServiceRequest":
            for reference in _references(read):
                self.take(reference, depth + 1)


def _references(element: Any) -> Iterator[str]:
    if isinstance(element, list):
        for one in element:
            yield from _references(one)
    elif isinstance(element, dict):
        if isinstance(element.get("reference"), str):
            yield element["reference"]
        for value in element.values():
            yield from _references(value)


def _commit(one: Connection, drafts: list[Draft], reason: str) -> None:
    by = actor(one)
    with acting(by, durable=True):
        store.commit(drafts, by=by, reason=reason, origin=f"connect/{one.name}")
