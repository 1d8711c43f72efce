"""Finds people by whatever somebody typed, inside what the principal may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.principal import Principal, Reach, system
from handrail.duties.registration.models import Person, PersonKey
from handrail.duties.registration.rules.details import Details
from handrail.duties.registration.rules.question import Question, Term, understand
from handrail.duties.registration.rules.words import BORN, NAME, number, words

LIMIT = 50
_AFTER_EVERY_TEXT = "\U0010ffff"
_NAMES_TO_ASK = 2
_MOST_OUTSIDE = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Who fits: ``people`` in order, ``more`` if there were too many to show.

    ``similar`` fit only if something was misspelt. ``outside`` are ids of people with exactly this
    name and birth date whom the principal may not see; nothing else is told about them.
    """

    people: Sequence[Person] = ()
    similar: Sequence[Person] = ()
    more: bool = False
    outside: Sequence[str] = ()


def find(text: str, *, by: Principal) -> Found:
    """Return the people who fit what was typed: name words, birth date, phone, record number."""
    question = understand(text)
    if not question.terms:
        return Found()
    with acting(by):
        people = tuple(fitting(by.org, question.terms)[: LIMIT + 1])
        similar = () if people else tuple(fitting(by.org, question.terms, near=True)[:LIMIT])
        shown = [person.patient for person in (*people[:LIMIT], *similar)]
        audit.saw_many(by, "search Patient", shown)
    outside = () if people else _outside(question, by)
    return Found(people[:LIMIT], similar, len(people) > LIMIT, outside)


def fitting(org: int, terms: Iterable[Term], *, near: bool = False) -> QuerySet[Person]:
    """Return the people of whom every term is true, by name.

    Only ``=``, ``>=`` and ``<`` on text: the operators that row-level security lets an index serve.
    """
    people = Person.objects.filter(org=org)
    for term in terms:
        wanted = Q()
        for start in term.starts:
            wanted |= Q(key__gte=start, key__lt=start + _AFTER_EVERY_TEXT)
        if near and term.near:
            wanted |= Q(key__in=term.near)
        keys = PersonKey.objects.filter(wanted, org=org).values("patient")
        people = people.filter(patient__in=keys)
    return people.order_by("sort_name", "patient")


def _outside(question: Question, by: Principal) -> Sequence[str]:
    """Return ids of people with exactly this full name and birth date beyond the asker's reach.

    A coordinator who has somebody on the phone knows both; nobody can browse with it.
    """
    if by.reach is not Reach.RELATED:
        return ()
    if len(question.names) < _NAMES_TO_ASK or not question.born:
        return ()
    with acting(system(by.org, "directory", "Directory")):
        people = Person.objects.filter(org=by.org)
        for key in (NAME + name for name in question.names):
            same = PersonKey.objects.filter(org=by.org, key=key).values("patient")
            people = people.filter(patient__in=same)
        days = [BORN + day for day in question.born]
        born = PersonKey.objects.filter(org=by.org, key__in=days).values("patient")
        ids = people.filter(patient__in=born).order_by("patient")
        found = list(ids.values_list("patient", flat=True)[:_MOST_OUTSIDE])
    _asked(by, found)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Somebody who may be the same person. ``person`` is None if the asker may not see them."""

    patient: str
    person: Person | None


def duplicates_of(details: Details, *, by: Principal) -> list[Duplicate]:
    """Return people with this birth date and a family and a given name in common.

    Looks at the whole organization: a second record of one person is unsafe for everybody.
    """
    if not details.birth_date:
        return []
    with acting(system(by.org, "directory", "Directory")):
        people = Person.objects.filter(org=by.org, birth_date=details.birth_date)
        for name in (details.family, details.given):
            some = [NAME + word for word in words(name)]
            keys = PersonKey.objects.filter(org=by.org, key__in=some)
            people = people.filter(patient__in=keys.values("patient"))
        born = PersonKey.objects.filter(org=by.org, key=BORN + number(details.birth_date))
        ids = people.filter(patient__in=born.values("patient")).order_by("patient")
        found = list(ids.values_list("patient", flat=True)[:_MOST_OUTSIDE])
    _asked(by, found)
    with acting(by):
        seen = {p.patient: p for p in Person.objects.filter(org=by.org, patient__in=found)}
    return [Duplicate(identity, seen.get(identity)) for identity in found]


def _asked(by: Principal, found: Sequence[str]) -> None:
    """Write down that the directory answered about people beyond the asker's reach."""
    if found:
        event = audit.Event(action="E", what="directory", patients=list(found))
        with acting(by):
            audit.note(by, event)
