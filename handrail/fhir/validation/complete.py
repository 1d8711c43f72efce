"""The complete layer: walks a document and names every fault with its FHIRPath.

It decides what is valid. The fast layer accepts a subset of what this accepts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.fhir.errors import Fault
from handrail.fhir.invariants import RESOURCE_RULES, RULES
from handrail.fhir.r4 import MODULES, structure
from handrail.fhir.structure import Structure
from handrail.fhir.validation import links
from handrail.fhir.validation.document import Object, read
from handrail.fhir.validation.primitive import printable, wrong_with
from handrail.fhir.validation.schema import Member, lineage, members

MOST: Final = 1_000
"""How many faults are listed; a text with more is named as such."""


class _EnoughError(Exception):
    """The list of faults is full."""


@dataclass
class _Walk:
    """One resource being walked: its faults so far and what its references may rely on."""

    conditional: bool
    faults: list[Fault] = field(default_factory=list)
    contained: dict[str, str] | None = None
    """Types of the contained resources by id, and of the container under the empty id."""

    def fault(self, path: str, text: str, code: str = "invalid") -> None:
        self.faults.append(Fault(printable(path), text, code))
        if len(self.faults) >= MOST:
            raise _EnoughError


def faults(
    text: bytes, resource_type: str | None = None, *, conditional: bool = False
) -> list[Fault]:
    """Return every fault in ``text`` (the first 1,000), each with its FHIRPath.

    The paths use the names in the JSON text: ``Observation.component[1].valueQuantity.value``.
    """
    document = read(text)
    if isinstance(document, Fault):
        return [document]
    walk = _Walk(conditional)
    try:
        _resource(walk, document, "", resource_type)
    except _EnoughError:
        walk.faults.append(Fault("", f"There are more than {MOST} faults; these are the first."))
    return walk.faults


def _resource(walk: _Walk, value: Any, path: str, wanted: str | None = None) -> None:
    """Walk a whole resource: the document, or one in a bundle, parameters or ``contained``."""
    if not isinstance(value, Object):
        walk.fault(path, "A resource is an object with a resourceType.", "structure")
        return
    found = value.get("resourceType")
    if not isinstance(found, str) or found not in MODULES:
        walk.fault(_joined(path, "resourceType"), _unknown_type(found), "structure")
        return
    path = path or found
    if wanted and found != wanted:
        walk.fault(path, f"This is a {found}; a {wanted} is expected here.")
    if "contained" in value and walk.contained is not None:
        walk.fault(f"{path}.contained", "A contained resource cannot contain another (dom-2).")
    contained = {**_types(value), "": found} if walk.contained is None else walk.contained
    before = len(walk.faults)
    _object(_Walk(walk.conditional, walk.faults, contained), value, structure(found), path)
    if found in RESOURCE_RULES and len(walk.faults) == before:
        _broken(walk, RESOURCE_RULES[found](value), path)
    if walk.contained is None:
        _broken(walk, links.broken_containment(value), path)


def _broken(walk: _Walk, broken: Iterable[tuple[str, str]], path: str) -> None:
    for at, text in broken:
        walk.fault(_joined(path, at), text, "invariant")


def _unknown_type(found: object) -> str:
    if not isinstance(found, str):
        return "The resourceType is missing, or is not text. Name a resource type of R4."
    return f"“{printable(found)[:60]}” is not a resource type of R4.{_near(found, MODULES)}"


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _types(resource: Object) -> dict[str, str]:
    inner = resource.get("contained")
    objects = (
        [each for each in inner if isinstance(each, Object)] if isinstance(inner, list) else ()
    )
    return {str(each["id"]): str(each.get("resourceType", "")) for each in objects if "id" in each}


def _near(name: object, known: Any) -> str:
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.75)
    return f" Did you mean “{close[0]}”?" if close else ""


def _object(walk: _Walk, value: Any, kind: type[Structure], path: str) -> None:
    """Walk one object of the type ``kind``."""
    if not isinstance(value, Object):
        walk.fault(path, "An object is expected here, in braces.", "structure")
        return
    before = len(walk.faults)
    tagged = kind.__struct_config__.tag is not None
    if not value:
        walk.fault(path, "The object is empty. Leave the element out instead (ele-1).", "invariant")
    for name in value.twice:
        walk.fault(f"{path}.{name}", f"“{printable(name)}” is given twice. Keep one.", "structure")
    for name, item in value.items():
        if not (tagged and name == "resourceType"):
            _item(walk, value, (name, item), kind, path)
    _required(walk, value, kind, path)
    if len(walk.faults) == before:
        _rules(walk, value, kind, path)


def _item(
    walk: _Walk, owner: Object, pair: tuple[str, Any], kind: type[Structure], path: str
) -> None:
    name, item = pair
    member = members(kind).get(name)
    where = f"{path}.{name}"
    if member is None:
        near = _near(name, members(kind))
        text = f"R4 has no element “{printable(name)[:60]}” here. Remove it.{near}"
        walk.fault(where, text, "structure")
    elif not member.many:
        _value(walk, item, member, where)
    elif not isinstance(item, list):
        walk.fault(where, "A list is expected here, in square brackets.", "structure")
    elif not item:
        walk.fault(where, "The list is empty. Leave the element out instead.", "structure")
    else:
        other = owner.get(name[1:] if name.startswith("_") else f"_{name}")
        for place, each in enumerate(item):
            if each is None and _filled(other, place) and _may_be_null(member):
                continue
            _value(walk, each, member, f"{where}[{place}]")


def _may_be_null(member: Member) -> bool:
    return bool(member.primitive) or member.name.startswith("_")


def _filled(other: Any, place: int) -> bool:
    """Return whether the sister list, of values or of extensions, has something at ``place``."""
    return isinstance(other, list) and place < len(other) and other[place] is not None


def _value(walk: _Walk, value: Any, member: Member, path: str) -> None:
    if value is None:
        text = "null is not a value in FHIR. Leave the element out instead."
        walk.fault(path, text, "structure")
    elif isinstance(value, list):
        walk.fault(path, "One value is expected here, not a list.", "structure")
    elif member.primitive == "reference":
        pass  # the Reference that it is in judges it
    elif member.primitive:
        text = wrong_with(value, member)
        if text:
            walk.fault(path, text, "code-invalid" if member.codes else "value")
    elif member.structure is None:
        _resource(_Walk(walk.conditional, walk.faults, _scope(walk, path)), value, path)
    else:
        _object(walk, value, member.structure, path)
        if member.structure.fhir_path == "Reference" and isinstance(value, Object):
            _reference(walk, value, member.structure, path)


def _scope(walk: _Walk, path: str) -> dict[str, str] | None:
    """Return what a resource at ``path`` may refer to: contained ones see the container's."""
    name = path.rpartition(".")[2]
    return walk.contained if name.startswith("contained[") else None


