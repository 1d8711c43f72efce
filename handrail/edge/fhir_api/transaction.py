"""``POST [base]`` with a transaction: everything in the Bundle happens, or nothing.

Deletions, then creations, then updates, then reads. References between entries (``urn:uuid:…``, or
the ``fullUrl`` of what is created) and conditional references become literal. A batch goes to
:mod:`handrail.edge.fhir_api.batch`.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import TypeVar

from handrail.access.database import acting
from handrail.edge.fhir_api.answering import answer
from handrail.edge.fhir_api.batch import batch, nested, responded
from handrail.edge.fhir_api.bundles import bundle
from handrail.edge.fhir_api.conditions import referred
from handrail.edge.fhir_api.errors import BadRequestError, UnavailableError
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.steps import Step, refuse_doubles, step
from handrail.edge.fhir_api.writing import ORIGIN, refuse_other_media
from handrail.fhir.bundle import Entry, literal, open_bundle, resolve
from handrail.fhir.errors import Fault, HandrailError, InvalidResourceError, TooLargeError
from handrail.record import store
from handrail.record.prepare import Submitted, submit
from handrail.record.stored import Draft, Stored

MOST_FAULTS = 100
MOST_ENTRIES = 20_000
LARGE = 8_000_000  # bytes; of Bundles this large one is in memory at a time
PATIENCE = 60.0  # seconds
_one_large = Lock()
_REFERENCE = re.compile(rb'("reference"\s*:\s*")([^"\\]+)(")')
_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Links:
    """What references between entries become."""

    urns: dict[bytes, bytes] = field(default_factory=dict)
    addresses: dict[bytes, bytes] = field(default_factory=dict)

    def made_literal(self, raw: bytes, conditional: Callable[[str], str]) -> bytes:
        """Return a resource's text with literal references."""
        if self.addresses:
            known = self.addresses
            raw = _REFERENCE.sub(lambda m: m[1] + known.get(m[2], m[2]) + m[3], raw)
        return resolve(raw, self.urns, conditional)


def transaction(request: Request) -> Response:
    """Carry out a Bundle of type transaction or batch."""
    refuse_other_media(request)
    raw = request.read()
    if len(raw) < LARGE:
        return _carried_out(request, raw)
    if not _one_large.acquire(timeout=PATIENCE):
        raise UnavailableError("Other large Bundles are being stored. Try again in a while.")
    try:
        return _carried_out(request, raw)
    finally:
        _one_large.release()


def _carried_out(request: Request, raw: bytes) -> Response:
    kind, entries = open_bundle(raw)
    if len(entries) > MOST_ENTRIES:
        raise TooLargeError(
            f"A Bundle has at most {MOST_ENTRIES:,} entries here. Send several, or load files"
            " with the command 'handrail load'."
        )
    if kind == "batch":
        return batch(request, entries)
    if kind != "transaction":
        raise BadRequestError("Send a Bundle whose type is transaction or batch to this address.")
    with acting(request.by, durable=True):
        steps = _each(entries, lambda position: step(request, entries[position]))
        refuse_doubles(steps)
        done = _commit(request, steps, _links(steps))
        answered = [_answered(request, one, done) for one in steps]
    return Response(200, bundle("transaction-response", answered))


def _each(entries: Iterable[Entry], work: Callable[[int], _Result]) -> list[_Result]:
    """Return the result of ``work`` for each entry; faults of several are told at once."""
    results: list[_Result] = []
    faults: list[Fault] = []
    first: HandrailError | None = None
    for entry in entries:
        try:
            results.append(work(entry.position))
        except HandrailError as error:
            first = first or error
            faults += _placed(entry.position, error)
            if len(faults) > MOST_FAULTS or not isinstance(error, InvalidResourceError):
                break
    if first is not None:
        raise type(first)(first.message, faults) from first
    return results


def _placed(position: int, error: HandrailError) -> Iterator[Fault]:
    """Yield the faults of an entry, with the paths they have in the Bundle."""
    where = f"Bundle.entry[{position}]"
    for fault in error.faults or [Fault("", error.message, error.code)]:
        _, _, inner = fault.path.partition(".")
        path = f"{where}.resource.{inner}" if inner else where
        yield Fault(path, fault.text, fault.code, fault.severity)


def _links(steps: Iterable[Step]) -> _Links:
    """Return what references to the entries become."""
    links, written = _Links(), [one for one in steps if one.method in {"POST", "PUT"}]
    for one in written:
        old = one.entry.id
        _, _, one.entry.id = one.reference.partition("/")
        full_url = one.entry.full_url
        if one.method == "POST" and full_url and not full_url.startswith("urn:"):
            new = one.reference.encode()
            links.addresses[full_url.encode()] = new
            if full_url.endswith(f"/{one.kind}/{old}"):
                links.addresses[f"{one.kind}/{old}".encode()] = new
    links.urns = literal(one.entry for one in written)
    return links


def _commit(request: Request, steps: Sequence[Step], links: _Links) -> dict[str, Stored]:
    """Write everything at once; return what was written, by reference."""
    conditional = cache(lambda query: referred(query, by=request.by))
    at = {one.entry.position: one for one in steps}

    def check(position: int) -> Submitted:
        one = at[position]
        raw = links.made_literal(one.entry.raw, conditional)
        return submit(Draft(raw=raw, if_match=one.if_match), one.identity, new=one.method == "POST")

    new = [one.entry for one in steps if one.method == "POST" and not one.existing]
    changed = [one.entry for one in steps if one.method == "PUT"]
    drafts: list[Draft | Submitted] = [
        Draft(delete=one.reference, if_match=one.if_match)
        for one in steps
        if one.method == "DELETE"
    ]
    drafts += _each([*new, *changed], check)
    if not drafts:
        return {}
    done = store.commit(drafts, by=request.by, reason="FHIR API: transaction", origin=ORIGIN)
    return {stored.reference: stored for stored in done.stored if not stored.cause}


def _answered(request: Request, one: Step, done: dict[str, Stored]) -> bytes:
    """Return the entry of the answering Bundle."""
    if one.method == "GET":
        return responded(_read(request, one))
    stored = done.get(one.reference)
    if stored is None:  # it was there already, or says nothing new
        return responded(_shown(request, 200, store.read(one.reference, by=request.by)))
    if stored.deleted:
        return responded(Response(204, stored=stored))
    return responded(_shown(request, 201 if stored.version == 1 else 200, stored))


def _read(request: Request, one: Step) -> Response:
    response = answer(nested(request, one.entry))
    if response.outcome:
        raise BadRequestError(f"Entry {one.entry.position} cannot be read; nothing was stored.")
    return response


def _shown(request: Request, status: int, stored: Stored) -> Response:
    whole = request.preferences.get("return") == "representation"
    return Response(status, stored.body if whole else b"", stored=stored)
