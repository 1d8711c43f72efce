"""Programs: dated rules of a certain form. What an organization wrote is checked word by word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from handrail.duties.caseload.resources import ICD10, SNOMED
from handrail.duties.caseload.rules.criteria import Criterion, Facts, ProgramError, criterion
from handrail.fhir.errors import NotFoundError
from handrail.fhir.rulebook import Rule, Rulebook

PREFIX = "program."
CHRONIC_PREFIX = "chronic."
_NUMBERS = ("cadence_days", "first_contact_business_days", "minutes_per_month", "review_days")
_KNOWN = frozenset({*_NUMBERS, "tier", "order", "entry", "exit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program. A patient fits if every ``entry`` is met and no ``leave`` is."""

    id: str
    title: str
    tier: str
    order: int
    cadence_days: int
    first_contact_business_days: int
    minutes_per_month: int
    review_days: int
    entry: tuple[Criterion, ...]
    leave: tuple[Criterion, ...]
    source: str

    def fits(self, facts: Facts, on: date) -> list[str]:
        """Return the reasons why somebody fits; empty if not. The dead fit nowhere."""
        if facts.deceased:
            return []
        reasons = [each.met(facts, on) for each in self.entry]
        return [reason for reason in reasons if reason] if all(reasons) else []

    def leaves(self, facts: Facts, on: date) -> list[str]:
        """Return the reasons to end an enrolment; empty if there are none."""
        return [reason for each in self.leave if (reason := each.met(facts, on))]


@lru_cache(maxsize=16)
def programs(rules: Rulebook, on: date) -> Mapping[str, Program]:
    """Return the programs in force on a day by id, in their order.

    Raises:
        ProgramError: one cannot be used as it is written.
    """
    labels = {group.id: group.label for group in groups(rules, on)}
    found: dict[str, Program] = {}
    for rule in rules.all(PREFIX):
        identity = rule.id.removeprefix(PREFIX)
        if identity not in found and rule.in_force(on):
            found[identity] = _program(identity, rule, labels)
    ordered = sorted(found.items(), key=lambda item: (item[1].order, item[0]))
    return MappingProxyType(dict(ordered))


def program_of(rules: Rulebook, identity: str, on: date) -> Program:
    """Return one program; raise NotFoundError if there is none in force."""
    every = programs(rules, on)
    if identity not in every:
        known = ", ".join(every) or "none"
        raise NotFoundError(f"There is no program '{identity}'. Programs in force: {known}.")
    return every[identity]


def _program(identity: str, rule: Rule, labels: Mapping[str, str]) -> Program:
    where = f"Program '{identity}'"
    values = rule.values
    if unknown := sorted(values.keys() - _KNOWN):
        raise ProgramError(f"{where}: '{unknown[0]}' is not a word of a program.")
    numbers = {name: _whole(values, name, where) for name in _NUMBERS}
    entry = _criteria(values, "entry", where, labels)
    if not entry:
        raise ProgramError(f"{where}: without entry criteria everybody would fit. Add one.")
    return Program(
        id=identity,
        title=rule.title,
        tier=str(values.get("tier", "")),
        order=int(values.get("order", 100)),
        entry=entry,
        leave=_criteria(values, "exit", where, labels),
        source=rule.source,
        **numbers,
    )


def _criteria(
    values: Mapping[str, Any], name: str, where: str, labels: Mapping[str, str]
) -> tuple[Criterion, ...]:
    entries = values.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ProgramError(f"{where}: {name} must be a list of tables.")
    return tuple(
        criterion(entry, f"{where}, {name} {number}", labels)
        for number, entry in enumerate(entries, 1)
    )


def _whole(values: Mapping[str, Any], name: str, where: str) -> int:
    value = values.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ProgramError(f"{where}: {name} must be a whole number of at least 1.")
    return value


@dataclass(frozen=True, slots=True)
class Group:
    """A chronic condition under all the codes that mean it."""

    id: str
    label: str
    snomed: frozenset[str]
    icd10: tuple[str, ...]


@lru_cache(maxsize=16)
def groups(rules: Rulebook, on: date) -> tuple[Group, ...]:
    """Return the groups of chronic conditions in force on a day."""
    found: dict[str, Group] = {}
    for rule in rules.all(CHRONIC_PREFIX):
        identity = rule.id.removeprefix(CHRONIC_PREFIX)
        if identity not in found and rule.in_force(on):
            icd10 = tuple(str(code).replace(".", "") for code in rule.values.get("icd10", ()))
            snomed = frozenset(str(code) for code in rule.values.get("snomed", ()))
            found[identity] = Group(identity, rule.title, snomed, icd10)
    return tuple(found.values())


class Grouper:
    """Finds the group of a code: one look into a dictionary, for bulk loads."""

    def __init__(self, every: Iterable[Group]) -> None:
        """Index the groups by code."""
        self._snomed: dict[str, str] = {}
        self._icd10: dict[str, str] = {}
        for group in every:
            self._snomed.update(dict.fromkeys(group.snomed, group.id))
            self._icd10.update(dict.fromkeys(group.icd10, group.id))
        self._lengths = sorted({len(prefix) for prefix in self._icd10}, reverse=True)

    def group_of(self, system: str, code: str) -> str:
        """Return the id of the group a code belongs to, or an empty string."""
        if system == SNOMED:
            return self._snomed.get(code, "")
        if system == ICD10:
            bare = code.replace(".", "").upper()
            hits = (self._icd10.get(bare[:length]) for length in self._lengths)
            return next((hit for hit in hits if hit), "")
        return ""
