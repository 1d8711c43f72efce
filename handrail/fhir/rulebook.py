"""Dated facts with their sources: no number from a regulation is a constant in code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from handrail.fhir.errors import HandrailError


class UnknownRuleError(HandrailError):
    """The rule book has no such rule in force on that day."""

    status = 500
    code = "not-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One dated fact. ``values`` holds its numbers; ``source`` says where they were read."""

    id: str
    title: str
    source: str
    url: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    verified_on: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_force(self, on: date) -> bool:
        """Tell whether the rule holds on that day."""
        return not (
            (self.effective_from and on < self.effective_from)
            or (self.effective_to and on > self.effective_to)
        )


class Rulebook:
    """All rules that an organization goes by: the shipped ones and its own."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Index the rules by id; a later one of the same id and period replaces an earlier."""
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.id, []).insert(0, rule)

    def rule(self, identity: str, on: date) -> Rule:
        """Return the rule in force on that day; raise if there is none."""
        for rule in self._rules.get(identity, ()):
            if rule.in_force(on):
                return rule
        message = f"There is no rule '{identity}' in force on {on}. Add one to the rule files."
        raise UnknownRuleError(message)

    def all(self, prefix: str = "") -> Iterable[Rule]:
        """Return every rule whose id starts with ``prefix``, newest first for each id."""
        return [
            rule for key, rules in self._rules.items() if key.startswith(prefix) for rule in rules
        ]
