"""Contained resources as the fast layer sees them: who is there, and who points at them.

Source: http://hl7.org/fhir/R4/references.html#contained (dom-2 to dom-5, ref-1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Raw, UnsetType

from handrail.fhir.structure import Structure
from handrail.fhir.validation.schema import members

_LOCAL: Final = b'"reference":"#'
_ANY: Final = frozenset({"*"})
Contained = dict[str, str]
"""The type of each contained resource by its id; the container is under the empty id."""


class _Meta(msgspec.Struct):
    versionId: str | UnsetType = msgspec.UNSET  # noqa: N815 - the name in FHIR
    lastUpdated: str | UnsetType = msgspec.UNSET  # noqa: N815 - the name in FHIR
    security: Raw | UnsetType = msgspec.UNSET


class _Inner(msgspec.Struct):
    resourceType: str  # noqa: N815 - the name in FHIR
    id: str
    contained: Raw | UnsetType = msgspec.UNSET
    meta: _Meta | UnsetType = msgspec.UNSET


_inner = msgspec.json.Decoder(_Inner)


def read_contained(raws: Sequence[Raw], tidy: bytes, container: str) -> Contained | None:
    """Return the contained resources, or None if they may break a rule of containment."""
    found: Contained = {"": container}
    for raw in raws:
        inner = _inner.decode(raw)
        if inner.id in found or inner.contained is not msgspec.UNSET or not _bare(inner.meta):
            return None
        if b'"#%b"' % inner.id.encode() not in tidy and b'"#"' not in bytes(raw):
            return None
        found[inner.id] = inner.resourceType
    return found


def _bare(meta: _Meta | UnsetType) -> bool:
    if isinstance(meta, UnsetType):
        return True
    unset = (meta.versionId, meta.lastUpdated, meta.security).count(msgspec.UNSET)
    return unset == 3  # noqa: PLR2004 - all three


def fits_by_name(decoded: Structure, contained: Contained, tidy: bytes) -> bool:
    """Return True if the member names in the text already show what ``fits`` would find."""
    allowed = _allowed(type(decoded))
    for name, identity in _local_references(tidy):
        targets = allowed.get(name)
        kind = contained.get(identity)
        if targets is None or kind is None or (targets != _ANY and kind not in targets):
            return False
    return True


def _local_references(tidy: bytes) -> Iterator[tuple[str, str]]:
    """Yield (member name, id) of each ``"name":{"reference":"#id"``; the name may be empty."""
    place = tidy.find(_LOCAL)
    while place >= 0:
        start = place + len(_LOCAL)
        before = tidy[max(0, place - 66) : place].removesuffix(b"{").removesuffix(b"[")
        name = before.removesuffix(b'":').rpartition(b'"')[2] if before.endswith(b'":') else b""
        yield name.decode("ascii", "replace"), tidy[start : tidy.find(b'"', start)].decode()
        place = tidy.find(_LOCAL, start)


@cache
def _allowed(kind: type[Structure]) -> dict[str, frozenset[str]]:
    """Return, by name, the types that every reference of that name inside ``kind`` allows."""
    found: dict[str, frozenset[str]] = {}
    seen: set[type[Structure]] = set()
    queue = [kind]
    while queue:
        structure = queue.pop()
        if structure in seen:
            continue
        seen.add(structure)
        for name, member in members(structure).items():
            if member.structure is not None and member.structure.fhir_path == "Reference":
                targets = member.structure.fhir_targets or _ANY
                found[name] = targets if name not in found else _both(found[name], targets)
            if member.structure is not None:
                queue.append(member.structure)
    return found


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    if one == _ANY:
        return other
    return one if other == _ANY else one & other


def fits(decoded: Structure, contained: Contained) -> bool:
    """Return whether every local reference in ``decoded`` finds a resource of a fitting type."""
    for reference in _references(decoded):
        literal: object = getattr(reference, "reference", None)
        if isinstance(literal, str) and literal.startswith("#"):
            kind = contained.get(literal[1:], "")
            if not kind or (reference.fhir_targets and kind not in reference.fhir_targets):
                return False
    return True


def _references(value: Any) -> Iterator[Structure]:
    """Yield every Reference inside ``value``."""
    if isinstance(value, Structure):
        if value.fhir_path == "Reference":
            yield value
        value = msgspec.structs.astuple(value)
    if isinstance(value, tuple | list):
        for each in value:
            if isinstance(each, tuple | list | Structure):
                yield from _references(each)
