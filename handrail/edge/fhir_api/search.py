"""``GET [base]/[type]?…`` and ``POST [base]/[type]/_search``.

The entries are spliced from stored text. Links to the next page are sealed, so that no address
says more about a patient than the client itself wrote into one.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from urllib.parse import urlencode

from handrail.edge.fhir_api import audit_events, outcomes, provenances, sealing
from handrail.edge.fhir_api.bundles import Link, bundle, found
from handrail.edge.fhir_api.request import Pairs, Request, pairs_of
from handrail.edge.fhir_api.response import Response
from handrail.fhir.searching.query import Query, parse
from handrail.record import store
from handrail.record.search.execute import After, Found

_CURSOR = "_cursor"


def search(request: Request) -> Response:
    """Answer with a searchset."""
    kind = request.path[0]
    pairs, after = _asked(kind, _pairs(request))
    request.understood = pairs
    if kind == "AuditEvent":
        return audit_events.search(request, pairs)
    if kind == "Provenance":
        return provenances.search(request, pairs)
    query = parse(kind, pairs, strict=request.strict)
    page = store.search(query, by=request.by, after=after, durable=False)
    links: list[Link] = [("self", self_link(request, kind, pairs, query))]
    if page.after is not None:
        links.append(("next", _sealed(request, kind, pairs, page.after)))
    return Response(
        200, bundle("searchset", _entries(request, query, page), links=links, total=page.total)
    )


def _pairs(request: Request) -> Pairs:
    if request.method != "POST":
        return request.pairs
    form = request.read().decode("latin-1")
    return [*request.pairs, *pairs_of(form)]


def _asked(kind: str, pairs: Pairs) -> tuple[Pairs, After | None]:
    """Return what is searched for and behind which entry the page begins."""
    cursor = next((value for name, value in pairs if name == _CURSOR), "")
    if not cursor or kind == "AuditEvent":  # the trail has places of its own
        return pairs, None
    searched, after = sealing.place_in(cursor, kind)
    kept = [(name, value) for name, value in searched]
    return kept, after


def _sealed(request: Request, kind: str, pairs: Pairs, after: After | None) -> str:
    return f"{request.base}/{kind}?{_CURSOR}={sealing.seal_place(kind, [pairs, after])}"


def self_link(request: Request, kind: str, pairs: Pairs, query: Query) -> str:
    """Return the search as it was understood; sealed unless it came in an address."""
    used = [(name, value) for name, value in pairs if name not in query.ignored]
    if request.method == "POST" or any(name == _CURSOR for name, _ in request.pairs):
        return _sealed(request, kind, used, None)
    return f"{request.base}/{kind}" + (f"?{urlencode(used)}" if used else "")


def _entries(request: Request, query: Query, page: Found) -> list[bytes]:
    entries = [found(request.base, stored, "match") for stored in page.entries]
    entries += [found(request.base, stored, "include") for stored in page.included]
    if warning := _warning(query):
        said = outcomes.said(warning, "warning", "not-supported")
        entries.append(b'{"resource":%b,"search":{"mode":"outcome"}}' % said)
    return entries


def _warning(query: Query) -> str:
    parts = []
    if query.ignored:
        names = ", ".join(name[:60] for name in query.ignored)
        parts.append(f"Not known for {query.resource_type} and ignored: {names}.")
    if query.elements or query.summary not in ("", "count", "false", "data"):
        parts.append("Resources are always whole: _elements and _summary have no effect.")
    return " ".join(parts)
