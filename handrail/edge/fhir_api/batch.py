"""``POST [base]`` with a batch: each entry on its own, as if it had come alone.

Source: http://hl7.org/fhir/R4/http.html#transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handrail.edge.fhir_api.allowance import Allowance
from handrail.edge.fhir_api.answering import answer, refusal
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Request, pairs_of, split_path
from handrail.edge.fhir_api.response import Response, etag, http_date
from handrail.fhir import instants
from handrail.fhir.bundle import Entry
from handrail.fhir.errors import HandrailError
from handrail.fhir.searching.times import interval
from handrail.record.bundles import bundle, quoted


def batch(request: Request, entries: Sequence[Entry]) -> Response:
    """Answer every entry in order; none depends on another."""
    allowance = Allowance()
    done = [allowance.spend(responded(_answered(request, entry, allowance))) for entry in entries]
    return Response(200, bundle("batch-response", done))


def _answered(request: Request, entry: Entry, allowance: Allowance) -> Response:
    try:
        allowance.check()
        return answer(nested(request, entry))
    except HandrailError as error:
        return refusal(error)


def nested(request: Request, entry: Entry) -> Request:
    """Return the request that an entry is.

    Raises:
        BadRequestError: it says no method, or an address elsewhere.
    """
    if not entry.method or not entry.url:
        raise BadRequestError("Each entry needs request.method and request.url.")
    path, _, query = entry.url.removeprefix(request.base).partition("?")
    if "://" in path:
        raise BadRequestError("request.url is relative to this server: Patient/123.")
    return Request(
        method=entry.method,
        path=split_path(path),
        pairs=pairs_of(query),
        headers=_headers(request, entry, query),
        base=request.base,
        by=request.by,
        read=lambda: entry.raw,
        nested=True,
    )


def _headers(request: Request, entry: Entry, query: str) -> Mapping[str, object]:
    return {
        "HTTP_PREFER": request.header("Prefer"),
        "HTTP_IF_MATCH": entry.if_match,
        "HTTP_IF_NONE_MATCH": entry.if_none_match,
        "HTTP_IF_MODIFIED_SINCE": _http_date(entry.if_modified_since),
        "HTTP_IF_NONE_EXIST": entry.if_none_exist,
        "QUERY_STRING": query,
    }


def _http_date(instant: str) -> str:
    """Return an instant of FHIR as HTTP writes it; in a header it is a date of HTTP."""
    span = interval(instant) if instant else None
    return http_date(span[0]) if span else ""


def responded(response: Response) -> bytes:
    """Return the entry of the answering Bundle for one response."""
    parts = [b'"status":%b' % quoted(response.line)]
    stored = response.stored
    if stored is not None:
        if response.status in (200, 201):
            parts.append(
                b'"location":"%b/_history/%d"' % (stored.reference.encode(), stored.version)
            )
        parts.append(b'"etag":%b' % quoted(etag(stored.version)))
        parts.append(b'"lastModified":"%b"' % instants.written(stored.updated_at).encode())
    if response.outcome:
        parts.append(b'"outcome":%b' % response.outcome)
    said = b'"response":{%b}' % b",".join(parts)
    if response.body and not response.outcome:
        return b'{"resource":%b,%b}' % (response.body, said)
    return b"{%b}" % said
