"""Where a FHIRPath leads within a resource: places that can be changed, not copies of values.

Understood are names, ``[n]``, ``where(…)``, ``first()``, ``last()``, ``single()``, ``skip(n)``,
``take(n)``, ``tail()``, ``ofType(T)``, ``as(T)`` and ``extension('url')``: paths that lead to
elements. What stands in ``where`` compares what is below the element: short, of harmless functions,
so that no patch can keep a server busy or fill its memory.

Source: http://hl7.org/fhir/R4/fhirpatch.html and http://hl7.org/fhirpath/N1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.elements import ElementOf, elements
from handrail.fhir.errors import TooLargeError
from handrail.fhir.patching.errors import PatchError, UnreadablePatchError

LONGEST: Final = 1000  # characters of a path
_NAME = re.compile(r"`?([A-Za-z_][A-Za-z0-9_]*)`?")
_INDEX = re.compile(r"\[\s*(\d{1,6})\s*\]")
_LONGEST_CRITERIA: Final = 200  # characters; long ones take seconds to parse
_MOST_CRITERIA: Final = 4000  # characters, of a whole patch
_MOST_LOOKS: Final = 10_000  # elements that a patch compares
_MOST_PLACES: Final = 10_000  # elements that a path leads to
_TEXT = re.compile(r"'[^']*'")
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*\(")
_ODD = re.compile(r"[`%\\\"{]|//|/\*")
_CALLED = frozenset(
    (
        *("all", "and", "as", "contains", "count", "empty", "endsWith", "exists", "extension"),
        *("first", "implies", "in", "is", "last", "length", "lower", "not", "ofType", "or"),
        *("single", "startsWith", "tail", "toString", "upper", "where", "xor"),
    )
)
"""What may stand before a bracket: functions that answer no more than they are given."""
_left: ContextVar[tuple[int, int]] = ContextVar("left", default=(_MOST_CRITERIA, _MOST_LOOKS))


@dataclass(frozen=True, slots=True)
class Place:
    """An element: the ``index``-th of what ``holder`` has under ``key``, of the type ``kind``."""

    holder: dict[str, Any]
    key: str
    index: int | None
    kind: str

    @property
    def value(self) -> Any:
        """Return what is there; None: only what ``_key`` says of it."""
        return _at(self.holder.get(self.key), self.index)

    @property
    def members(self) -> dict[str, Any]:
        """Return the structure whose members its children are; for a value what ``_key`` says."""
        value = self.value
        if isinstance(value, dict):
            return value
        more = _at(self.holder.get(f"_{self.key}"), self.index)
        return more if isinstance(more, dict) else {}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: a child's ``name``, a function with what stands in its brackets."""

    name: str
    argument: str | None = None


def _at(found: Any, index: int | None) -> Any:
    if index is None:
        return found
    return found[index] if isinstance(found, list) and index < len(found) else None


def begin() -> None:
    """Begin another patch: what the one before compared does not count any more."""
    _left.set((_MOST_CRITERIA, _MOST_LOOKS))


def find(resource: dict[str, Any], path: Sequence[Step]) -> list[Place]:
    """Return the places that ``path`` leads to, in order."""
    kind = str(resource.get("resourceType", ""))
    found = [Place({"": resource}, "", None, kind)]
    for number, step in enumerate(path):
        if number == 0 and step.argument is None and step.name in (kind, "Resource", "$this"):
            continue
        found = _stepped(found, step, resource)
        if len(found) > _MOST_PLACES:
            raise TooLargeError(f"A path leads to at most {_MOST_PLACES:,} elements at a time.")
    return found


def steps(path: str) -> list[Step]:
    """Return the parts of a path.

    Raises:
        UnreadablePatchError: it is too long, or not of the kind that leads to elements.
    """
    if len(path) > LONGEST:
        raise UnreadablePatchError(f"A path has at most {LONGEST} characters.")
    found: list[Step] = []
    rest = path.strip().removeprefix("%resource.").removeprefix("$this.")
    while rest:
        index, name = _INDEX.match(rest), _NAME.match(rest)
        if index and found:
            found.append(Step("[]", index[1]))
            rest = rest[index.end() :]
        elif name:
            rest = rest[name.end() :]
            argument, rest = _argument(rest)
            found.append(Step(name[1], argument))
        else:
            raise UnreadablePatchError(f"The path {path[:100]!r} does not lead to elements.")
        rest = rest.lstrip().removeprefix(".")
    if not found:
        raise UnreadablePatchError("An operation of the patch has no path.")
    return found


