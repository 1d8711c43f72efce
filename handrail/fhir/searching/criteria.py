"""What one name and value of a search come to: a parameter, a chain of them, or ``_has``.

Source: http://hl7.org/fhir/R4/search.html#chaining and http://hl7.org/fhir/R4/search.html#has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from handrail.fhir.errors import HandrailError, UnsupportedError
from handrail.fhir.searching import hashing
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    unescape,
)
from handrail.fhir.searching.asking import clauses
from handrail.fhir.searching.asking_tokens import facts
from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    HasClause,
    IdClause,
    Query,
    TokenClause,
)
from handrail.fhir.searching.parameters import Parameter, compiled, parameters, types

DEEPEST: Final = 4
"""Steps from one resource to another that a chain may take."""
MOST_QUERIES: Final = 60
"""Searches of other types that the chains of one search may come to."""
LONGEST_NAME: Final = 300
"""Characters of a parameter's name."""
_MOST_TYPES = 40

_LIST = Parameter("special", "")
_ALWAYS = frozenset({"_id", "_lastUpdated"})


class TooWideError(InvalidSearchError):
    """The chains of a search lead to too much."""


class UnknownParameterError(UnsupportedError):
    """The type has no search parameter of this name."""


@dataclass
class Budget:
    """How much a search may still come to."""

    queries: int = MOST_QUERIES

    def spend(self) -> None:
        """Take one search of another type.

        Raises:
            TooWideError: there were too many.
        """
        self.queries -= 1
        if self.queries < 0:
            raise TooWideError(
                "The chains of this search lead to too many types. Say the types, as in "
                "subject:Patient.name, or ask for less at a time."
            )


def criteria(
    resource_type: str, name: str, value: str, budget: Budget, depth: int = 0
) -> list[Clause]:
    """Return the clauses, all of which have to hold, of one parameter of a search.

    Raises:
        UnknownParameterError: there is no such parameter.
        InvalidSearchError: the value cannot be read.
        UnsupportedError: Handrail does not answer this.
    """
    if len(name) > LONGEST_NAME:
        raise InvalidSearchError(f"A parameter's name has at most {LONGEST_NAME} characters.")
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    if code in _OTHERS:
        return [_OTHERS[code](resource_type, name, value, budget, depth)]
    parameter = parameters(resource_type).get(code)
    if parameter is None:
        raise UnknownParameterError(_possible(resource_type, code))
    asked = Asked(resource_type, code, modifier, value, parameter)
    if dot:
        return [_chain(asked, rest, budget, depth)]
    if code in _ALWAYS and modifier == "missing":
        return [_never_missing(asked)]
    return [_ids(asked)] if code == "_id" else list(clauses(asked))


def _ids(asked: Asked) -> Clause:
    refuse_modifier(asked, "not")
    ids = tuple(unescape(one) for one in alternatives(asked))
    return IdClause(ids, negated=bool(asked.modifier))


def _possible(resource_type: str, code: str) -> str:
    known = parameters(resource_type).items()
    possible = sorted(name for name, one in known if not one.uncovered)
    return (
        f"{resource_type} has no search parameter {code[:60]}. It has {', '.join(possible)}, "
        "_list and _has."
    )


def _never_missing(asked: Asked) -> Clause:
    if asked.value not in {"true", "false"}:
        raise InvalidSearchError(f"{asked.label} is either true or false.")
    return TokenClause(asked.label, (), negated=asked.value == "false")


