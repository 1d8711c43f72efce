"""``_summary`` and ``_elements``: resources shortened by leaving out members, never by rewriting.

What is kept keeps its text. What is shortened is tagged SUBSETTED, so that nobody stores it back.
Mandatory elements are always kept, and those that can change what the rest means.

Source: http://hl7.org/fhir/R4/search.html#summary and #elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from handrail.fhir.elements import ElementOf, elements

SUMMARIES: Final = frozenset({"true", "text", "data", "count", "false"})
_SUBSETTED: Final = (
    b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
)
_ALWAYS: Final = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_text = msgspec.json.Decoder(str)
_Keep = Callable[[ElementOf], bool]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for: ``_summary``, or the names in ``_elements``."""

    summary: str = ""
    elements: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Tell whether resources stay as they are."""
        return not self.elements and self.summary in ("", "false", "count")


def shape_of(summary: str, listed: Iterable[str]) -> Shape:
    """Return the shape for ``_summary`` and the values of ``_elements``."""
    names = (name.strip() for value in listed for name in value.split(","))
    return Shape(summary, frozenset(name for name in names if name))


def shorten(body: bytes, shape: Shape) -> bytes:
    """Return a resource, or a Bundle with every resource in it, in this shape."""
    if shape.whole or not body:
        return body
    members = _members.decode(body)
    kind = _kind(members)
    if kind == "Bundle":
        if "entry" in members:
            shortened = b",".join(_entry(one, shape) for one in _list.decode(members["entry"]))
            members["entry"] = msgspec.Raw(b"[%b]" % shortened)
        return _joined(members)
    return _resource(body, members, kind, shape)


def _entry(entry: bytes, shape: Shape) -> bytes:
    members = _members.decode(entry)
    if "resource" in members:
        body = bytes(members["resource"])
        inner = _members.decode(body)
        members["resource"] = msgspec.Raw(_resource(body, inner, _kind(inner), shape))
    return _joined(members)


def _kind(members: Mapping[str, msgspec.Raw]) -> str:
    return _text.decode(members["resourceType"]) if "resourceType" in members else ""


def _resource(body: bytes, members: dict[str, msgspec.Raw], kind: str, shape: Shape) -> bytes:
    known = elements(kind)
    if not known or kind in ("OperationOutcome", "Bundle", "Parameters"):
        return body
    keep = _rule(kind, shape)
    deep = shape.summary == "true" and not shape.elements
    first: tuple[str, ...] = ("resourceType", "id")
    kept = {name: members[name] for name in first if name in members}
    kept["meta"] = _tagged(members.get("meta"))
    for name, value in members.items():
        if name not in kept and (name in _ALWAYS or _is_kept(name, known, keep)):
            kept[name] = _summarized(known[name], value) if deep and name in known else value
    return _joined(kept)


def _rule(kind: str, shape: Shape) -> _Keep:
    """Return what decides whether an element of the resource stays."""
    if shape.elements:
        names = {name.removeprefix(f"{kind}.") for name in shape.elements}
        return lambda one: one.mandatory or one.name in names or one.choice in names
    if shape.summary == "data":
        return lambda one: one.name != "text"
    if shape.summary == "text":
        return lambda one: one.mandatory or one.name == "text"
    return lambda one: one.summary or one.mandatory


def _is_kept(name: str, known: Mapping[str, ElementOf], keep: _Keep) -> bool:
    element = known.get(name.removeprefix("_"))
    return element is not None and keep(element)


@cache
def _has_more(kind: str) -> bool:
    """Tell whether a structure within a resource may hold what is not part of the summary."""
    return any(
        "." in one.type or not (one.summary or one.mandatory or one.name in ("id", "extension"))
        for one in elements(kind).values()
    )


def _summarized(element: ElementOf, value: msgspec.Raw) -> msgspec.Raw:
    """Return a structure without what is not part of the summary; data types stay whole."""
    if "." not in element.type or not _has_more(element.type):
        return value
    if bytes(value)[:1] == b"[":
        listed = b",".join(_within(element.type, one) for one in _list.decode(value))
        return msgspec.Raw(b"[%b]" % listed)
    return msgspec.Raw(_within(element.type, value))


def _within(kind: str, value: msgspec.Raw) -> bytes:
    known = elements(kind)
    kept: dict[str, msgspec.Raw] = {}
    for name, inner in _members.decode(value).items():
        one = known.get(name.removeprefix("_"))
        if one is not None and (one.summary or one.mandatory or one.attribute):
            kept[name] = _summarized(one, inner)
    return _joined(kept)


def _tagged(meta: msgspec.Raw | None) -> msgspec.Raw:
    """Return ``meta`` with the tag that says that this is not the whole resource."""
    members = _members.decode(meta) if meta else {}
    tags = [bytes(tag) for tag in _list.decode(members["tag"])] if "tag" in members else []
    if not any(b'"SUBSETTED"' in tag for tag in tags):
        tags.append(_SUBSETTED)
    members["tag"] = msgspec.Raw(b"[%b]" % b",".join(tags))
    return msgspec.Raw(_joined(members))


def _joined(members: Mapping[str, msgspec.Raw]) -> bytes:
    return b"{%b}" % b",".join(
        b"%b:%b" % (msgspec.json.encode(name), bytes(value)) for name, value in members.items()
    )