def _reference(walk: _Walk, value: Object, kind: type[Structure], path: str) -> None:
    if "reference" not in value:
        return
    text = links.wrong_with_reference(
        value["reference"], kind.fhir_targets, walk.contained or {}, conditional=walk.conditional
    )
    if text:
        walk.fault(f"{path}.reference", text, "value")


def _required(walk: _Walk, value: Object, kind: type[Structure], path: str) -> None:
    for name, member in members(kind).items():
        if member.required and name not in value and f"_{name}" not in value:
            walk.fault(f"{path}.{name}", f"“{name}” is missing; R4 requires it.", "required")
    for stem, (required, names) in kind.fhir_choices.items():
        given = [name for name in names if name in value or f"_{name}" in value]
        if len(given) > 1:
            text = f"Only one of {' and '.join(given)} may be given. Keep one."
            walk.fault(f"{path}.{stem}[x]", text, "structure")
        elif required and not given:
            listed = ", ".join(names)
            walk.fault(f"{path}.{stem}[x]", f"One of these is required: {listed}.", "required")


def _rules(walk: _Walk, value: Object, kind: type[Structure], path: str) -> None:
    for name, concepts in kind.fhir_bindings.items():
        if name in value and not _is_bound(value[name], concepts):
            listed = ", ".join(f"{system}|{code}" for system, code in sorted(concepts))
            text = f"One coding must be from the value set of R4: {listed}."
            walk.fault(f"{path}.{name}", text, "code-invalid")
    for name in lineage(kind):
        if name in RULES:
            _broken(walk, RULES[name](value), path)


def _is_bound(concept: Any, concepts: frozenset[tuple[str, str]]) -> bool:
    codings = concept.get("coding", ())
    return any((each.get("system"), each.get("code")) in concepts for each in codings)
