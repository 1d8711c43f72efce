"""``POST [base]`` with a transaction: everything in the Bundle happens, or nothing.

Deletions, then creations, then updates and patches, then reads. Links between entries
(``urn:uuid:…``, ``urn:oid:…``, or the ``fullUrl`` of what is written) and conditional references
become literal. A batch goes to :mod:`handrail.edge.fhir_api.batch`.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from threading import Lock
from typing import TypeVar

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.edge.fhir_api import outcomes
from handrail.edge.fhir_api.allowance import Allowance
from handrail.edge.fhir_api.answering import answer
from handrail.edge.fhir_api.batch import batch, nested, responded
from handrail.edge.fhir_api.conditions import referred
from handrail.edge.fhir_api.errors import BadRequestError, UnavailableError
from handrail.edge.fhir_api.patch import changed
from handrail.edge.fhir_api.request import Request
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.steps import READS, Plan, Step, in_order, refuse_doubles, step
from handrail.edge.fhir_api.writing import ORIGIN, refuse_other_media
from handrail.fhir.bundle import Entry, open_bundle, resolve
from handrail.fhir.errors import (
    Fault,
    HandrailError,
    InvalidResourceError,
    TooLargeError,
    VersionConflictError,
)
from handrail.fhir.linking import Links
from handrail.record import store
from handrail.record.bundles import bundle
from handrail.record.prepare import Submitted, submit
from handrail.record.stored import Draft, Stored

MOST_FAULTS = 100
MOST_ENTRIES = 20_000
LARGE = 8_000_000  # bytes; of Bundles this large one is in memory at a time
PATIENCE = 60.0  # seconds
_one_large = Lock()
_WRITES = frozenset({"POST", "PUT", "PATCH"})
_Result = TypeVar("_Result")


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
    allowance = Allowance()
    with acting(request.by, durable=True):
        steps = _planned(request, entries, allowance)
        done = _commit(request, steps, allowance)
        answered = [allowance.spend(_answered(request, one, done, allowance)) for one in steps]
    return Response(200, bundle("transaction-response", answered))


def _planned(request: Request, entries: Sequence[Entry], allowance: Allowance) -> list[Step]:
    """Return what each entry is to do, in the order in which they came."""
    plan = Plan(request)
    steps = _each(in_order(entries), lambda place: step(plan, entries[place]), allowance)
    refuse_doubles(steps)
    _leave_out_gone(request, steps)
    return sorted(steps, key=lambda one: one.entry.position)


def _leave_out_gone(request: Request, steps: Iterable[Step]) -> None:
    """Mark the deletions of what is not there: they are done already."""
    deletions = [one for one in steps if one.method == "DELETE" and not one.nothing]
    for kind in {one.kind for one in steps if one.method == "DELETE"}:
        require(request.by, "delete", kind)
    if not deletions:
        return
    references = [(one.kind, one.identity) for one in deletions]
    there = store.current_versions(references, by=request.by)
    for one in deletions:
        one.nothing = one.reference not in there
        if one.nothing and one.if_match is not None:
            raise VersionConflictError(
                f"{one.reference} is not there (any more), so it has no version {one.if_match}."
            )


def _each(
    entries: Iterable[Entry], work: Callable[[int], _Result], allowance: Allowance
) -> list[_Result]:
    """Return the result of ``work`` for each entry; faults of several are told at once."""
    results: list[_Result] = []
    faults: list[Fault] = []
    first: HandrailError | None = None
    for entry in entries:
        try:
            allowance.check()
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


def _links(request: Request, steps: Iterable[Step]) -> Links:
    """Return what links to the entries become."""
    links = Links()
    for one in steps:
        if one.method not in {"POST", "PUT"}:
            continue
        old, full_url = one.entry.id, one.entry.full_url
        _, _, one.entry.id = one.reference.partition("/")
        if not full_url or full_url == f"{request.base}/{one.reference}":
            continue
        links.add(full_url, one.reference)
        if one.method == "POST" and old and full_url.endswith(f"/{one.kind}/{old}"):
            links.add(f"{one.kind}/{old}", one.reference)
    return links


def _commit(request: Request, steps: Sequence[Step], allowance: Allowance) -> dict[str, Stored]:
    """Write everything at once; return what was written, by reference."""
    links = _links(request, steps)
    conditional = cache(lambda query: referred(query, by=request.by))
    at = {one.entry.position: one for one in steps}

    def check(position: int) -> Submitted:
        one = at[position]
        raw, if_match = one.entry.raw, one.if_match
        if one.method == "PATCH":
            stored = store.read(one.reference, by=request.by)
            raw, if_match = changed(stored, "", raw, if_match), stored.version
        raw = resolve(links.made_literal(raw), {}, conditional)
        new = one.method == "POST"  # nothing can be stored under an id that was made just now
        return submit(Draft(raw=raw, if_match=if_match), one.identity, new=new)

    writes = [one.entry for one in steps if one.method in _WRITES and not one.existing]
    drafts: list[Draft | Submitted] = [
        Draft(delete=one.reference, if_match=one.if_match)
        for one in steps
        if one.method == "DELETE" and not one.nothing
    ]
    drafts += _each(in_order(writes), check, allowance)
    if not drafts:
        return {}
    done = store.commit(drafts, by=request.by, reason="FHIR API: transaction", origin=ORIGIN)
    return {stored.reference: stored for stored in done.stored if not stored.cause}


def _answered(request: Request, one: Step, done: dict[str, Stored], allowance: Allowance) -> bytes:
    """Return the entry of the answering Bundle."""
    allowance.check()
    if one.method in READS:
        return responded(_read(request, one))
    if one.nothing:
        return responded(Response(204))
    stored = done.get(one.reference)
    if stored is None:  # it was there already, or says nothing new
        return responded(_shown(request, 200, store.read(one.reference, by=request.by)))
    if stored.deleted:
        return responded(Response(204, stored=stored))
    new = stored.version == 1 and not one.existing
    return responded(_shown(request, 201 if new else 200, stored))


def _read(request: Request, one: Step) -> Response:
    response = answer(nested(request, one.entry))
    if response.outcome:
        raise BadRequestError(f"Entry {one.entry.position} cannot be read; nothing was stored.")
    return response


def _shown(request: Request, status: int, stored: Stored) -> Response:
    wanted = request.preferences.get("return")
    if wanted == "OperationOutcome":
        said = outcomes.said(f"{stored.reference} is stored as version {stored.version}.")
        return Response(status, stored=stored, outcome=said)
    whole = wanted == "representation"
    return Response(status, stored.body if whole else b"", stored=stored)
