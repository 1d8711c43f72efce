"""Working out a response: what is calculated and what is enabled, until nothing changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from handrail.fhir.forms.enabling import Enabling, named
from handrail.fhir.forms.errors import LoopError
from handrail.fhir.forms.expressions import UnworkableError, parsed
from handrail.fhir.forms.faults import Fault
from handrail.fhir.forms.fhirpath import Engine, Values, node, plain
from handrail.fhir.forms.form import Expression
from handrail.fhir.forms.order import in_scope, order_of
from handrail.fhir.forms.results import answers_from
from handrail.fhir.forms.sheet import Sheet, Spot
from handrail.fhir.resource import Resource

MOST_ROUNDS: Final = 40
_A_PLACE: Final = 10
"""What writing one place down anew costs, in steps."""


class Work:
    """Works out one sheet; :meth:`done` changes its calculated answers."""

    def __init__(self, sheet: Sheet, context: Mapping[str, Resource], at: str = "") -> None:
        """Look at the form's expressions.

        Raises:
            LoopError: items or variables wait for each other.
        """
        self.sheet = sheet
        self.enabled: frozenset[str] = frozenset()
        self.warnings: dict[str, Fault] = {}
        self._order = order_of(sheet.form)
        self._given = dict(context)
        self._engine = Engine(sheet.form, at or str(sheet.head.get("authored", "")))
        self._said: dict[str, bool] = {}
        self._elements: dict[str, Any] = {}
        self._variables: dict[tuple[str, str], Values] = {}
        self._scopes: dict[str, dict[str, Expression]] = {}
        self._resource: Resource = {}

    def done(self) -> None:
        """Work everything out.

        Raises:
            LoopError: the values never come to rest; it names the items.
            TooLargeError: it takes too long.
        """
        calculated = [one for one in self.sheet.walk() if one.item.calculation]
        told = [one for one in self.sheet.walk() if one.item.enable_expression]
        self._said = dict.fromkeys((one.place for one in told), False)
        self.enabled = Enabling(self.sheet, self._said).places()
        if not (calculated or told):
            self._refresh()
            return
        moved: list[Spot] = []
        for _ in range(min(len(calculated) + len(told) + 3, MOST_ROUNDS)):
            moved = self._round(calculated, told)
            if not moved:
                return
        names = named(self.sheet.form, list(dict.fromkeys(one.item.link_id for one in moved)))
        raise LoopError(
            f"These items change each other without end: {names}. Correct their expressions."
        )

    def _round(self, calculated: list[Spot], told: list[Spot]) -> list[Spot]:
        """Work out everything once; return the spots that changed."""
        moved: list[Spot] = []
        self._refresh()
        levels = self._order.level
        for level in range(max(levels.values(), default=-1) + 1):
            changed = [
                spot
                for spot in calculated
                if levels[spot.item.link_id] == level and self._calculate(spot)
            ]
            moved += changed
            if changed:
                self._refresh()
        for spot in told:
            said = self._tells(spot)
            if said is not self._said[spot.place]:
                self._said[spot.place] = said
                moved.append(spot)
        enabled = Enabling(self.sheet, self._said).places()
        moved += [self.sheet.places[place] for place in enabled ^ self.enabled]
        self.enabled = enabled
        return moved

    def _refresh(self) -> None:
        self._engine.effort.spend(_A_PLACE * len(self.sheet.places))
        self._resource, self._elements = self.sheet.written(self.enabled)
        self._variables = {}
        self._engine.forget()

    def _calculate(self, spot: Spot) -> bool:
        """Work out one answer; tell whether it changed."""
        before = spot.answers
        found: Values = []
        if spot.place in self.enabled and spot.item.calculation:
            found = self.value(spot.item.calculation.text, spot)
        answers = answers_from(spot.item, found)
        if answers is None:
            text = "What was worked out is no answer to this item."
            self.warnings[spot.place] = _warning(spot, text)
            answers = []
        if answers == before:
            return False
        spot.answers = answers
        return True

    def _tells(self, spot: Spot) -> bool:
        """Tell whether an item is enabled by its expression; it is when that cannot be told."""
        expression = spot.item.enable_expression
        found = self.value(expression.text, spot, failed=[True]) if expression else [True]
        return found == [True]

    def value(self, text: str, spot: Spot | None, failed: Values | None = None) -> Values:
        """Return what an expression gives at ``spot`` (None: of the whole response)."""
        try:
            names = parsed(text).names
            return plain(self._engine.run(text, self._focus(spot), self._named(names, spot)))
        except UnworkableError as error:
            place = spot.place if spot else ""
            self.warnings[place] = _warning(spot, error.message)
            return failed or []

    def _focus(self, spot: Spot | None) -> Any:
        if spot is None:
            return node(self._resource, "QuestionnaireResponse")
        element = self._elements.get(spot.place) or {"linkId": spot.item.link_id}
        return node(element, "QuestionnaireResponse.item")

    def _named(self, names: tuple[str, ...], spot: Spot | None) -> dict[str, Any]:
        """Return the values of ``names`` at ``spot``."""
        link_id = spot.item.link_id if spot else ""
        if link_id not in self._scopes:
            self._scopes[link_id] = in_scope(self.sheet.form, spot.item if spot else None)
        scope = self._scopes[link_id]
        found: dict[str, Any] = {
            "resource": self._resource,
            "questionnaire": self.sheet.form.questionnaire,
            "patient": None,
            **self._given,
        }
        if spot:
            found["qitem"] = node(spot.item.definition, "Questionnaire.item")
        for name in names:
            if name in scope:
                found[name] = list(self._variable(scope[name], spot))
        return found

    def _variable(self, variable: Expression, spot: Spot | None) -> Values:
        """Return the value of a variable, worked out where it is declared."""
        home = self._home(variable, spot)
        key = (home.place if home else "", variable.name)
        if key not in self._variables:
            named_there = self._named(parsed(variable.text).names, home)
            self._variables[key] = self._engine.run(variable.text, self._focus(home), named_there)
        return self._variables[key]

    def _home(self, variable: Expression, spot: Spot | None) -> Spot | None:
        """Return the spot that declares ``variable``: that of the item, or above it."""
        while spot is not None and not any(one is variable for one in spot.item.variables):
            spot = spot.above
        return spot


def _warning(spot: Spot | None, text: str) -> Fault:
    return Fault(spot.place if spot else "", spot.item.link_id if spot else "", text, warning=True)


def broken(work: Work) -> Iterator[Fault]:
    """Yield the constraints that do not hold, in their own words."""
    form = work.sheet.form
    asked: list[tuple[Spot | None, Expression]] = [(None, one) for one in form.constraints]
    for spot in work.sheet.walk():
        if spot.place in work.enabled and spot.item.constraints:
            has_something = spot.item.kind == "group" or spot.has_answer
            asked += [(spot, one) for one in spot.item.constraints if has_something]
    for where, one in asked:
        if False in work.value(one.text, where):
            place, link_id = (where.place, where.item.link_id) if where else ("", "")
            words = one.words or "This answer does not fit the others."
            yield Fault(place, link_id, words, warning=one.warning)