def _in_lists(resource_type: str, name: str, value: str, *_: object) -> Clause:
    asked = Asked(resource_type, "_list", name.partition(":")[2], value, _LIST)
    refuse_modifier(asked)
    found = facts(asked)
    ids = tuple(one.removeprefix("List/") for one in found.values)
    if not all(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", one) for one in ids):
        raise InvalidSearchError(
            "_list takes the id of a List. Lists like $current-… are not kept."
        )
    return type(found)(found.name, None, resource_type, "_list", ids)


def _query(resource_type: str, name: str, value: str, budget: Budget, depth: int) -> Query:
    budget.spend()
    found = criteria(resource_type, name, value, budget, depth)
    return Query(resource_type=resource_type, clauses=found)


def _deeper(label: str, depth: int) -> int:
    if depth >= DEEPEST:
        raise InvalidSearchError(
            f"{label[:80]}: a chain takes {DEEPEST} steps at most. Search the last type first and "
            "ask with the ids found."
        )
    return depth + 1


def _chain(asked: Asked, rest: str, budget: Budget, depth: int) -> Clause:
    label = f"{asked.label}.{rest}"
    depth = _deeper(label, depth)
    if not rest:
        raise InvalidSearchError(f"{label}: write the parameter of the other type after the dot.")
    possible = _targets(asked, rest)
    found: list[Query] = []
    refused: HandrailError | None = None
    for target in possible:
        try:
            found.append(_query(target, rest, asked.value, budget, depth))
        except TooWideError:
            raise
        except (UnsupportedError, InvalidSearchError) as error:
            refused = refused or error
    if not found:
        raise refused or InvalidSearchError(f"{label[:80]} leads to no type.")
    key = hashing.referring(asked.resource_type, asked.stored)
    decides = asked.stored == compiled(asked.resource_type).PATIENT
    by_patient = decides and [one.resource_type for one in found] == ["Patient"]
    return ChainClause(label, key, tuple(found), by_patient)


def _targets(asked: Asked, rest: str) -> Iterable[str]:
    """Return the types that a chain may lead to.

    Raises:
        UnsupportedError: the parameter leads to no resource, or to too many types.
        InvalidSearchError: it never refers to the type that was asked for.
    """
    one = asked.parameter
    if one.kind != "reference" or not asked.reads & {"Reference", "Resource"}:
        raise UnsupportedError(
            f"{asked.name} of {asked.resource_type} does not refer to a resource here, so nothing "
            "can be asked of it with a dot."
        )
    possible = (one.only,) if one.only else one.targets
    if asked.modifier:
        if asked.modifier not in types() or (possible and asked.modifier not in possible):
            raise InvalidSearchError(
                f"{asked.name} of {asked.resource_type} never refers to a {asked.modifier[:60]}."
            )
        return [asked.modifier]
    code = re.split("[:.]", rest, maxsplit=1)[0]
    found = [kind for kind in possible or sorted(types()) if _knows(kind, code)]
    if len(found) > _MOST_TYPES:
        raise UnsupportedError(
            f"{asked.name}.{rest[:60]} leads to {len(found)} types. Say which, as in "
            f"{asked.name}:Patient.{rest[:60]}."
        )
    if not found:
        raise UnknownParameterError(
            f"Nothing that {asked.name} refers to has a search parameter {code[:60]}."
        )
    return found


def _knows(resource_type: str, code: str) -> bool:
    return code in {"_has", "_list"} or code in parameters(resource_type)


def _has(resource_type: str, name: str, value: str, budget: Budget, depth: int) -> Clause:
    depth = _deeper(name, depth)
    _, other, code, *rest = [*name.split(":", 3), "", ""]
    parameter = parameters(other).get(code) if other in types() else None
    if parameter is None or parameter.kind != "reference" or not rest[0]:
        raise InvalidSearchError(
            f"{name[:80]}: write _has:Type:reference:parameter, as in "
            "_has:Observation:patient:code, with a reference parameter of that type."
        )
    possible = (parameter.only,) if parameter.only else parameter.targets
    if possible and resource_type not in possible:
        raise InvalidSearchError(
            f"{name[:80]}: {code} of {other} never refers to a {resource_type}; it refers to "
            f"{', '.join(possible)}."
        )
    stored = parameter.stored or code
    by_patient = resource_type == "Patient" and stored == compiled(other).PATIENT
    found = _query(other, rest[0], value, budget, depth)
    return HasClause(name, hashing.referring(other, stored), found, by_patient)


_OTHERS: Final[dict[str, Callable[[str, str, str, Budget, int], Clause]]] = {
    "_has": _has,
    "_list": _in_lists,
}
