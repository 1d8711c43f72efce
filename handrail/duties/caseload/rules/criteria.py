"""Criteria of programs: small declarations over the record, evaluated without it.

A criterion is data (a table in a rule file). It says either what must be there (``at_least``) or
what must be gone (``at_most``), and answers with the reason in words when it is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Protocol

from handrail.duties.caseload.resources import STAY_KINDS, Stay
from handrail.fhir.errors import HandrailError

APART = timedelta(hours=24)  # an emergency visit that became an inpatient stay is one stay


class ProgramError(HandrailError):
    """A program cannot be used as it is written; the message names the program and the fault."""

    status = 500
    code = "exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the record says of one patient, as far as programs ask."""

    zone: tzinfo
    born: date | None = None
    deceased: bool = False
    stays: Sequence[Stay] = ()
    chronic: Mapping[str, date | None] = field(default_factory=dict)
    enrolled_on: date | None = None


class Criterion(Protocol):
    """Something that is or is not the case with a patient on a day."""

    def met(self, facts: Facts, on: date) -> str | None:
        """Return the reason in words if it is the case, else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many there must be."""

    at_least: int = 1
    at_most: int | None = None

    def holds(self, number: int) -> bool:
        """Tell whether ``number`` is within the bounds."""
        if self.at_most is not None:
            return number <= self.at_most
        return number >= self.at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Stays in hospital (``classes``) that ended, or started, within some days.

    ``open_stays`` "count": somebody who is inside now also counts as having such a stay.
    """

    count: Count
    classes: frozenset[str]
    days: int
    by_end: bool
    open_stays: bool = False

    def met(self, facts: Facts, on: date) -> str | None:
        """Return which stays, newest first, or that there were none."""
        dates = sorted(self._dates(facts, on), reverse=True)
        if not self.count.holds(len(dates)):
            return None
        kind = " or ".join(kind for kind in STAY_KINDS if kind in self.classes)
        if not dates:
            return f"No {kind} {'discharge' if self.by_end else 'stay'} in {self.days} days"
        shown = ", ".join(f"{day:%-d %b %Y}" for day in dates[:3])
        if self.by_end:
            return f"Discharged {shown} ({kind})"
        return f"{len(dates)} {kind} stays in {self.days} days: {shown}"

    def _dates(self, facts: Facts, on: date) -> Iterator[date]:
        wanted = (stay for stay in facts.stays if stay.kind in self.classes)
        for stay in wanted if self.by_end else separate(wanted):
            moment = stay.ends if self.by_end else stay.starts
            if moment is None or (self.by_end and stay.status != "finished"):
                if self.open_stays and stay.ends is None:
                    yield on
                continue
            day = moment.astimezone(facts.zone).date()
            if 0 <= (on - day).days <= self.days:
                yield day


def separate(stays: Iterable[Stay]) -> Iterator[Stay]:
    """Yield stays without those that only continue the one before them (within 24 hours)."""
    last: datetime | None = None
    for stay in sorted(stays, key=lambda stay: stay.starts):
        if last is None or stay.starts - last > APART:
            yield stay
        last = max(last or stay.starts, stay.ends or stay.starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronic:
    """Chronic conditions, counted by group. ``groups`` empty: any."""

    count: Count
    groups: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def met(self, facts: Facts, on: date) -> str | None:
        """Return which conditions."""
        had = [
            group
            for group, onset in facts.chronic.items()
            if (not self.groups or group in self.groups) and (onset is None or onset <= on)
        ]
        if not self.count.holds(len(had)):
            return None
        return ", ".join(sorted(self.labels.get(g, g) for g in had)) or "No chronic condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """Age in whole years."""

    at_least: int = 0
    at_most: int = 200

    def met(self, facts: Facts, on: date) -> str | None:
        """Return the age; an unknown birth date meets nothing."""
        if facts.born is None:
            return None
        born = facts.born
        years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
        return f"Age {years}" if self.at_least <= years <= self.at_most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """Days since the patient was enrolled. Only for exit criteria."""

    days: int

    def met(self, facts: Facts, on: date) -> str | None:
        """Return for how long the patient has been enrolled."""
        if facts.enrolled_on is None:
            return None
        days = (on - facts.enrolled_on).days
        return f"Enrolled for {days} days" if days >= self.days else None


_WORDS: dict[str, frozenset[str]] = {
    "stays": frozenset(
        {"fact", "classes", "ended_within_days", "started_within_days", "at_least", "at_most",
         "open_stays"}
    ),
    "chronic": frozenset({"fact", "groups", "at_least", "at_most"}),
    "age": frozenset({"fact", "at_least", "at_most"}),
    "enrolled": frozenset({"fact", "days"}),
}  # fmt: skip


def criterion(entry: Mapping[str, Any], where: str, labels: Mapping[str, str]) -> Criterion:
    """Return the criterion written in a rule file. ``labels``: names of the condition groups.

    Raises:
        ProgramError: a word is unknown or a number missing; says which.
    """
    fact = str(entry.get("fact", ""))
    if fact not in _WORDS:
        known = ", ".join(sorted(_WORDS))
        raise ProgramError(f"{where}: fact '{fact}' is not known. Use one of: {known}.")
    if unknown := sorted(entry.keys() - _WORDS[fact]):
        raise ProgramError(f"{where}: '{unknown[0]}' means nothing with fact '{fact}'.")
    if fact == "stays":
        return _stays(entry, where)
    if fact == "chronic":
        return _chronic(entry, where, labels)
    if fact == "age":
        return Age(
            at_least=_number(entry, "at_least", where, 0),
            at_most=_number(entry, "at_most", where, 200),
        )
    return Enrolled(days=_number(entry, "days", where))


def _stays(entry: Mapping[str, Any], where: str) -> Stays:
    classes = frozenset(str(kind) for kind in entry.get("classes", ()))
    if not classes or classes - set(STAY_KINDS):
        raise ProgramError(f"{where}: classes must be some of: {', '.join(STAY_KINDS)}.")
    by_end = "ended_within_days" in entry
    if by_end == ("started_within_days" in entry):
        raise ProgramError(f"{where}: give either ended_within_days or started_within_days.")
    days = _number(entry, "ended_within_days" if by_end else "started_within_days", where)
    open_stays = entry.get("open_stays") == "count"
    return Stays(
        count=_count(entry, where), classes=classes, days=days, by_end=by_end, open_stays=open_stays
    )


def _chronic(entry: Mapping[str, Any], where: str, labels: Mapping[str, str]) -> Chronic:
    groups = frozenset(str(group) for group in entry.get("groups", ()))
    if unknown := sorted(groups - labels.keys()):
        raise ProgramError(f"{where}: there is no group of conditions '{unknown[0]}'.")
    return Chronic(count=_count(entry, where), groups=groups, labels=labels)


def _count(entry: Mapping[str, Any], where: str) -> Count:
    if "at_most" in entry:
        return Count(at_least=0, at_most=_number(entry, "at_most", where))
    return Count(at_least=_number(entry, "at_least", where, 1))


def _number(entry: Mapping[str, Any], name: str, where: str, default: int | None = None) -> int:
    value = entry.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ProgramError(f"{where}: {name} must be a whole number that is not negative.")
    return value
