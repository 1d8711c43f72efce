"""``GET [base]/[type]?…`` and ``POST [base]/[type]/_search``; also of all types and compartments.

The entries are spliced from stored text. Links to other pages are sealed, so that no address says
more about a patient than the client itself wrote into one. Every page shows the record as it was
at the first one.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from handrail.access import sealing
from handrail.edge.fhir_api import audit_events, outcomes, provenances
from handrail.edge.fhir_api.errors import UnsupportedMediaError
from handrail.edge.fhir_api.request import FORM, Pairs, Request, media_of, pairs_of
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.searched import queries_of
from handrail.fhir.searching.query import Query
from handrail.record import store
from handrail.record.bundles import Link, bundle, found
from handrail.record.search.bounds import MOST
from handrail.record.search.execute import After, Found
from handrail.record.search.several import search_several

_CURSOR = "_cursor"
_REMEMBERED = 100  # earlier pages that a link leads back to


@dataclass(slots=True)
class _Asked:
    """What is searched for, from where, and where the pages before this one began."""

    pairs: Pairs
    after: After | None = None
    before: list[Any] | None = None


def search(request: Request) -> Response:
    """Answer with a searchset."""
    asked = _asked(request)
    request.understood = asked.pairs
    kind = request.path[0] if len(request.path) in (1, 2) and request.path[0] != "_search" else ""
    if kind == "AuditEvent":
        return audit_events.search(request, asked.pairs)
    queries = queries_of(request, asked.pairs)
    page = _found(request, queries, asked)
    if kind == "Provenance":
        _add_ours(request, queries[0], asked, page)
    body = bundle(
        "searchset",
        _entries(request, queries, page),
        links=_links(request, asked, queries, page),
        total=page.total,
    )
    return Response(200, body)


def _found(request: Request, queries: Sequence[Query], asked: _Asked) -> Found:
    if len(queries) == 1:
        return store.search(queries[0], by=request.by, after=asked.after, durable=False)
    return search_several(queries, by=request.by, after=asked.after)


def _add_ours(request: Request, query: Query, asked: _Asked, page: Found) -> None:
    """Put the Provenances that the record makes before those that were sent, on the first page."""
    if asked.after is not None and not asked.after.get("begins"):
        return
    made = provenances.ours(asked.pairs, by=request.by)
    if query.summary != "count" and query.count != 0:
        page.entries[:0] = made
    if page.total is not None:
        page.total += len(made)
    if page.after is not None:
        page.after["total"] = page.total


def _place(request: Request) -> str:
    """Return the path below the base that is searched, as links name it."""
    return "/".join(part for part in request.path if part != "_search")


def _asked(request: Request) -> _Asked:
    pairs = request.pairs
    if request.method == "POST":
        pairs = [*pairs, *pairs_of(_form(request).decode("latin-1"))]
    cursor = next((value for name, value in pairs if name == _CURSOR), "")
    if not cursor or request.path[:1] == ("AuditEvent",):  # the trail has places of its own
        return _Asked(pairs)
    searched, after, before = sealing.place_in(cursor, _place(request))
    return _Asked([(name, value) for name, value in searched], after, before)


def _form(request: Request) -> bytes:
    """Return the body; what is no form would otherwise be a search for everything."""
    raw = request.read()
    if raw and media_of(request.headers) not in {"", FORM}:
        raise UnsupportedMediaError(f"Send what is searched for as a form (Content-Type: {FORM}).")
    return raw


def _links(request: Request, asked: _Asked, queries: Sequence[Query], page: Found) -> list[Link]:
    links: list[Link] = [("self", _self(request, asked, queries))]
    earlier = asked.before or []
    if asked.after is not None:
        first = earlier[0] if earlier else asked.after
        links.append(("first", _sealed(request, asked.pairs, _beginning(first), [])))
        if earlier:
            links.append(("previous", _sealed(request, asked.pairs, earlier[-1], earlier[:-1])))
    if page.after is not None:
        here = asked.after if asked.after is not None else _beginning(page.after)
        trail = [*earlier, here][-_REMEMBERED:]
        links.append(("next", _sealed(request, asked.pairs, page.after, trail)))
    return links


def _beginning(after: After) -> After:
    """Return the place of the first page of the same search."""
    return {"begins": True, **{name: after[name] for name in ("link", "total") if name in after}}


def _sealed(request: Request, pairs: Pairs, after: After | None, before: list[Any]) -> str:
    place = _place(request)
    note = sealing.seal_place(place, [pairs, after, before])
    return f"{request.base}/{place}?{_CURSOR}={note}"


def _self(request: Request, asked: _Asked, queries: Sequence[Query]) -> str:
    """Return the search as it was understood; sealed unless it came in an address."""
    ignored = _ignored(queries)
    used = [(name, value) for name, value in asked.pairs if name not in ignored]
    if request.method == "POST" or any(name == _CURSOR for name, _ in request.pairs):
        return _sealed(request, used, asked.after, asked.before or [])
    path = f"{request.base}/{_place(request)}".rstrip("/")
    return path + (f"?{urlencode(used)}" if used else "")


def _entries(request: Request, queries: Sequence[Query], page: Found) -> list[bytes]:
    entries = [found(request.base, stored, "match") for stored in page.entries]
    entries += [found(request.base, stored, "include") for stored in page.included]
    if ignored := _ignored(queries):
        names = ", ".join(name[:60] for name in ignored)
        kinds = queries[0].resource_type if len(queries) == 1 else "these types"
        entries.append(_said(f"Not known for {kinds} and ignored: {names}.", "not-supported"))
    if page.cut:
        entries.append(
            _said(
                f"More than {MOST} resources would be included; these are the first. Ask for fewer"
                " entries (_count), or for less with them.",
                "too-costly",
            )
        )
    return entries


def _said(text: str, code: str) -> bytes:
    said = outcomes.said(text, "warning", code)
    return b'{"resource":%b,"search":{"mode":"outcome"}}' % said


def _ignored(queries: Sequence[Query]) -> list[str]:
    """Return the parameters that no type knows."""
    if not queries:
        return []
    first, *others = queries
    return [name for name in first.ignored if all(name in one.ignored for one in others)]
