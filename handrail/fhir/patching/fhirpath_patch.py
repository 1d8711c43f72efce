"""FHIRPath Patch: a Parameters resource that adds, inserts, deletes, replaces and moves elements.

Source: http://hl7.org/fhir/R4/fhirpatch.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from handrail.fhir.elements import PRIMITIVES, ElementOf, elements
from handrail.fhir.errors import TooLargeError
from handrail.fhir.patching.errors import PatchError, UnreadablePatchError
from handrail.fhir.patching.places import Place, Step, begin, find, kind_at, steps

MOST: Final = 1000  # operations
_LARGEST: Final = 2**31 - 1  # valueInteger
_Resource = dict[str, Any]
_Parts = dict[str, Mapping[str, Any]]


def apply(resource: _Resource, parameters: Mapping[str, Any]) -> _Resource:
    """Return the patched resource; ``resource`` itself may be changed.

    Args:
        resource: parsed without loss.
        parameters: the Parameters resource, valid R4, parsed without loss.

    Raises:
        UnreadablePatchError: it is no FHIRPath Patch.
        PatchError: an operation does not fit the resource.
        TooLargeError: it has too many operations.
    """
    listed = parameters.get("parameter") or []
    if not isinstance(listed, list):
        raise UnreadablePatchError("parameter is a list of operations.")
    begin()
    if len(listed) > MOST:
        raise TooLargeError(f"A patch has at most {MOST} operations.")
    for number, parameter in enumerate(listed, 1):
        try:
            _operate(resource, _parts(parameter))
        except (UnreadablePatchError, PatchError) as error:
            raise type(error)(f"Operation {number}: {error.message}") from error
    left: _Resource = _without_empty(resource)
    return left


def _parts(parameter: Any) -> _Parts:
    if not isinstance(parameter, dict) or parameter.get("name") != "operation":
        raise UnreadablePatchError("Every parameter of a FHIRPath Patch is called operation.")
    return {part["name"]: part for part in _named(parameter.get("part"))}


def _named(parts: Any) -> list[Mapping[str, Any]]:
    """Return the parts, each of which has a name."""
    listed = parts if isinstance(parts, list) else [parts] if parts else []
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed):
        raise UnreadablePatchError("Each part has a name.")
    return listed


def _operate(resource: _Resource, parts: _Parts) -> None:
    operation = _OPERATIONS.get(_text(parts, "type"))
    if operation is None:
        raise UnreadablePatchError("type is one of add, insert, delete, replace and move.")
    operation(resource, steps(_text(parts, "path")), parts)


def _text(parts: _Parts, name: str) -> str:
    part = parts.get(name, {})
    found = next((value for key, value in part.items() if key.startswith("value")), None)
    if not isinstance(found, str):
        raise UnreadablePatchError(f"It needs a part {name} with a text.")
    return found


def _number(parts: _Parts, name: str) -> int:
    found = parts.get(name, {}).get("valueInteger")
    if not isinstance(found, int) or not 0 <= found <= _LARGEST:
        raise UnreadablePatchError(f"It needs a part {name} with valueInteger, 0 or more.")
    return found


def _one(resource: _Resource, path: list[Step]) -> Place:
    found = find(resource, path)
    if len(found) != 1:
        raise PatchError(f"Its path leads to {len(found)} elements; it has to be one.")
    return found[0]


def _add(resource: _Resource, path: list[Step], parts: _Parts) -> None:
    above = _one(resource, path)
    element, value, more = _valued(kind_at(above), _text(parts, "name"), parts)
    members = _opened(above)
    if element.many:
        _insert_into(members, element.name, _length(members, element.name), value, more)
        return
    if element.choice:
        _refuse_second(members, kind_at(above), element.choice)
    elif element.name in members:
        raise PatchError(f"{element.name} is there already; replace it.")
    _set(members, element.name, value, more)


def _refuse_second(members: _Resource, kind: str, choice: str) -> None:
    if any(one.choice == choice and one.name in members for one in elements(kind).values()):
        raise PatchError(f"{choice} is there already; replace it.")


def _insert(resource: _Resource, path: list[Step], parts: _Parts) -> None:
    above, name = _listed(resource, path)
    element, value, more = _valued(kind_at(above), name, parts)
    members, index = _opened(above), _number(parts, "index")
    if index > _length(members, element.name):
        raise PatchError("Its index is beyond the end of the list.")
    _insert_into(members, element.name, index, value, more)


def _listed(resource: _Resource, path: list[Step]) -> tuple[Place, str]:
    """Return what holds the list that ``path`` names, and the name of the list."""
    *above, last = path
    if last.argument is not None or not above:
        raise UnreadablePatchError("Its path ends with the name of a list: Patient.identifier.")
    place = _one(resource, above)
    element = elements(kind_at(place)).get(last.name)
    if element is None or not element.many:
        raise PatchError(f"{last.name[:60]} is no list.")
    return place, last.name


def _delete(resource: _Resource, path: list[Step], _: _Parts) -> None:
    found = find(resource, path)
    if len(found) > 1:
        raise PatchError(f"Its path leads to {len(found)} elements; delete one at a time.")
    for place in found:
        _refuse_whole(place)
        for key in (place.key, f"_{place.key}"):
            if place.index is None:
                place.holder.pop(key, None)
            elif key in place.holder and place.index < len(place.holder[key]):
                del place.holder[key][place.index]


def _refuse_whole(place: Place) -> None:
    if not place.key:
        raise PatchError("Its path leads to the whole resource.")


def _replace(resource: _Resource, path: list[Step], parts: _Parts) -> None:
    place = _one(resource, path)
    _refuse_whole(place)
    key = place.key
    _, suffix, value, more = _value(parts.get("value", {}), place.kind)
    last = path[-1].name
    if suffix and key != last and key.startswith(last):  # a choice, maybe of another type now
        for old in (key, f"_{key}"):
            place.holder.pop(old, None)
        key = f"{last}{suffix}"
    if place.index is None:
        _set(place.holder, key, value, more)
        return
    place.holder[key][place.index] = value
    shadows = place.holder.get(f"_{key}")
    if shadows and place.index < len(shadows):
        shadows[place.index] = more


def _move(resource: _Resource, path: list[Step], parts: _Parts) -> None:
    above, name = _listed(resource, path)
    members = above.members
    source, destination = _number(parts, "source"), _number(parts, "destination")
    if max(source, destination) >= _length(members, name):
        raise PatchError("Its source or destination is beyond the end of the list.")
    for key in (name, f"_{name}"):
        listed = members.get(key)
        if listed:
            listed += [None] * (_length(members, name) - len(listed))
            listed.insert(destination, listed.pop(source))


_OPERATIONS: dict[str, Callable[[_Resource, list[Step], _Parts], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}


def _valued(kind: str, name: str, parts: _Parts) -> tuple[ElementOf, Any, Any]:
    """Return the element called ``name``, what to put there, and what ``_name`` is to say."""
    known = elements(kind) or elements("Element")
    element = known.get(name)
    _, suffix, value, more = _value(parts.get("value", {}), element.type if element else "")
    element = element or known.get(f"{name}{suffix}")
    if element is None:
        raise PatchError(f"R4 does not know {kind}.{name[:60]} with this value.")
    return element, value, more


def _value(part: Mapping[str, Any], kind: str) -> tuple[str, str, Any, Any]:
    """Return the name of the member, the type as a suffix, the value, and what is said of it."""
    if "resource" in part:
        return "resource", "", part["resource"], None
    for key, value in part.items():
        if key.startswith("value"):
            return key, key[5:], value, part.get(f"_{key}")
    if "part" in part:
        return "part", "", _structure(part["part"], kind), None
    for key, more in part.items():
        if key.startswith("_value"):
            return key, key[6:], None, more
    raise UnreadablePatchError("It needs a part value with value[x], a resource or parts.")


def _structure(parts: Any, kind: str) -> _Resource:
    """Return a structure that is given by its parts, for types without a name of their own."""
    made: _Resource = {}
    if kind in PRIMITIVES or not isinstance(parts, list):
        raise PatchError("A value given by its parts is no structure.")
    for part in _named(parts):
        element, value, more = _valued(kind, part["name"], {"value": part})
        if element.many:
            _insert_into(made, element.name, _length(made, element.name), value, more)
        else:
            _set(made, element.name, value, more)
    return made


def _opened(place: Place) -> _Resource:
    """Return the structure at a place; of a value what ``_key`` says of it, made if need be."""
    if isinstance(place.value, dict):
        return place.members
    shadow = f"_{place.key}"
    if place.index is None:
        made: _Resource = place.holder.setdefault(shadow, {})
        return made
    shadows = place.holder.setdefault(shadow, [])
    shadows += [None] * (place.index + 1 - len(shadows))
    shadows[place.index] = shadows[place.index] or {}
    inner: _Resource = shadows[place.index]
    return inner


def _length(members: _Resource, name: str) -> int:
    return max(len(members.get(name) or ()), len(members.get(f"_{name}") or ()))


def _set(members: _Resource, name: str, value: Any, more: Any) -> None:
    for key, said in ((name, value), (f"_{name}", more)):
        if said is None:
            members.pop(key, None)
        else:
            members[key] = said


def _insert_into(members: _Resource, name: str, index: int, value: Any, more: Any) -> None:
    length = _length(members, name)
    for key, said in ((name, value), (f"_{name}", more)):
        if said is None and key not in members:
            continue
        listed = members.setdefault(key, [])
        listed += [None] * (length - len(listed))
        listed.insert(index, said)


def _without_empty(value: Any) -> Any:
    """Return a structure without members that deletions left empty."""
    if isinstance(value, dict):
        kept = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in ({}, [])}
    if isinstance(value, list):
        listed = [_without_empty(inner) for inner in value]
        left = [inner for inner in listed if inner != {}]
        return left if any(inner is not None for inner in left) else []
    return value
