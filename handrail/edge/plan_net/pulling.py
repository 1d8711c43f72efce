"""Pulling a payer's directory page by page: the job ``plan-net-pull``.

CMS requires payers to keep such a server open to everybody (42 CFR 422.120, 431.70). A job does
some pages, writes down where it stands, and has the next one go on; whoever dies in between costs
one page. Only what changed since the last whole pull is asked for. Pages lead on at the same server
or nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from handrail.access import outbound
from handrail.access.database import acting
from handrail.access.principal import Principal, system
from handrail.edge.plan_net.errors import DirectoryServerError
from handrail.edge.plan_net.models import Directory
from handrail.edge.plan_net.rewriting import TYPES, rewritten
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource
from handrail.jobs import Interrupted, Job, enqueue, handler
from handrail.record import store

KIND: Final = "plan-net-pull"
ATTEMPTS: Final = 8
PAGE: Final = 200  # resources that are asked for at once
PAGES_AT_ONCE: Final = 40  # by one job
MOST_PAGES: Final = 100_000  # of one pull
LARGEST: Final = 32 * 1024 * 1024  # bytes of one page
PATIENCE: Final = 120.0  # seconds for one page
_OVERLAP: Final = timedelta(minutes=10)  # clocks differ
_NOT_OFFERED: Final = frozenset({400, 404, 501})
_KEPT_REASONS: Final = 20


def actor(one: Directory) -> Principal:
    """Return who pulls: the directory, in the trail and in the record."""
    return system(one.org, f"directory-{one.id}", f"Directory {one.name}")


def begin(one: Directory, run_at: datetime | None = None) -> None:
    """Have a directory pulled, now or later; one that is being pulled goes on."""
    enqueue(KIND, {"directory": one.id}, by=actor(one), run_at=run_at, key=one.id)


def keep(one: Directory, **columns: Any) -> None:
    """Write down where a pull stands."""
    with acting(actor(one), durable=True):
        Directory.objects.filter(org=one.org, id=one.id).update(**columns)
    for name, value in columns.items():
        setattr(one, name, value)


@handler(KIND, attempts=ATTEMPTS)
def pull(job: Job) -> None:
    """Do the next pages of a pull."""
    with acting(job.by):
        one = Directory.objects.filter(org=job.org, id=str(job.payload["directory"])).first()
    if one is None:
        return
    try:
        _go_on(one, job)
    except HandrailError as error:
        keep(one, error=error.message)
        if job.attempt >= ATTEMPTS:
            keep(one, run={})
            _again(one)
        raise


def _go_on(one: Directory, job: Job) -> None:
    if not one.run:
        began = (datetime.now(UTC) - _OVERLAP).isoformat(timespec="seconds")
        keep(one, run={"began": began, "types": list(TYPES), "next": "", **_NOTHING}, error="")
    for _ in range(PAGES_AT_ONCE):
        if job.stopping:
            raise Interrupted
        if not one.run["types"]:
            _end(one)
            return
        _page(one)
    begin(one)


_NOTHING: Final[dict[str, Any]] = {"pages": 0, "read": 0, "stored": 0, "refused": 0, "why": []}


def _end(one: Directory) -> None:
    counts = {name: one.run[name] for name in _NOTHING}
    keep(one, since=one.run["began"], last={**counts, "at": one.run["began"]}, run={}, error="")
    _again(one)


def _again(one: Directory) -> None:
    if one.every_hours:
        begin(one, datetime.now(UTC) + timedelta(hours=one.every_hours))


def _page(one: Directory) -> None:
    """Fetch a page, keep what is in it, and write down which page is next."""
    run = dict(one.run)
    kind = run["types"][0]
    if run["pages"] >= MOST_PAGES:
        raise DirectoryServerError(f"The directory has more than {MOST_PAGES} pages. It was cut.")
    bundle = _fetched(one, run["next"] or _first(one, kind), new=not run["next"])
    stored, refused = _kept(one, list(_resources(bundle, kind)))
    following = _next(one, bundle)
    run |= {
        "next": following,
        "types": run["types"] if following else run["types"][1:],
        "pages": run["pages"] + 1,
        "read": run["read"] + stored + len(refused),
        "stored": run["stored"] + stored,
        "refused": run["refused"] + len(refused),
        "why": (run["why"] + refused)[:_KEPT_REASONS],
    }
    keep(one, run=run)


def _first(one: Directory, kind: str) -> str:
    asked = {"_count": str(PAGE)}
    if one.since:
        asked["_lastUpdated"] = f"ge{one.since}"
    return f"{one.base}/{kind}?{urlencode(asked)}"


def _fetched(one: Directory, address: str, *, new: bool) -> dict[str, Any]:
    """Return a page; an empty one where the server does not offer the type.

    Raises:
        DirectoryServerError: it answers what is no page.
    """
    named = frozenset({urlsplit(one.base).netloc})
    headers = {"Accept": "application/fhir+json", "Accept-Encoding": "gzip"}
    with outbound.asking("GET", address, headers=headers, named=named, within=PATIENCE) as reply:
        if new and reply.status in _NOT_OFFERED:
            return {}
        if not reply.fine:
            raise DirectoryServerError(f"The server answered a page with status {reply.status}.")
        body = reply.read(LARGEST)
    try:
        bundle = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DirectoryServerError("The server answered a page that is no JSON.") from error
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise DirectoryServerError("The server answered something that is no Bundle.")
    return bundle


def _resources(bundle: dict[str, Any], kind: str) -> Iterator[Resource]:
    """Yield what was asked for; whatever else a server sends along stays out."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        found = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(found, dict) and found.get("resourceType") == kind and found.get("id"):
            yield found


def _next(one: Directory, bundle: dict[str, Any]) -> str:
    """Return the address of the next page; empty if this was the last.

    Raises:
        DirectoryServerError: it is on another server.
    """
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next" and link.get("url"):
            address = urljoin(f"{one.base}/", str(link["url"]))
            here, there = urlsplit(one.base), urlsplit(address)
            if (here.scheme, here.netloc) != (there.scheme, there.netloc):
                raise DirectoryServerError(
                    "The next page is on another server, which is not asked."
                )
            return address
    return ""


def _kept(one: Directory, found: Iterable[Resource]) -> tuple[int, list[str]]:
    """Keep resources; return how many, and why the others stay out."""
    ready: list[Resource] = []
    refused: list[str] = []
    for resource in found:
        try:
            ready.append(rewritten(resource, one.id, one.base))
        except (RecursionError, AttributeError, TypeError):
            refused.append(f"{resource['resourceType']}/{str(resource['id'])[:64]}: not readable")
    return _written(one, list({each["id"]: each for each in ready}.values()), refused)


def _written(one: Directory, ready: list[Resource], refused: list[str]) -> tuple[int, list[str]]:
    """Commit; if a rule refuses, halve until only the culprit stays out."""
    if not ready:
        return 0, refused
    try:
        store.commit(
            ready, by=actor(one), reason="Directory of a payer", origin=f"plan-net/{one.id}"
        )
    except HandrailError as error:
        if len(ready) == 1:
            said = f"{ready[0]['resourceType']}/{ready[0]['id']}: {error.message[:200]}"
            return 0, [*refused, said]
        half = len(ready) // 2
        first, refused = _written(one, ready[:half], refused)
        rest, refused = _written(one, ready[half:], refused)
        return first + rest, refused
    return len(ready), refused
