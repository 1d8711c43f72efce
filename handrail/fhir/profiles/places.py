"""Finds the elements of a resource by the names that profiles use (``value[x]``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One occurrence of an element: its value (None: only extensions), place and type.

    ``type`` is known for choices alone: ``Quantity`` of ``valueQuantity``.
    """

    value: Any
    path: str
    type: str = ""


def items(owner: Any, name: str, path: str) -> list[Item]:
    """Return the occurrences of the element ``name`` in ``owner``, which is at ``path``."""
    if not isinstance(owner, Mapping):
        return []
    if not name.endswith("[x]"):
        return list(_items(owner, name, f"{path}.{name}", ""))
    stem = name[:-3]
    found: list[Item] = []
    for key in dict.fromkeys(key.removeprefix("_") for key in owner):
        kind = key[len(stem) :]
        if key.startswith(stem) and kind[:1].isupper():
            found += _items(owner, key, f"{path}.{key}", kind)
    return found


def _items(owner: Mapping[str, Any], key: str, path: str, kind: str) -> Iterator[Item]:
    value, beside = owner.get(key), owner.get(f"_{key}")
    if isinstance(value, list) or isinstance(beside, list):
        values = value if isinstance(value, list) else [None] * len(beside or ())
        yield from (Item(one, f"{path}[{place}]", kind) for place, one in enumerate(values))
    elif value is not None or beside is not None:
        yield Item(value, path, kind)


def at(owner: Item, path: str) -> list[Item]:
    """Return what a discriminator's path leads to: ``$this``, ``coding.code``, an extension."""
    found = [owner]
    for step in steps(path):
        if step.startswith("extension("):
            url = step[len("extension(") : -1].strip("'\"")
            inner = (one for each in found for one in items(each.value, "extension", each.path))
            found = [one for one in inner if one.value.get("url") == url]
        else:
            found = [one for each in found for one in _step(each, step)]
    return found


def _step(item: Item, name: str) -> list[Item]:
    return items(item.value, name, item.path) or items(item.value, f"{name}[x]", item.path)


def steps(path: str) -> list[str]:
    """Return the steps of a discriminator's path, without ``$this``."""
    path = path.removeprefix("$this").removeprefix(".")
    if path.startswith("extension("):
        head, _, rest = path.partition(")")
        return [f"{head})", *steps(rest)]
    return [step for step in path.split(".") if step]
