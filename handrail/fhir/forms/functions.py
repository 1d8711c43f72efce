"""The functions of FHIRPath: fhirpathpy's, bounded, and those it lacks or has wrong.

Own: ``sum``, ``avg``, ``min``, ``max`` (fhirpathpy 2.2.4 cannot add values of a resource),
``weight`` and ``ordinal`` (SDC: what an answer counts), ``where``, ``select``, ``repeat`` and
``aggregate`` (they leave ``$this`` as it was), ``descendants`` (fast), ``today``, ``now`` and
``timeOfDay`` (no clock here: the moment is given), ``matches`` (in linear time), ``hasValue``.
``trace`` gives what it gets. Left out: ``replaceMatches``, ``encode``, ``decode``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

from handrail.fhir.errors import TooLargeError
from handrail.fhir.forms.conditions import exact
from handrail.fhir.forms.expressions import MOST_TEXTS
from handrail.fhir.forms.options import weight_of
from handrail.fhir.forms.patterns import UnsafePatternError, pattern

Context = dict[str, Any]
Collection = list[Any]
Table = dict[str, dict[str, Any]]

_LARGEST: Final = Decimal(10) ** 30
_LONGEST: Final = 20_000
_MOST: Final = 50_000
_A_CALL: Final = 10
"""What calling a function costs, in steps; looking at one value costs one."""
_LEFT_OUT: Final = frozenset({"replaceMatches", "encode", "decode"})
_STRINGS: Final = {count: ["String"] * count for count in range(1, MOST_TEXTS + 1)}
_STATE: Final = ("$this", "$index", "$total")


class Effort:
    """How much may still be done; evaluation ends with an error instead of without end."""

    def __init__(self, most: int) -> None:
        """Allow ``most`` steps: a step is one function on one value."""
        self.left = most

    def spend(self, steps: int) -> None:
        """Use up ``steps``.

        Raises:
            TooLargeError: there are not so many left.
        """
        self.left -= steps
        if self.left < 0:
            raise TooLargeError(
                "The expressions of this questionnaire take too long to work out. Simplify them,"
                " or divide the questionnaire."
            )


def data_of(node: Any) -> Any:
    """Return what is in a node; numbers exactly."""
    value = getattr(node, "data", node)
    return Decimal(str(value)) if isinstance(value, float) else value


@cache
def table() -> Table:
    """Return every function by name, as fhirpathpy wants it."""
    from fhirpathpy.engine.invocations import invocation_registry

    theirs: Any = invocation_registry
    known: Table = {**theirs, **_own()}
    return {
        name: {**entry, "fn": _bounded(entry["fn"])}
        for name, entry in known.items()
        if name not in _LEFT_OUT
    }


def known_functions() -> frozenset[str]:
    """Return the names of the functions that an expression may call."""
    return frozenset(table())


def _own() -> Table:
    expression = {1: ["Expr"]}
    return {
        "sum": {"fn": _sum},
        "avg": {"fn": _average},
        "min": {"fn": lambda _, data: _extreme(data, min)},
        "max": {"fn": lambda _, data: _extreme(data, max)},
        "weight": {"fn": _weights},
        "ordinal": {"fn": _weights},
        "where": {"fn": _where, "arity": expression},
        "select": {"fn": _select, "arity": expression},
        "repeat": {"fn": _repeat, "arity": expression},
        "aggregate": {"fn": _aggregate, "arity": {1: ["Expr"], 2: ["Expr", "Any"]}},
        "descendants": {"fn": _descendants},
        "whereLinkId": {"fn": _by("linkId"), "arity": _STRINGS},
        "whereUrl": {"fn": _by("url"), "arity": _STRINGS},
        "matches": {"fn": _matches, "arity": {1: ["String"]}, "nullable_input": True},
        "today": {"fn": lambda ctx, _: ctx["at"][:10] or []},
        "now": {"fn": lambda ctx, _: ctx["at"] or []},
        "timeOfDay": {"fn": lambda ctx, _: ctx["at"][11:23].rstrip("Z") or []},
        "trace": {"fn": lambda _, data, *__: data, "arity": {1: ["String"], 2: ["String", "Expr"]}},
        "hasValue": {"fn": _has_value},
    }


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` so that it counts its steps and leaves ``$this`` as it was."""

    def bounded(ctx: Context, *given: Any) -> Any:
        ctx["effort"].spend(_A_CALL + sum(len(one) for one in given if isinstance(one, list)))
        before = {name: ctx[name] for name in _STATE if name in ctx}
        result = function(ctx, *given)
        for name in _STATE:
            if name in before:
                ctx[name] = before[name]
            else:
                ctx.pop(name, None)
        _refuse_huge(result)
        return result

    return bounded


def _refuse_huge(result: Any) -> None:
    too_large = False
    if isinstance(result, list):
        too_large = len(result) > _MOST
        result = result[0] if len(result) == 1 else None
    if isinstance(result, str):
        too_large = len(result) > _LONGEST
    elif isinstance(result, (int, Decimal)):
        too_large = not -_LARGEST < result < _LARGEST
    if too_large:
        raise TooLargeError("An expression of this questionnaire gives a value without measure.")


