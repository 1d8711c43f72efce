"""``POST [base]`` with a transaction: everything in the Bundle happens, or nothing.

Deletions, then creations, then updates, then reads. References between entries (``urn:uuid:…``, or
the ``fullUrl`` of what is created) and conditional references become literal. A batch goes to
:mod:`handrail.edge.fhir_api.batch`.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from uuid import uuid4

from handrail.access.database import acting
from handrail.edge.fhir_api.answering import answer
from handrail.edge.fhir_api.batch import batch, nested, responded
from handrail.edge.fhir_api.bundles import bundle
from handrail.edge.fhir_api.conditions import matched, referred
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Request, is_id, split_path, version_of
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.update import refuse_other_id
from handrail.edge.fhir_api.writing import ORIGIN, refuse_other_media
from handrail.fhir.bundle import Entry, literal, open_bundle, resolve
from handrail.fhir.errors import Fault, HandrailError, InvalidResourceError
from handrail.fhir.r4 import MODULES
from handrail.record import store
from handrail.record.prepare import Submitted, submit
from handrail.record.stored import Draft, Stored

MOST_FAULTS = 100
_TYPE_AND_ID = 2
_REFERENCE = re.compile(rb'("reference"\s*:\s*")([^"\\]+)(")')


@dataclass(slots=True)
class _Step:
    """One entry of the transaction: what it is to do, and to what."""

    entry: Entry
    method: str
    kind: str
    identity: str = ""
    existing: str = ""  # the resource a conditional create found: nothing to do
    if_match: int | None = None

    @property
    def reference(self) -> str:
        """Return ``Type/id`` of what the entry is about."""
        return self.existing or f"{self.kind}/{self.identity}"


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


_Subject = TypeVar("_Subject", Entry, _Step)
_Result = TypeVar("_Result")


def transaction(request: Request) -> Response:
    """Carry out a Bundle of type transaction or batch."""
    refuse_other_media(request)
    kind, entries = open_bundle(request.read())
    if kind == "batch":
        return batch(request, entries)
    if kind != "transaction":
        raise BadRequestError("Send a Bundle whose type is transaction or batch to this address.")
    with acting(request.by, durable=True):
        steps = _each(entries, lambda entry: _step(request, entry))
        _refuse_doubles(steps)
        links = _links(steps)
        done = _commit(request, steps, links)
        answered = [_answered(request, step, done) for step in steps]
    return Response(200, bundle("transaction-response", answered))


def _each(entries: Iterable[_Subject], work: Callable[[_Subject], _Result]) -> list[_Result]:
    """Return the results for all entries; the faults of all of them are told at once."""
    results: list[_Result] = []
    faults: list[Fault] = []
    first: HandrailError | None = None
    for subject in entries:
        entry = subject if isinstance(subject, Entry) else subject.entry
        try:
            results.append(work(subject))
        except HandrailError as error:
            first = first or error
            faults += _placed(entry.position, error)
            if len(faults) > MOST_FAULTS or not isinstance(error, InvalidResourceError):
                break
    if first is not None:
        raise type(first)(first.message, faults) from first
    return results


def _placed(position: int, error: HandrailError) -> Iterable[Fault]:
    """Yield the faults of an entry, with the paths they have in the Bundle."""
    where = f"Bundle.entry[{position}]"
    for fault in error.faults or [Fault("", error.message, error.code)]:
        _, _, inner = fault.path.partition(".")
        path = f"{where}.resource.{inner}" if inner else where
        yield Fault(path, fault.text, fault.code, fault.severity)


def _step(request: Request, entry: Entry) -> _Step:
    """Return what an entry is to do; its conditions are answered here."""
    if entry.method not in _PLANS:
        raise BadRequestError("request.method is one of DELETE, POST, PUT and GET.")
    path, _, query = entry.url.removeprefix(request.base).partition("?")
    parts = split_path(path)
    if not parts or parts[0] not in MODULES:
        raise BadRequestError("request.url is relative to this server: Patient or Patient/123.")
    step = _Step(entry, entry.method, parts[0])
    if entry.if_match:
        step.if_match = version_of(entry.if_match)
    _PLANS[entry.method](request, step, parts, query)
    return step


def _plan_get(request: Request, step: _Step, parts: Sequence[str], query: str) -> None:
    """Reads are answered at the end, as if they had come alone."""


def _plan_delete(request: Request, step: _Step, parts: Sequence[str], query: str) -> None:
    if query or len(parts) != _TYPE_AND_ID or not is_id(parts[1]):
        raise BadRequestError("Deleting needs the id: DELETE Patient/123.")
    step.identity = parts[1]


def _plan_post(request: Request, step: _Step, parts: Sequence[str], query: str) -> None:
    _refuse_other_type(step)
    if query or len(parts) != 1:
        raise BadRequestError("Creating needs the type alone: POST Patient.")
    if step.entry.if_none_exist:
        step.existing = matched(step.kind, step.entry.if_none_exist, by=request.by)
    step.identity = uuid4().hex


def _plan_put(request: Request, step: _Step, parts: Sequence[str], query: str) -> None:
    _refuse_other_type(step)
    if len(parts) == _TYPE_AND_ID and not query:
        if not is_id(parts[1]):
            raise BadRequestError("This cannot be an id: letters, digits, - and . only.")
        refuse_other_id(parts[1], step.entry.id)
        step.identity = parts[1]
        return
    if len(parts) != 1 or not query:
        raise BadRequestError("Updating needs an id or a condition: PUT Patient/123.")
    found = matched(step.kind, query, by=request.by).partition("/")[2]
    step.identity = found or step.entry.id or uuid4().hex


_PLANS: dict[str, Callable[[Request, _Step, Sequence[str], str], None]] = {
    "GET": _plan_get,
    "DELETE": _plan_delete,
    "POST": _plan_post,
    "PUT": _plan_put,
}


def _refuse_other_type(step: _Step) -> None:
    if step.entry.resource_type != step.kind:
        raise BadRequestError(
            f"request.url says {step.kind}, the resource is"
            f" {step.entry.resource_type[:60] or 'missing'}."
        )


def _refuse_doubles(steps: Iterable[_Step]) -> None:
    seen: set[str] = set()
    for step in steps:
        if step.method == "GET":
            continue
        if step.reference in seen and not step.existing:
            raise BadRequestError(
                f"A transaction names each resource once; entry {step.entry.position} names"
                " one again."
            )
        seen.add(step.reference)


def _links(steps: Iterable[_Step]) -> _Links:
    """Return what references to the entries become."""
    links, written = _Links(), [step for step in steps if step.method in ("POST", "PUT")]
    for step in written:
        old = step.entry.id
        _, _, step.entry.id = step.reference.partition("/")
        full_url = step.entry.full_url
        if step.method == "POST" and full_url and not full_url.startswith("urn:"):
            new = step.reference.encode()
            links.addresses[full_url.encode()] = new
            if full_url.endswith(f"/{step.kind}/{old}"):
                links.addresses[f"{step.kind}/{old}".encode()] = new
    links.urns = literal(step.entry for step in written)
    return links


def _commit(request: Request, steps: Sequence[_Step], links: _Links) -> dict[str, Stored]:
    """Write everything at once; return what was written, by reference."""
    conditional = cache(lambda query: referred(query, by=request.by))

    def check(step: _Step) -> Submitted:
        raw = links.made_literal(step.entry.raw, conditional)
        return submit(Draft(raw=raw, if_match=step.if_match), step.identity)

    new = [step for step in steps if step.method == "POST" and not step.existing]
    changed = [step for step in steps if step.method == "PUT"]
    deleted = [
        Draft(delete=step.reference, if_match=step.if_match)
        for step in steps
        if step.method == "DELETE"
    ]
    drafts = [*deleted, *_each([*new, *changed], check)]
    if not drafts:
        return {}
    done = store.commit(drafts, by=request.by, reason="FHIR API: transaction", origin=ORIGIN)
    return {stored.reference: stored for stored in done.stored if not stored.cause}


def _answered(request: Request, step: _Step, done: dict[str, Stored]) -> bytes:
    """Return the entry of the answering Bundle."""
    if step.method == "GET":
        response = answer(nested(request, step.entry))
        if response.outcome:
            raise BadRequestError(
                f"Entry {step.entry.position} cannot be read; nothing was stored."
            )
        return responded(response)
    stored = done.get(step.reference)
    if stored is None:  # it was there already, or says nothing new
        response = _shown(request, 200, store.read(step.reference, by=request.by))
    elif stored.deleted:
        response = Response(204, stored=stored)
    else:
        response = _shown(request, 201 if stored.version == 1 else 200, stored)
    return responded(response)


def _shown(request: Request, status: int, stored: Stored) -> Response:
    whole = request.preferences.get("return") == "representation"
    return Response(status, stored.body if whole else b"", stored=stored)
