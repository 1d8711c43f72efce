"""Scopes narrower than a type: those of one patient, and those with search parameters.

Every read and every write compares the resource itself; a search gets the same conditions, and so
do the searches inside of it (chains, ``_has``): what a scope does not open cannot be felt either.
A principal without scopes, or whose scopes open whole types, costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from django.utils.translation import gettext as _

from handrail.access import scopes
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.access.scopes import WITHOUT_PATIENT, Window, windows
from handrail.fhir.errors import ForbiddenError
from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    EitherClause,
    HasClause,
    Row,
    TokenClause,
)
from handrail.fhir.searching.query import Query

_VERBS: Final = ("create", "read", "update", "delete", "search")


class Kept(Protocol):
    """A version of a resource, as the record keeps it."""

    @property
    def resource_type(self) -> str:
        """Return its FHIR type."""

    @property
    def id(self) -> str:
        """Return its id."""

    @property
    def patient(self) -> str:
        """Return the id of the patient whose record it is in, or nothing."""

    @property
    def updated_at(self) -> datetime:
        """Return when the record took it in."""

    @property
    def deleted(self) -> bool:
        """Tell whether this version says that it was deleted."""

    @property
    def resource(self) -> Mapping[str, Any]:
        """Return the resource."""


def is_narrow(by: Principal, resource_type: str, verb: str = "read") -> bool:
    """Tell whether ``by`` may ``verb`` not all resources of this type that it reaches."""
    return by.scopes is not None and windows(by.scopes, verb, resource_type) is not None


def is_granular(by: Principal) -> bool:
    """Tell whether scopes with search parameters open a part of some type about patients."""
    found = (scopes.parsed(scope) for scope in by.scopes or ())
    return any(one and one.asked and one.resource_type not in WITHOUT_PATIENT for one in found)


def lets(by: Principal, verb: str, one: Kept) -> bool:
    """Tell whether the scopes of ``by`` allow ``verb`` on this very resource.

    Roles and the reach of the principal are :func:`handrail.access.decide.require`'s.
    """
    ways = None if by.scopes is None else windows(by.scopes, verb, one.resource_type)
    if ways is None:
        return True
    bound = _bound(by)
    return any(_lets(way, bound, one) for way in ways)


def _lets(way: Window, bound: frozenset[str], one: Kept) -> bool:
    if way.of_patient and one.patient not in bound:
        return False
    if not way.asked:
        return True
    if one.deleted:
        return False
    row = Row(one.id, one.updated_at, one.resource)
    return all(clause.matches(row) for clause in scopes.clauses(one.resource_type, way.asked))


def require_stored(by: Principal, verb: str, one: Kept) -> None:
    """Refuse what ``by`` may not do with this very resource, its patient included.

    Raises:
        ForbiddenError: the role, the scopes or the reach of the principal do not allow it.
    """
    require(by, verb, one.resource_type, one.patient)
    require_let(by, verb, one)


def require_let(by: Principal, verb: str, one: Kept) -> None:
    """Refuse what the scopes of ``by`` do not open; roles and reach were asked for before.

    Raises:
        ForbiddenError: the resource is not in the part of its type that the scopes open.
    """
    if not lets(by, verb, one):
        raise ForbiddenError(
            _(
                "The scopes of this token open a part of %(what)s, and this one is not among"
                " them. Ask for a token with wider scopes."
            )
            % {"what": one.resource_type}
        )


def narrowed(query: Query, by: Principal, verb: str = "search") -> Query:
    """Return ``query`` with what the scopes of ``by`` leave of it.

    Raises:
        ForbiddenError: a chain or ``_has`` in it asks for a type that ``by`` may not search.
    """
    if by.scopes is None:
        return query
    clauses = [_inside(clause, by) for clause in query.clauses]
    ways = windows(by.scopes, verb, query.resource_type)
    if ways is None:
        return replace(query, clauses=clauses) if clauses != query.clauses else query
    patient = query.patient
    if ways and all(way.of_patient for way in ways):
        patient, more = _of_patients(query, _bound(by))
        clauses += more
    if not ways:
        clauses.append(_NOTHING)
    elif all(way.asked for way in ways):
        clauses += _any_of(query.resource_type, ways)
    return replace(query, clauses=clauses, patient=patient)


def _of_patients(query: Query, bound: frozenset[str]) -> tuple[str, Iterable[Clause]]:
    """Return the one patient that rows have to be of, and clauses that say so for several."""
    if query.patient and query.patient not in bound:
        return query.patient, (_NOTHING,)
    if len(bound) == 1:
        return next(iter(bound)), ()
    if bound and query.resource_type == "Task":  # the only type with resources about nobody
        return query.patient, scopes.clauses("Task", f"patient={','.join(sorted(bound))}")
    return query.patient, () if bound else (_NOTHING,)


_NOTHING: Final = TokenClause("scope", ())


def _any_of(resource_type: str, ways: tuple[Window, ...]) -> tuple[Clause, ...]:
    groups = tuple(scopes.clauses(resource_type, way.asked) for way in ways)
    return groups[0] if len(groups) == 1 else (EitherClause("scope", groups),)


def _inside(clause: Clause, by: Principal) -> Clause:
    """Return a clause whose inner searches are narrowed too."""
    if isinstance(clause, ChainClause):
        return replace(clause, to=tuple(_inner(query, by) for query in clause.to))
    if isinstance(clause, HasClause):
        return replace(clause, by=_inner(clause.by, by))
    if isinstance(clause, EitherClause):
        groups = tuple(tuple(_inside(one, by) for one in group) for group in clause.any_of)
        return replace(clause, any_of=groups)
    return clause


def _inner(query: Query, by: Principal) -> Query:
    require(by, "search", query.resource_type)
    return narrowed(query, by)


def _bound(by: Principal) -> frozenset[str]:
    """Return the patients that ``patient/`` scopes are for."""
    if by.app:
        return frozenset({by.patient}) - {""}
    return by.opened
