"""Who in the record could be this person: a few searches, each candidate scored.

The scores are of :mod:`handrail.fhir.matching`; only patients the principal reaches are candidates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from handrail.access.principal import Principal
from handrail.fhir.matching import Person, Score, compare, searches
from handrail.fhir.resource import Resource
from handrail.fhir.searching.query import parse
from handrail.record.search.execute import search
from handrail.record.stored import Stored

_CANDIDATES: Final = 200
"""How many one search may bring; more have too little in common to be told apart."""

Match = tuple[Score, Stored]


def matches(patient: Resource, by: Principal) -> list[Match]:
    """Return who could be ``patient`` (a Patient, as far as it is known), the likeliest first."""
    person = Person.of(patient)
    scored = ((compare(person, Person.of(one.resource)), one) for one in _near(patient, by))
    found = [one for one in scored if one[0].grade != "certainly-not"]
    return sorted(found, key=lambda one: (-one[0].value, one[1].id))


def _near(patient: Resource, by: Principal) -> Iterable[Stored]:
    """Return everybody who has two things in common with ``patient``, each once."""
    found: dict[str, Stored] = {}
    for pairs in searches(patient):
        query = parse("Patient", [*pairs, ("_count", str(_CANDIDATES))], strict=True)
        for one in search(query, by=by).entries:
            found.setdefault(one.id, one)
    return found.values()