def _numbers(data: Collection) -> list[Decimal | int]:
    found: list[Any] = [data_of(one) for one in data]
    for one in found:
        if exact(one) is None:
            raise ValueError(f"“{str(one)[:40]}” is not a number")
    return found


def _sum(_: Context, data: Collection) -> Any:
    return sum(_numbers(data)) if data else []


def _average(_: Context, data: Collection) -> Any:
    return Decimal(sum(_numbers(data))) / len(data) if data else []


def _extreme(data: Collection, choose: Callable[[list[Any]], Any]) -> Any:
    return choose([data_of(one) for one in data]) if data else []


def _weights(ctx: Context, data: Collection) -> Collection:
    found = [_weight(ctx, data_of(one)) for one in data]
    return [one for one in found if one is not None]


def _weight(ctx: Context, value: Any) -> Decimal | None:
    if not isinstance(value, Mapping):
        return None
    coding = value.get("valueCoding", value)
    carried = weight_of(value, coding)
    if carried is not None or not isinstance(coding, Mapping):
        return carried
    known: Mapping[tuple[str, str], Decimal] = ctx["weights"]
    return known.get((str(coding.get("system", "")), str(coding.get("code", ""))))


def _where(ctx: Context, data: Collection, expression: Callable[[Any], Collection]) -> Collection:
    found = []
    for index, one in enumerate(data):
        ctx["$index"] = index
        told = expression(one)
        if told and data_of(told[0]) is True:
            found.append(one)
    return found


def _select(ctx: Context, data: Collection, expression: Callable[[Any], Collection]) -> Collection:
    found: Collection = []
    for index, one in enumerate(data):
        ctx["$index"] = index
        new = expression(one)
        ctx["effort"].spend(len(new))
        found += new
        _refuse_huge(found)
    return found


def _repeat(ctx: Context, data: Collection, expression: Callable[[Any], Collection]) -> Collection:
    found: Collection = []
    seen: set[int] = set()
    waiting = list(data)
    while waiting:
        new = [one for each in waiting for one in expression(each)]
        ctx["effort"].spend(1 + len(new))
        waiting = [one for one in new if id(data_of(one)) not in seen]
        seen |= {id(data_of(one)) for one in waiting}
        found += waiting
    return found


def _aggregate(
    ctx: Context,
    data: Collection,
    expression: Callable[[Any], Collection],
    first: Collection | None = None,
) -> Any:
    ctx["$total"] = first if first is not None else []
    for index, one in enumerate(data):
        ctx["$index"] = index
        ctx["$total"] = expression(one)
        ctx["effort"].spend(1 + len(ctx["$total"]))
        _refuse_huge(ctx["$total"])
    return ctx["$total"]


def _descendants(ctx: Context, data: Collection) -> Collection:
    """Return all below; of the same elements only once for each state of the response."""
    kept: dict[tuple[int, ...], Collection] = ctx["kept"]
    key = tuple(id(data_of(one)) for one in data)
    if key not in kept:
        found: Collection = []
        level = [_node(one) for one in data]
        while level:
            level = [below for one in level for below in _below(one)]
            ctx["effort"].spend(len(level))
            found += level
        kept[key] = found
    return list(kept[key])


def _node(one: Any) -> Any:
    from fhirpathpy.engine.nodes import ResourceNode

    return ResourceNode.create_node(one)


def _below(one: Any) -> Collection:
    from fhirpathpy.engine.nodes import ResourceNode

    if not isinstance(one.data, Mapping):
        return []
    found: Collection = []
    for name, value in one.data.items():
        path = _path(one.path, name)
        many = value if isinstance(value, list) else [value]
        found += [ResourceNode(each, path) for each in many if each is not None]
    return found


@cache
def _path(above: str | None, name: str) -> str:
    """Return the type of ``name`` below ``above``, as fhirpathpy names it."""
    from fhirpathpy.models import models

    model: Any = models["r4"]
    path = "Extension" if name == "extension" else f"{above or '_'}.{name}"
    path = model["pathsDefinedElsewhere"].get(path, path)
    return str(model["path2Type"].get(path, path))


def _by(name: str) -> Callable[..., Collection]:
    def chosen(_: Context, data: Collection, *wanted: str) -> Collection:
        return [
            one
            for one in data
            if isinstance(value := getattr(one, "data", one), Mapping) and value.get(name) in wanted
        ]

    return chosen


def _matches(ctx: Context, data: Collection, wanted: str) -> Any:
    text = data_of(data[0]) if len(data) == 1 else None
    if not isinstance(text, str):
        raise TypeError("matches() needs one text")
    try:
        return pattern(wanted).is_in(text, ctx["effort"].spend)
    except UnsafePatternError as error:
        raise ValueError(str(error)) from error


def _has_value(_: Context, data: Collection) -> bool:
    return len(data) == 1 and not isinstance(data_of(data[0]), (Mapping, list))
