"""Which assessments are due for a person, by dated rule data, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from handrail.fhir.calendar import Calendar
from handrail.fhir.rulebook import Rule, Rulebook

SHIPPED = "urn:handrail:questionnaire:"


@dataclass(frozen=True, slots=True)
class Done:
    """An assessment that was finished: the url of its form, or the code of a score, and when."""

    what: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What decides whether something is due. ``programs`` are those the person is enrolled in."""

    born: date | None
    programs: frozenset[str]
    done: Sequence[Done]

    def age(self, on: date) -> int | None:
        """Return the age in years on that day; None if the birth date is not known."""
        if self.born is None:
            return None
        before = (on.month, on.day) < (self.born.month, self.born.day)
        return on.year - self.born.year - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An assessment that is due: the form that is offered, since when, and why in words."""

    rule: str
    form: str
    title: str
    last_on: date | None
    look_by: date
    order: int = 0
    source: str = ""


def due(person: Person, rules: Rulebook, today: date, calendar: Calendar) -> list[Due]:
    """Return what is due today, in the order it is asked.

    What a form that is due counts for as well is not asked a second time.
    """
    found = [
        (each, frozenset(rule.values.get("forms", ())))
        for rule in due_rules(rules, today)
        if (each := _due(rule, person, today, calendar))
    ]
    kept: list[Due] = []
    for each, forms in sorted(found, key=lambda one: (one[0].order, one[0].rule)):
        if not any(other.form in forms for other in kept):
            kept.append(each)
    return kept


@lru_cache(maxsize=64)
def due_rules(rules: Rulebook, today: date) -> tuple[Rule, ...]:
    """Return the rules about what is due, in force on that day; read once."""
    seen: set[str] = set()
    found = []
    for rule in rules.all("assessment."):
        if rule.id not in seen and rule.in_force(today):
            seen.add(rule.id)
            found.append(rule)
    return tuple(found)


def _due(rule: Rule, person: Person, today: date, calendar: Calendar) -> Due | None:
    values = rule.values
    if not _concerns(rule, person, today):
        return None
    counts = {*values.get("forms", ()), *values.get("scores", ())}
    last = max((each.on for each in person.done if each.what in counts), default=None)
    if last is not None and last > today - timedelta(days=int(values["every_days"])):
        return None
    wait = int(values.get("first_business_days", 1)) if last is None else 1
    return Due(
        rule=rule.id,
        form=str(values["forms"][0]),
        title=rule.title,
        last_on=last,
        look_by=calendar.after(today, wait),
        order=int(values.get("order", 0)),
        source=rule.source,
    )


def _concerns(rule: Rule, person: Person, today: date) -> bool:
    values = rule.values
    programs = frozenset(values.get("programs", ()))
    if programs and not programs & person.programs:
        return False
    age = person.age(today)
    least, most = values.get("min_age"), values.get("max_age")
    if least is None and most is None:
        return True
    return age is not None and (least or 0) <= age <= (most if most is not None else age)


def satisfies(rule: Rule, done: Collection[str]) -> bool:
    """Tell whether finishing one of these (form urls, score codes) is what the rule asks for."""
    return not {*rule.values.get("forms", ()), *rule.values.get("scores", ())}.isdisjoint(done)


def slug_of(url: str) -> str:
    """Return the name of a shipped form, from its url; empty for any other."""
    return url.removeprefix(SHIPPED) if url.startswith(SHIPPED) else ""


def reference_of(url: str) -> str:
    """Return the reference of a shipped form, from its url; empty for any other."""
    slug = slug_of(url)
    return f"Questionnaire/handrail-{slug}" if slug else ""
