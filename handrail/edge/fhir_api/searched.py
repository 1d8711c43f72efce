"""What is searched: one type, several (``?_type=A,B``), or what is in a compartment.

A patient's compartment is what the record keeps about that patient; an encounter's what names it.

Source: http://hl7.org/fhir/R4/http.html#search and http://hl7.org/fhir/R4/compartmentdefinition.html.
"""

from __future__ import annotations

from handrail.access.decide import require
from handrail.edge.fhir_api.errors import BadRequestError, UnknownAddressError
from handrail.edge.fhir_api.request import Pairs, Request
from handrail.fhir.searching.parameters import parameters, types
from handrail.fhir.searching.query import Query, parse
from handrail.record.search.several import kinds

COMPARTMENTS = frozenset({"Patient", "Encounter"})
EVERY = "*"
MOST_TYPES = 150
_IN_COMPARTMENT = 3  # type, id, type
_OF_ENCOUNTER = ("encounter", "context")


def queries_of(request: Request, pairs: Pairs) -> list[Query]:
    """Return the search of each type that is asked for.

    Raises:
        BadRequestError: a type is not one of R4, or several types are to be sorted.
        UnknownAddressError: there is no such compartment.
    """
    path = tuple(part for part in request.path if part != "_search")
    if len(path) == 1:
        return [parse(path[0], _here(path[0], pairs, request.base), strict=request.strict)]
    asked = [pair for pair in pairs if pair[0] != "_type"]
    if len(path) == _IN_COMPARTMENT:
        return _in_compartment(path, _types(pairs), asked, request)
    if not pairs:
        raise BadRequestError("Say what to search for: [type]?…, or ?_type=Task,Patient&….")
    found = _types(pairs) or kinds(request.by)
    return _each(found, asked, request)


def _each(found: list[str], asked: Pairs, request: Request) -> list[Query]:
    if len(found) != 1 and any(name == "_sort" for name, _ in asked):
        raise BadRequestError("Several types come one after the other. Sort one type at a time.")
    return [
        parse(kind, _here(kind, asked, request.base), strict=request.strict)
        for kind in found[:MOST_TYPES]
    ]


def _here(kind: str, pairs: Pairs, base: str) -> Pairs:
    """Return the pairs with references to this server as they are stored: ``Patient/a``."""
    own = f"{base}/"
    if not any(own in value for _, value in pairs):
        return pairs
    return [
        (name, value.replace(own, "") if _is_reference(kind, name) else value)
        for name, value in pairs
    ]


def _is_reference(kind: str, name: str) -> bool:
    """Return whether a parameter asks for references, not for canonical addresses."""
    one = parameters(kind).get(name.partition(":")[0]) if kind in types() else None
    return (
        one is not None
        and one.kind == "reference"
        and not any(source.startswith("canonical") for source in one.sources)
    )


def _types(pairs: Pairs) -> list[str]:
    found = [one for name, value in pairs if name == "_type" for one in value.split(",")]
    unknown = [one for one in found if one not in types()]
    if unknown:
        raise BadRequestError(f"_type: “{unknown[0][:60]}” is not a resource type of FHIR R4.")
    return list(dict.fromkeys(found))


def _in_compartment(
    path: tuple[str, ...], only: list[str], asked: Pairs, request: Request
) -> list[Query]:
    owner, identity, kind = path
    if owner not in COMPARTMENTS:
        raise UnknownAddressError(
            f"There is no {owner} compartment here, only those of Patient and Encounter. Ask the"
            " type itself with a parameter that names it."
        )
    if owner == "Patient":
        require(request.by, "search", "Patient", identity)
        found = kinds(request.by, identity) if kind == EVERY else [kind]
        queries = _each(_chosen(found, only), asked, request)
        for query in queries:
            _of_patient(query, identity)
        return queries
    names = {one: name for one in sorted(types()) if (name := _by_encounter(one))}
    found = [one for one in kinds(request.by) if one in names] if kind == EVERY else [kind]
    if kind != EVERY and kind not in names:
        raise UnknownAddressError(f"{kind[:60]} is not in the compartment of an Encounter.")
    return [
        query
        for one in _chosen(found, only)
        for query in _each([one], [*asked, (names[one], f"Encounter/{identity}")], request)
    ]


def _of_patient(query: Query, identity: str) -> None:
    """Limit a search to one patient's record."""
    if query.patient not in {"", identity}:
        raise BadRequestError("The compartment is one patient's, the search asks for another's.")
    query.patient = identity


def _chosen(found: list[str], only: list[str]) -> list[str]:
    return [one for one in found if not only or one in only]


def _by_encounter(kind: str) -> str:
    """Return the parameter by which a type names its encounter, if it has one."""
    known = parameters(kind)
    for name in _OF_ENCOUNTER:
        one = known.get(name)
        if one is not None and one.kind == "reference" and "Encounter" in one.targets:
            return name
    return ""
