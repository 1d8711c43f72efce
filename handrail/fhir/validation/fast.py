"""The fast layer: says yes only when a resource is certainly valid.

What it refuses may still be valid; the complete layer decides. It works on the text without
insignificant white space, so a few searches for bytes answer what types cannot:

- blank strings, control characters and empty objects are visible in the text;
- a member that is there twice is lost in decoding, so that encoding gives fewer members;
- nesting can only be deep if there are many brackets.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import msgspec

from handrail.fhir.invariants import RESOURCE_RULES
from handrail.fhir.r4 import MODULES, structure
from handrail.fhir.structure import Structure
from handrail.fhir.validation.contained import Contained, fits, read_contained
from handrail.fhir.validation.nesting import is_deep

_SUSPECT: Final = re.compile(rb'"(?: |\\[tnr])+"|\\[bf]|\\u00[0-7]')
_CONDITIONAL: Final = re.compile(rb'"reference":"[A-Za-z]+\?')
_TYPE: Final = re.compile(rb'\{"resourceType":"([A-Za-z]+)"')
_encode: Final = msgspec.json.Encoder().encode


class _Head(msgspec.Struct):
    """The member that names the type, for texts that do not begin with it."""

    resource_type: str = msgspec.field(name="resourceType")


_head: Final = msgspec.json.Decoder(_Head)


@cache
def _decoder(resource_type: str) -> msgspec.json.Decoder[Structure]:
    return msgspec.json.Decoder(structure(resource_type))


def certain(text: bytes, resource_type: str | None = None, *, conditional: bool = False) -> bool:
    """Return True if ``text`` is certainly a valid resource (of ``resource_type``)."""
    try:
        tidy = msgspec.json.format(text, indent=-1)
        if not (_clean(tidy) and (conditional or not _has_query(tidy))):
            return False
        return _valid(tidy, resource_type)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _clean(tidy: bytes) -> bool:
    if b"{}" in tidy:
        return False
    if (b"\\" in tidy or b'" ' in tidy) and _SUSPECT.search(tidy):
        return False
    return not is_deep(tidy)


def _has_query(tidy: bytes) -> bool:
    return b"?" in tidy and _CONDITIONAL.search(tidy) is not None


def _valid(tidy: bytes, resource_type: str | None = None, outer: Contained | None = None) -> bool:
    """Return True if one resource, and all within it, is certainly valid."""
    match = _TYPE.match(tidy)
    found = match[1].decode() if match else _head.decode(tidy).resource_type
    if found not in MODULES or (resource_type and found != resource_type):
        return False
    decoded: Any = _decoder(found).decode(tidy)
    if tidy.count(b'":') != _encode(decoded).count(b'":'):
        return False
    rule = RESOURCE_RULES.get(found)
    if rule and any(True for _ in rule(msgspec.json.decode(tidy))):
        return False
    return _inner(found, decoded, tidy, outer)


def _inner(found: str, decoded: Any, tidy: bytes, outer: Contained | None) -> bool:
    """Return True if the resources inside ``decoded`` are certainly valid."""
    if found == "Bundle":
        return _all_valid(decoded.entry, "resource") and _outcomes_valid(decoded.entry)
    if found == "Parameters":
        return _parameters_valid(decoded.parameter)
    if found == "Binary":
        return True
    raws = () if decoded.contained is msgspec.UNSET else decoded.contained
    if not raws and b'"#' not in tidy:
        return True
    contained = read_contained(raws, tidy, found) if outer is None else outer
    if contained is None or (outer is not None and raws):
        return False
    return fits(decoded, contained) and all(
        _valid(bytes(each), None, contained) for each in raws
    )


def _all_valid(items: Any, name: str) -> bool:
    """Return True if the resource in ``name`` of each item is certainly valid."""
    if items is msgspec.UNSET:
        return True
    raws = [raw for raw in (getattr(each, name) for each in items) if raw is not msgspec.UNSET]
    return all(_valid(bytes(raw)) for raw in raws)


def _outcomes_valid(entries: Any) -> bool:
    """Return True if the outcome of each response in a bundle is certainly valid."""
    if entries is msgspec.UNSET:
        return True
    responses = [each.response for each in entries if each.response is not msgspec.UNSET]
    return _all_valid(responses, "outcome")


def _parameters_valid(parameters: Any) -> bool:
    """Return True if every resource in parameters and their parts is certainly valid."""
    if parameters is msgspec.UNSET:
        return True
    return _all_valid(parameters, "resource") and all(
        _parameters_valid(each.part) for each in parameters
    )
