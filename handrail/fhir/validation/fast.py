"""The fast layer: says yes only when a resource is certainly valid.

What it refuses may still be valid; the complete layer decides. It works on the text without
insignificant white space, so a few searches for bytes answer what types cannot:

- blank strings, control characters and empty objects are visible in the text;
- a member that is there twice is lost in decoding, so that encoding gives fewer members;
- nesting can only be deep if there are many brackets.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any, Final

import msgspec

from handrail.fhir.invariants import RESOURCE_RULES
from handrail.fhir.r4 import MODULES, structure
from handrail.fhir.structure import Structure
from handrail.fhir.validation.contained import Contained, fits, fits_by_name, read_contained
from handrail.fhir.validation.nesting import is_deep, may_be_deep
from handrail.fhir.validation.outline import bundle_outline

_BLANK: Final = re.compile(rb'"(?: |\\[tnr])+"')
_ESCAPED: Final = re.compile(rb"\\u00(?:[014-7]|2[0-5]|3[0-9abfABF])")
"""Escapes of ASCII, except of the few that writers of HTML-safe JSON use: <, =, > and & to /."""
_CONDITIONAL: Final = re.compile(rb'"reference":"[A-Za-z]+\?')
_TYPE: Final = re.compile(rb'\{"resourceType":"([A-Za-z]+)"')
_encode: Final = msgspec.json.Encoder().encode


class _Head(msgspec.Struct):
    """The member that names the type, for texts that do not begin with it."""

    resource_type: str = msgspec.field(name="resourceType")


_head: Final = msgspec.json.Decoder(_Head)


_making = threading.Lock()


@cache
def _decoder(resource_type: str) -> msgspec.json.Decoder[Structure]:
    """Return the decoder of a type, made when it is first asked for.

    One at a time: msgspec notes a half-made description on each class it meets, and another thread
    that met it there would take it for whole, and crash the process.
    """
    with _making:
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
    if b"{}" in tidy or (b' "' in tidy and b'" ' in tidy and _BLANK.search(tidy)):
        return False
    return b"\\" not in tidy or _plain(tidy)


def _plain(tidy: bytes) -> bool:
    """Return whether escapes in ``tidy`` make neither blanks nor control characters."""
    if b"\\b" in tidy or b"\\f" in tidy or _ESCAPED.search(tidy):
        return False
    return not (b'"\\' in tidy and _BLANK.search(tidy))


def _has_query(tidy: bytes) -> bool:
    return b"?" in tidy and _CONDITIONAL.search(tidy) is not None


def _valid(tidy: bytes, resource_type: str | None = None) -> bool:
    """Return True if the document is certainly valid."""
    found = _type_of(tidy)
    if resource_type and found != resource_type:
        return False
    if found == "Bundle":
        decoded = _decoded(tidy, found)
        return decoded is not None and _bundle_valid(decoded)
    if found == "Parameters":
        decoded = None if is_deep(tidy) else _decoded(tidy, found)
        return decoded is not None and _parameters_valid(decoded.parameter)
    return _one_valid(tidy, found)


def _type_of(tidy: bytes) -> str:
    match = _TYPE.match(tidy)
    return match[1].decode() if match else _head.decode(tidy).resource_type


def _decoded(tidy: bytes, found: str) -> Any:
    """Return the structure if its own members are certainly valid, else None."""
    if found not in MODULES or may_be_deep(tidy, found):
        return None
    decoded = _decoder(found).decode(tidy)
    if tidy.count(b'":') != _encode(decoded).count(b'":'):
        return None
    rule = RESOURCE_RULES.get(found)
    if rule is not None:
        plain = bundle_outline(tidy) if found == "Bundle" else msgspec.json.decode(tidy)
        if any(True for _ in rule(plain)):
            return None
    return decoded


def _one_valid(tidy: bytes, found: str = "", outer: Contained | None = None) -> bool:
    """Return True if one resource that is not a bundle or parameters is certainly valid."""
    found = found or _type_of(tidy)
    decoded = None if found in {"Bundle", "Parameters"} else _decoded(tidy, found)
    if decoded is None or found == "Binary":
        return decoded is not None
    raws = () if decoded.contained is msgspec.UNSET else decoded.contained
    if not raws and b'"#' not in tidy:
        return True
    contained = read_contained(raws, tidy, found) if outer is None else outer
    if contained is None or (outer is not None and raws):
        return False
    if b'"#' in tidy and not (fits_by_name(decoded, contained, tidy) or fits(decoded, contained)):
        return False
    return all(_one_valid(bytes(each), "", contained) for each in raws)


def _each_valid(items: Any, name: str) -> bool:
    """Return True if the resource in ``name`` of each item is certainly valid."""
    raws = (getattr(each, name) for each in items)
    return all(_one_valid(bytes(raw)) for raw in raws if raw is not msgspec.UNSET)


def _bundle_valid(bundle: Any) -> bool:
    """Return True if every resource in a bundle is certainly valid."""
    if bundle.entry is msgspec.UNSET:
        return True
    responses = (each.response for each in bundle.entry if each.response is not msgspec.UNSET)
    return _each_valid(bundle.entry, "resource") and _each_valid(responses, "outcome")


def _parameters_valid(parameters: Any) -> bool:
    """Return True if every resource in parameters and their parts is certainly valid."""
    if parameters is msgspec.UNSET:
        return True
    return _each_valid(parameters, "resource") and all(
        _parameters_valid(each.part) for each in parameters
    )
