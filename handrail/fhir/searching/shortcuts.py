"""Shorter ways to the rows of a search: one patient's, or those of an owner's list."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.fhir.searching import lists
from handrail.fhir.searching.asked import Asked, alternatives, split, unescape
from handrail.fhir.searching.asking_references import literals
from handrail.fhir.searching.clauses import Query
from handrail.fhir.searching.parameters import compiled

MOST_LISTS = 120
"""Lists that one search asks for at most; with more the shorter way is none."""


def shorten(query: Query, every: Iterable[Asked]) -> None:
    """Set ``patient`` and ``listed`` where what is asked allows."""
    found = tuple(every)
    decides = compiled(query.resource_type).PATIENT
    for asked in found:
        if decides and asked.stored == decides and not query.patient:
            query.patient = _patient(asked)
    if query.resource_type == lists.TYPE:
        query.listed = _listed(found)


def _patient(asked: Asked) -> str:
    if asked.modifier and not asked.modifier[0].isupper():
        return ""
    found = {one for text in alternatives(asked) for one in literals(asked, unescape(text))}
    resource_type, _, identity = next(iter(found)).partition("/")
    return identity if len(found) == 1 and resource_type == "Patient" else ""


def _listed(every: Iterable[Asked]) -> tuple[int, ...]:
    owners: tuple[str, ...] = ()
    statuses: tuple[str, ...] = lists.STATUSES
    for asked in every:
        if asked.name == "owner" and not owners:
            owners = _owners(asked)
        elif asked.name == "status" and not asked.modifier:
            codes = {unescape(split(text, "|")[-1]) for text in alternatives(asked)}
            statuses = tuple(code for code in statuses if code in codes)
    found = lists.places(owners, statuses)
    return found if len(found) <= MOST_LISTS else ()


def _owners(asked: Asked) -> tuple[str, ...]:
    if asked.modifier == "missing":
        return ("",) if asked.value == "true" else ()
    if asked.modifier and not asked.modifier[0].isupper():
        return ()
    return tuple(one for text in alternatives(asked) for one in literals(asked, unescape(text)))