def _argument(rest: str) -> tuple[str | None, str]:
    """Return what stands in brackets at the beginning, and what follows; None: no brackets."""
    if not rest.startswith("("):
        return None, rest
    depth, quote = 0, False
    for place, letter in enumerate(rest):
        if letter == "'" and rest[place - 1] != "\\":
            quote = not quote
        if not quote:
            depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return rest[1:place].strip(), rest[place + 1 :]
    raise UnreadablePatchError("A bracket in the path is not closed.")


def children(place: Place, name: str) -> list[Place]:
    """Return the elements called ``name`` (``value`` for ``valueString``) below a place."""
    members = place.members
    return [
        Place(members, element.name, index, element.type)
        for element in _called(kind_at(place), name)
        if element.name in members or f"_{element.name}" in members
        for index in _indexes(members, element)
    ]


def kind_at(place: Place) -> str:
    """Return the type of what is there; for a resource within a resource its own."""
    if place.kind == "Resource":
        return str(place.members.get("resourceType", ""))
    return place.kind


def _called(kind: str, name: str) -> list[ElementOf]:
    known = elements(kind) or elements("Element")
    if name in known:
        return [known[name]]
    return [element for element in known.values() if element.choice == name]


def _indexes(members: dict[str, Any], element: ElementOf) -> Sequence[int | None]:
    if not element.many:
        return [None]
    lists = (members.get(element.name) or (), members.get(f"_{element.name}") or ())
    return range(max(map(len, lists)))


_Function = Callable[[list[Place], str, dict[str, Any]], list[Place]]


def _stepped(found: list[Place], step: Step, resource: dict[str, Any]) -> list[Place]:
    if step.argument is None:
        return [child for place in found for child in children(place, step.name)]
    function = _FUNCTIONS.get(step.name)
    if function is None:
        raise UnreadablePatchError(f"{step.name[:40]}() does not lead to elements.")
    return function(found, step.argument, resource)


def _number(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit()):
        raise UnreadablePatchError("A number in the path is none.")
    return int(argument[:6])


def _where(found: list[Place], criteria: str, resource: dict[str, Any]) -> list[Place]:
    from fhirpathpy import compile as compiled

    _allow(criteria, len(found))
    try:
        fits = compiled(criteria)
        return [p for p in found if fits(p.value, {"resource": resource}) == [True]]
    except (Exception, RecursionError) as error:
        raise UnreadablePatchError("What stands in where(…) cannot be evaluated.") from error


def _allow(criteria: str, looks: int) -> None:
    """Refuse criteria that could take long or much, alone or together with those before.

    Raises:
        UnreadablePatchError: they are long, or call what is not allowed.
        TooLargeError: the patch compares too much.
    """
    bare = _TEXT.sub("''", criteria)
    odd = _ODD.search(criteria) or "'" in bare.replace("''", "")
    called = {name for name in _CALL.findall(bare) if name not in _CALLED}
    if odd or called or len(criteria) > _LONGEST_CRITERIA:
        raise UnreadablePatchError(
            f"where(…) has at most {_LONGEST_CRITERIA} characters and compares what is below the"
            " element, as in where(system = 'urn:a' and value.startsWith('b'))."
        )
    characters, places = _left.get()
    characters, places = characters - len(criteria), places - looks
    if characters < 0 or places < 0:
        raise TooLargeError("This patch compares too many elements with where(…). Send several.")
    _left.set((characters, places))


def _extension(found: list[Place], url: str, _resource: dict[str, Any]) -> list[Place]:
    wanted = url.strip("'\"")
    extensions = [child for place in found for child in children(place, "extension")]
    return [one for one in extensions if one.members.get("url") == wanted]


def _of_type(found: list[Place], kind: str, _resource: dict[str, Any]) -> list[Place]:
    wanted = kind.rpartition(".")[2].strip("`")
    return [place for place in found if kind_at(place) == wanted]


def _single(found: list[Place], _argument: str, _resource: dict[str, Any]) -> list[Place]:
    if len(found) > 1:
        raise PatchError("single() in the path leads to several elements.")
    return found


_FUNCTIONS: dict[str, _Function] = {
    "[]": lambda found, n, _: found[_number(n) : _number(n) + 1],
    "where": _where,
    "first": lambda found, *_: found[:1],
    "last": lambda found, *_: found[-1:],
    "tail": lambda found, *_: found[1:],
    "skip": lambda found, n, _: found[_number(n) :],
    "take": lambda found, n, _: found[: _number(n)],
    "single": _single,
    "extension": _extension,
    "ofType": _of_type,
    "as": _of_type,
}
