"""``DocumentReference/$docref``: where a patient's documents are.

``patient`` says whose, ``start`` and ``end`` the time of the care they are about (the period of
their context, else their date), ``type`` and ``profile`` which. Without ``start`` and ``end`` the
newest document of each type is in scope. Handrail makes no documents on demand, so with
``on-demand=true`` the answer is empty.

Source: http://hl7.org/fhir/us/core/OperationDefinition-docref.html (US Core 6.1.0 and 7.0.0).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from handrail.access.database import acting
from handrail.edge.operations import asking
from handrail.fhir.errors import TooLargeError
from handrail.fhir.searching.query import parse
from handrail.fhir.searching.times import Interval, interval, period
from handrail.operation import Answer, Asked, Operation
from handrail.record import store
from handrail.record.bundles import bundle, found
from handrail.record.stored import Stored

MOST = 1000
"""Documents of one patient that are looked through."""


class _Context(msgspec.Struct):
    period: dict[str, Any] | None = None


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Type(msgspec.Struct):
    coding: list[_Coding] = []
    text: str = ""


class _Meta(msgspec.Struct):
    profile: list[str | None] = []


class _Document(msgspec.Struct):
    """What decides whether a document is in scope; its content is passed over."""

    meta: _Meta = msgspec.field(default_factory=_Meta)
    type: _Type = msgspec.field(default_factory=_Type)
    date: str = ""
    context: _Context = msgspec.field(default_factory=_Context)

    def cared(self) -> Interval | None:
        """Return the time of the care it is about."""
        own = period(self.context.period) if self.context.period else None
        return own or interval(self.date)

    def kinds(self) -> frozenset[tuple[str, str]]:
        """Return what sort of document it is."""
        coded = {(one.system, one.code) for one in self.type.coding}
        return frozenset(coded or {("", self.type.text)})


_document = msgspec.json.Decoder(_Document, strict=False)


def docref(asked: Asked) -> Answer:
    """Answer with a searchset of DocumentReferences, the newest first."""
    patient = _patient(asked)
    begins, ends = asking.span(asked, "start"), asking.span(asked, "end")
    profiles = {profile.partition("|")[0] for profile in asked.values("profile")}
    if asking.truth(asked, "on-demand"):
        return Answer(body=bundle("searchset", [], total=0))
    pairs = [("patient", patient), ("status", "current"), ("_sort", "-date"), ("_count", str(MOST))]
    wanted = ",".join(f"{system}|{code}" if system else code for system, code in _types(asked))
    pairs += [("type", wanted)] if wanted else []
    with acting(asked.by, durable=False):
        page = store.search(parse("DocumentReference", pairs, strict=True), by=asked.by)
    if page.after is not None:
        raise TooLargeError(f"This patient has more than {MOST} documents. Name their type.")
    listed = [(one, _document.decode(one.body)) for one in page.entries]
    listed = [(one, document) for one, document in listed if _fits(document, profiles)]
    if begins or ends:
        chosen = [one for one, document in listed if _during(document, begins, ends)]
    else:
        chosen = list(_newest(listed))
    entries = [found(asked.base, one, "match") for one in chosen]
    return Answer(body=bundle("searchset", entries, total=len(entries)))


def _patient(asked: Asked) -> str:
    own = asking.own_patients(asked)
    given = asked.value("patient") or (own[0] if len(own) == 1 else "")
    if not given:
        raise asking.ParameterError("patient is missing: the id of the patient.")
    return given.removeprefix("Patient/")


def _types(asked: Asked) -> list[tuple[str, str]]:
    return [
        (_escaped(system), _escaped(code))
        for system, code in asking.codings(asked, "type")
        if code or system
    ]


def _escaped(part: str) -> str:
    return "".join(f"\\{each}" if each in "\\,|$" else each for each in part)


def _fits(document: _Document, profiles: set[str]) -> bool:
    own = {profile.partition("|")[0] for profile in document.meta.profile if profile}
    return not profiles or not profiles.isdisjoint(own)


def _during(document: _Document, begins: Interval | None, ends: Interval | None) -> bool:
    cared = document.cared()
    if cared is None:
        return False
    return not (begins and cared[1] <= begins[0]) and not (ends and cared[0] >= ends[1])


def _newest(listed: Iterable[tuple[Stored, _Document]]) -> Iterable[Stored]:
    """Yield the first of each type; they are in order."""
    seen: set[tuple[str, str]] = set()
    for one, document in listed:
        kinds = document.kinds()
        if not kinds <= seen:
            yield one
        seen |= kinds


DOCREF = Operation(
    name="docref",
    definition="http://hl7.org/fhir/us/core/OperationDefinition/docref",
    does="Returns the references to a patient's documents, by time of care and type.",
    answer=docref,
    types=frozenset({"DocumentReference"}),
    on_type=True,
)
