"""Does a value have the codes, the fixed value, the pattern? And which slice is it?

Source: http://hl7.org/fhir/R4/profiling.html#discriminator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.fhir.profiles.facts import Node, codes_of
from handrail.fhir.profiles.places import Item, at, items, steps


def contains(value: Any, pattern: Any) -> bool:
    """Tell whether ``value`` has everything that ``pattern`` has."""
    if isinstance(pattern, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and contains(value[name], wanted) for name, wanted in pattern.items()
        )
    if isinstance(pattern, list):
        listed = value if isinstance(value, list) else []
        return all(any(contains(one, wanted) for one in listed) for wanted in pattern)
    return bool(value == pattern)


def coded(value: Any, value_set: str) -> bool | None:
    """Tell whether a code, Coding, CodeableConcept or Quantity is in the value set.

    None: its codes are not kept here, or the value has none.
    """
    allowed = codes_of(value_set)
    if allowed is None:
        return None
    if isinstance(value, str):
        return any(value in codes for codes in allowed.values())
    if not isinstance(value, Mapping):
        return None
    codings = value.get("coding", ()) if "coding" in value or "text" in value else [value]
    return any(_is_among(one, allowed) for one in codings)


def _is_among(coding: Any, allowed: Mapping[str, frozenset[str]]) -> bool:
    system = coding.get("system") if isinstance(coding, Mapping) else None
    if not isinstance(system, str):
        return False
    code = coding.get("code")
    return isinstance(code, str) and code in allowed.get(system, ())


def slice_of(item: Item, by: tuple[tuple[str, str], ...], slices: Mapping[str, Node]) -> str:
    """Return the name of the slice that an occurrence belongs to; empty: to none."""
    for name, node in slices.items():
        if all(_decides(item, node, kind, path) for kind, path in by):
            return name
    return ""


def _decides(item: Item, node: Node, kind: str, path: str) -> bool:
    if path == "url" and node.url:
        return bool(item.value.get("url") == node.url.partition("|")[0])
    inner = _node_at(node, path)
    found = at(item, path)
    if kind == "exists":
        return bool(found) == (inner is None or inner.max != 0)
    if kind == "type":
        return any(_has_type(one, inner) for one in found)
    return inner is not None and any(fits(one, inner) for one in found)


def _node_at(node: Node, path: str) -> Node | None:
    found: Node | None = node
    for step in steps(path):
        if found is None:
            return None
        if isinstance(found.pattern, Mapping) and step in found.pattern:
            found = Node(pattern=found.pattern[step])
        elif isinstance(found.fixed, Mapping) and step in found.fixed:
            found = Node(fixed=found.fixed[step])
        else:
            found = found.inside.get(step) or found.inside.get(f"{step}[x]")
    return found


def _has_type(item: Item, node: Node | None) -> bool:
    allowed = (node.types if node else None) or {}
    kind = item.type or (item.value.get("resourceType", "") if _is_object(item.value) else "")
    return any(kind.casefold() == name.casefold() for name in allowed)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def identifies(node: Node) -> bool:
    """Tell whether a node says anything that tells a value from others."""
    if node.fixed is not None or node.pattern is not None or codes_of(node.codes) is not None:
        return True
    if node.slicing and any(identifies(one) for one in node.slicing.slices.values() if one.min):
        return True
    return any(identifies(one) for one in node.inside.values())


def fits(item: Item, node: Node) -> bool:
    """Tell whether a value is what ``node`` tells from others; False if it tells nothing."""
    if node.fixed is not None and item.value != node.fixed:
        return False
    if node.pattern is not None and not contains(item.value, node.pattern):
        return False
    if node.codes and coded(item.value, node.codes) is False:
        return False
    return identifies(node) and all(
        any(fits(one, inner) for one in items(item.value, name, item.path))
        and _sliced(item, name, inner)
        for name, inner in node.inside.items()
        if identifies(inner)
    )


def _sliced(owner: Item, name: str, node: Node) -> bool:
    """Tell whether the slices that have to be there are."""
    if node.slicing is None:
        return True
    found = items(owner.value, name, owner.path)
    return all(
        any(fits(one, inner) for one in found)
        for inner in node.slicing.slices.values()
        if inner.min and identifies(inner)
    )
