"""The generated types as plain descriptions for the complete layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Raw, UnsetType

from handrail.fhir.structure import Structure


@dataclass(frozen=True, slots=True)
class Member:
    """One member that an object may have."""

    name: str
    many: bool
    required: bool
    primitive: str = ""
    """The primitive type, such as dateTime; empty for objects."""
    low: int = 0
    high: int = 0
    codes: frozenset[str] = frozenset()
    """The codes allowed, if the binding is required; empty if any is."""
    structure: type[Structure] | None = None
    """The type of an object; None for primitives and for resources."""


@cache
def members(structure: type[Structure]) -> dict[str, Member]:
    """Return the members that objects of ``structure`` may have, by their JSON name."""
    found = (_member(each) for each in msgspec.structs.fields(structure))
    return {each.name: each for each in found}


def _member(info: msgspec.structs.FieldInfo) -> Member:
    kind, _ = _bare(info.type)
    many = get_origin(kind) is list
    kind, meta = _bare(get_args(kind)[0]) if many else _bare(info.type)
    plain = Member(info.encode_name, many=many, required=info.required)
    if get_origin(kind) is Literal:
        return replace(plain, primitive="code", codes=frozenset(get_args(kind)))
    if meta is not None:
        low, high = int(meta.ge or 0), int(meta.le or 0)
        return replace(plain, primitive=meta.title or "", low=low, high=high)
    return plain if kind is Raw else replace(plain, structure=kind)


def _bare(kind: Any) -> tuple[Any, Meta | None]:
    """Return the type without its annotations and the choice of being absent."""
    meta = None
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (each for each in get_args(kind) if each is not UnsetType)
    if get_origin(kind) is Annotated:
        kind, meta = get_args(kind)
    return kind, meta


def lineage(structure: type[Structure]) -> list[str]:
    """Return the paths of ``structure`` and its bases, without repeats, nearest first."""
    paths = (getattr(each, "fhir_path", "") for each in structure.__mro__)
    return [path for path in dict.fromkeys(paths) if path]
