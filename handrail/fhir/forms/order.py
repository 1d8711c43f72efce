"""In which order a form's expressions are worked out, and whether they can be.

What an expression reads is known where it compares ``linkId`` with a text. Items that so wait for
each other are refused; what is read in other ways (``descendants()``, ``startsWith``) shows when
the values do not come to rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from handrail.fhir.forms.enabling import circle, named, refuse_circles
from handrail.fhir.forms.errors import LoopError
from handrail.fhir.forms.expressions import Reads, UnworkableError, parsed, reads
from handrail.fhir.forms.form import Expression, Form, Item


@dataclass(frozen=True, slots=True)
class Order:
    """The calculated items by level: those of one level read none of the same or a later one."""

    level: Mapping[str, int]
    uses_expressions: bool


_known: WeakKeyDictionary[Form, Order] = WeakKeyDictionary()


def order_of(form: Form) -> Order:
    """Return the order of ``form``; it is worked out once.

    Raises:
        LoopError: items or variables wait for each other; it names them.
    """
    if form not in _known:
        refuse_circles(form)
        _known[form] = _order(form)
    return _known[form]


def _order(form: Form) -> Order:
    refuse_circular(in_scope(form, None))
    for item in form.walk():
        if item.variables:
            refuse_circular(in_scope(form, item))
    read = {item.link_id: _reads(form, item) for item in form.walk() if item.calculation}
    waits = {link_id: each.link_ids & set(read) for link_id, each in read.items()}
    found = circle(waits)
    if found:
        raise LoopError(
            f"These items are worked out from each other: {named(form, found)}. Correct their"
            " calculatedExpression."
        )
    uses = bool(read) or any(item.enable_expression or item.constraints for item in form.walk())
    return Order(_levels(waits), uses or bool(form.constraints))


def _levels(waits: Mapping[str, set[str]]) -> dict[str, int]:
    level: dict[str, int] = {}
    left = dict(waits)
    at = 0
    while left:
        ready = [link_id for link_id, each in left.items() if each <= level.keys()]
        level |= dict.fromkeys(ready, at)
        left = {link_id: each for link_id, each in left.items() if link_id not in level}
        at += 1
    return level


def _reads(form: Form, item: Item) -> Reads:
    scope = in_scope(form, item)
    variables: dict[str, Reads] = {}
    for name in sorted(scope, key=lambda one: len(needed(scope, [one]))):
        variables[name] = _read(scope[name].text, variables)
    return _read(item.calculation.text if item.calculation else "", variables)


def _read(text: str, variables: Mapping[str, Reads]) -> Reads:
    try:
        return reads(text, variables)
    except UnworkableError:
        return Reads()


def in_scope(form: Form, item: Item | None) -> dict[str, Expression]:
    """Return the variables that an expression of ``item`` may name: the nearest of each name."""
    lines = [form.variables]
    path = []
    link_id = item.link_id if item else ""
    while link_id:
        path.append(form.index[link_id])
        link_id = form.parents[link_id]
    lines += [one.variables for one in reversed(path)]
    return {one.name: one for line in lines for one in line if one.name}


def needed(scope: Mapping[str, Expression], names: Iterable[str]) -> list[str]:
    """Return the variables that ``names`` need, themselves included."""
    found: list[str] = []
    waiting = [name for name in names if name in scope]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += [one for one in _names(scope[name]) if one in scope]
    return found


def refuse_circular(scope: Mapping[str, Expression]) -> None:
    """Refuse variables that are worked out from each other.

    Raises:
        LoopError: it names them.
    """
    found = circle({name: set(_names(one)) & set(scope) for name, one in scope.items()})
    if found:
        names = ", ".join(f"%{one}" for one in found[:6])
        raise LoopError(f"These variables are worked out from each other: {names}. Correct them.")


def _names(expression: Expression) -> tuple[str, ...]:
    try:
        return parsed(expression.text).names
    except UnworkableError:
        return ()
