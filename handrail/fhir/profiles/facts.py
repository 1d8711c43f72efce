"""What profiles ask beyond R4, as ``facts.json`` has it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_FILE = Path(__file__).parent / "facts.json"


class TypeRule(msgspec.Struct, frozen=True):
    """A type an element may have: its ``profiles``, and the ``targets`` of its references."""

    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class Invariant(msgspec.Struct, frozen=True):
    """A FHIRPath expression that has to hold."""

    key: str
    severity: str
    human: str
    expression: str


class Slicing(msgspec.Struct, frozen=True):
    """How the occurrences of an element are told apart, ``by`` (kind, path), and the kinds."""

    by: tuple[tuple[str, str], ...]
    slices: dict[str, Node]
    closed: bool = False


class Node(msgspec.Struct, frozen=True):
    """What a profile adds to one element. ``codes`` names the value set of a required binding.

    ``url`` is the extension that a slice stands for.
    """

    min: int = 0
    max: int | None = None
    types: dict[str, TypeRule] | None = None
    fixed: Any = None
    pattern: Any = None
    codes: str = ""
    url: str = ""
    invariants: tuple[Invariant, ...] = ()
    slicing: Slicing | None = None
    inside: dict[str, Node] = {}


class Profile(msgspec.Struct, frozen=True):
    """A profile in the versions that ask the same. ``type`` is what it is about."""

    url: str
    versions: tuple[str, ...]
    type: str
    node: Node


class _Facts(msgspec.Struct, frozen=True):
    profiles: tuple[Profile, ...]
    value_sets: dict[str, dict[str, frozenset[str]] | None] = msgspec.field(name="valueSets")


@cache
def _facts() -> _Facts:
    return msgspec.json.decode(_FILE.read_bytes(), type=_Facts)


@cache
def _by_url() -> dict[str, list[Profile]]:
    found: dict[str, list[Profile]] = {}
    for one in _facts().profiles:
        found.setdefault(one.url, []).append(one)
    return found


def known() -> list[Profile]:
    """Return every profile, in each of the forms it has."""
    return list(_facts().profiles)


def profile_of(canonical: str, near: str = "") -> Profile | None:
    """Return the profile that ``url`` or ``url|version`` means; None: it is not known here.

    Without a version it is the one that came with version ``near``, or else the newest.
    """
    url, _, version = canonical.partition("|")
    found = _by_url().get(url, [])
    if version:
        return next((one for one in found if version in one.versions), None)
    beside = next((one for one in found if near in one.versions), None)
    return beside or (found[-1] if found else None)


def codes_of(value_set: str) -> dict[str, frozenset[str]] | None:
    """Return the codes of a value set by system; None: they are not kept here."""
    return _facts().value_sets.get(value_set)
