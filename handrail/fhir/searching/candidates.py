"""The widest clause of a parameter: rows that have it at all, which the resource has to confirm."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.fhir.searching import hashing
from handrail.fhir.searching.asked import Asked
from handrail.fhir.searching.clauses import Recheck, TokenClause
from handrail.fhir.searching.hashing import token
from handrail.fhir.searching.rechecks import ValuesRecheck
from handrail.fhir.searching.wanted import Wanted


def present(asked: Asked, recheck: Recheck | None = None, *, absent: bool = False) -> TokenClause:
    """Return the clause for rows that have (``absent``: lack) a value of the parameter."""
    if asked.parameter.always:
        return TokenClause(asked.label, (), negated=not absent, recheck=recheck)
    # A restricted twin (patient of subject) has its own sign of presence.
    name = asked.name if asked.parameter.only else asked.stored
    sign = token(asked.resource_type, name, hashing.PRESENT)
    return TokenClause(asked.label, (sign,), negated=absent, recheck=recheck)


def confirmed(asked: Asked, wanted: Iterable[Wanted]) -> TokenClause:
    """Return the clause for rows that have a value of the parameter which is wanted."""
    return present(asked, ValuesRecheck(asked.parameter, tuple(wanted)))
