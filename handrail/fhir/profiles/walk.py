"""Walks a resource along what a profile asks, and names every fault with its FHIRPath."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from handrail.fhir.errors import Fault
from handrail.fhir.profiles import invariants
from handrail.fhir.profiles.facts import Invariant, Node, Profile, Slicing, TypeRule, profile_of
from handrail.fhir.profiles.fitting import coded, contains, slice_of
from handrail.fhir.profiles.places import Item, items
from handrail.fhir.resource import Resource

_DEEPEST: Final = 12
_MANY: Final = 20
"""How many profiles of one resource are checked."""
_INDEX = re.compile(r"\[\d+\]")


def claimed(resource: Resource) -> list[str]:
    """Return the profiles that a resource says it follows."""
    meta = resource.get("meta")
    found = meta.get("profile") if isinstance(meta, Mapping) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def faults(resource: Resource, profile: str = "") -> list[Fault]:
    """Return everything in ``resource`` (valid R4) that is not as a profile asks.

    Args:
        resource: what is judged; nothing else is read, so the profiles of what it refers to are
            not.
        profile: ``url`` or ``url|version``; empty: every profile that ``meta.profile`` names, and
            in a Bundle those of its entries.

    Returns:
        Faults of severity error or warning; of severity information what could not be checked.
    """
    if profile:
        return _of_profile(resource, profile)
    named = list(dict.fromkeys(claimed(resource)))
    found = [fault for one in named[:_MANY] for fault in _of_profile(resource, one)]
    if len(named) > _MANY:
        text = f"Only the first {_MANY} profiles were checked."
        found.append(Fault("", text, "informational", "information"))
    if resource.get("resourceType") == "Bundle":
        for place, entry in enumerate(resource.get("entry", ())):
            inner = entry.get("resource")
            if isinstance(inner, dict):
                where = f"Bundle.entry[{place}].resource"
                found += [_moved(fault, where) for fault in faults(inner)]
    return list(dict.fromkeys(found))


def _moved(fault: Fault, where: str) -> Fault:
    _, dot, rest = fault.path.partition(".")
    return Fault(f"{where}{dot}{rest}", fault.text, fault.code, fault.severity)


def _of_profile(resource: Resource, canonical: str) -> list[Fault]:
    kind = str(resource.get("resourceType", ""))
    found = profile_of(canonical)
    if found is None:
        text = f"The profile {canonical[:200]} is not known here, so it was not checked."
        return [Fault(f"{kind}.meta.profile", text, "not-supported", "information")]
    if found.type != kind:
        text = f"The profile {canonical} is for {found.type}, this is a {kind}."
        return [Fault(kind, text, "invalid")]
    walk = _Walk(resource, found)
    walk.item(Item(resource, kind), found.node)
    return list(dict.fromkeys(walk.faults))


@dataclass
class _Walk:
    """One resource and one profile; ``depth`` counts profiles within profiles."""

    resource: Resource
    profile: Profile
    depth: int = 0
    faults: list[Fault] = field(default_factory=list)
    answers: dict[str, bool | None] = field(default_factory=dict)

    @cached_property
    def contained(self) -> dict[str, str]:
        """Return the types of the contained resources by id."""
        listed = self.resource.get("contained", ())
        return {str(one.get("id", "")): str(one.get("resourceType", "")) for one in listed}

    def fault(self, path: str, text: str, code: str = "value", severity: str = "error") -> None:
        name = self.profile.url.rpartition("/")[2]
        self.faults.append(Fault(path, f"{text} ({name})", code, severity))

    def element(self, owner: Item, name: str, node: Node) -> None:
        """Check all occurrences of one element."""
        found = items(owner.value, name, owner.path)
        self.count(found, node, f"{owner.path}.{name}", name)
        for one in found:
            self.item(one, node)
        if node.slicing:
            self.slices(found, node.slicing, f"{owner.path}.{name}")

    def count(self, found: list[Item], node: Node, path: str, name: str) -> None:
        """Check how often something is there."""
        if len(found) < node.min:
            few = f"has {len(found)}, needs {node.min}" if found else "is missing"
            self.fault(path, f"“{name}” {few}.", "required")
        if node.max is not None and len(found) > node.max:
            many = f"may be there {node.max} times at most" if node.max else "may not be there"
            self.fault(path, f"“{name}” {many}.", "structure")

    def slices(self, found: list[Item], slicing: Slicing, path: str) -> None:
        """Check each slice: how often it is there, and what is in it."""
        sorted_out: dict[str, list[Item]] = {name: [] for name in slicing.slices}
        for one in found:
            name = slice_of(one, slicing.by, slicing.slices)
            if name:
                sorted_out[name].append(one)
            elif slicing.closed:
                listed = ", ".join(slicing.slices)
                self.fault(one.path, f"This is none of what may be here: {listed}.")
        for name, node in slicing.slices.items():
            self.count(sorted_out[name], node, path, f"{path.rpartition('.')[2]}:{name}")
            for one in sorted_out[name]:
                self.item(one, node, of_slice=True)
                if node.slicing:
                    self.slices([one], node.slicing, one.path)

    def item(self, item: Item, node: Node, *, of_slice: bool = False) -> None:
        """Check one occurrence."""
        if node.types is not None:
            self.types(item, node.types)
        if item.value is not None:
            self.value(item, node)
        for one in node.invariants:
            self.invariant(item, one, of_slice=of_slice)
        if isinstance(item.value, Mapping):
            for name, inner in node.inside.items():
                self.element(item, name, inner)

    def value(self, item: Item, node: Node) -> None:
        """Check a fixed value, a pattern and a required binding."""
        if node.fixed is not None and item.value != node.fixed:
            self.fault(item.path, f"The value has to be {_short(node.fixed)}.")
        if node.pattern is not None and not contains(item.value, node.pattern):
            self.fault(item.path, f"The value has to contain {_short(node.pattern)}.")
        if node.codes:
            found = coded(item.value, node.codes)
            if found is None:
                text = f"Not checked: whether the code is in {node.codes}."
                self.fault(item.path, text, "informational", "information")
            elif not found:
                self.fault(item.path, f"The code has to be from {node.codes}.", "code-invalid")

    def types(self, item: Item, types: Mapping[str, TypeRule]) -> None:
        """Check the type of a choice, the targets of a reference, and the profiles of a type."""
        kind = next((n for n in types if n.casefold() == item.type.casefold()), "")
        if item.type and not kind:
            self.fault(item.path, f"The type has to be {' or '.join(types)}.", "structure")
            return
        rule = (
            types[kind] if kind else next(iter(types.values()), None) if len(types) == 1 else None
        )
        if rule is None or not isinstance(item.value, Mapping):
            return
        if rule.targets:
            self.target(item, rule.targets)
        if rule.profiles and self.depth < _DEEPEST:
            self.within(item, rule.profiles)

    def target(self, item: Item, targets: Iterable[str]) -> None:
        """Check the type of what a reference points at, as far as it shows."""
        literal = str(item.value.get("reference", ""))
        kind = str(item.value.get("type", ""))
        if literal.startswith("#"):
            kind = self.contained.get(literal[1:], kind)
        elif literal and not literal.startswith("urn:"):
            parts = literal.partition("/_history/")[0].partition("?")[0].split("/")
            kind = parts[-2] if len(parts) > 1 and "?" not in literal else parts[-1]
        if kind and kind[:1].isupper() and kind not in targets:
            text = f"The reference has to be to {' or '.join(targets)}, this is to {kind}."
            self.fault(f"{item.path}.reference", text)

    def within(self, item: Item, canonicals: Iterable[str]) -> None:
        """Check a value against the profiles of its type; one of them has to hold."""
        best: list[Fault] | None = None
        for canonical in canonicals:
            profile = profile_of(canonical, self.profile.versions[-1])
            if profile is None:
                return
            inner = _Walk(self.resource, profile, self.depth + 1)
            inner.item(item, profile.node, of_slice=True)
            wrong = [fault for fault in inner.faults if fault.severity == "error"]
            if not wrong or best is None:
                best = inner.faults
            if not wrong:
                break
        self.faults += best or []

    def invariant(self, item: Item, one: Invariant, *, of_slice: bool) -> None:
        """Check a FHIRPath expression."""
        path = _INDEX.sub("", item.path)
        if item.type:
            path = path.removesuffix(item.type)
        if of_slice or "." not in path:
            base = "" if "resourceType" in (item.value or ()) else _kind(path)
            found = invariants.holds(item.value, one.expression, base)
        else:
            found = self.of_all(path, one.expression)
            if found is False and item.path.endswith("]"):  # for which of them?
                found = invariants.holds(item.value, one.expression, path)
        if found is False:
            self.fault(item.path, f"{one.key}: {one.human}", "invariant", one.severity)

    def of_all(self, path: str, expression: str) -> bool | None:
        """Tell whether an expression holds for all occurrences of an element; asked once."""
        whole = f"{path.partition('.')[2]}.all({expression})"
        if whole not in self.answers:
            self.answers[whole] = invariants.holds(self.resource, whole, "")
        return self.answers[whole]


def _kind(path: str) -> str:
    return "Extension" if path.endswith("xtension") else path


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - characters
