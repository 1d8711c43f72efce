"""From what is asked of one parameter to clauses.

Source: http://hl7.org/fhir/R4/search.html (search parameter types, modifiers, composite).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching import (
    asking_amounts,
    asking_dates,
    asking_references,
    asking_special,
    asking_strings,
    asking_tokens,
)
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    split,
)
from handrail.fhir.searching.candidates import present
from handrail.fhir.searching.clauses import Clause, EitherClause, TokenClause
from handrail.fhir.searching.parameters import Parameter, parameters
from handrail.fhir.searching.rechecks import PartsRecheck
from handrail.fhir.searching.wanted import Wanted

WHOLE = frozenset({"_text", "_content"})
"""Parameters that ask everything written in a resource."""


SOUNDING = "phonetic"
"""The parameter that asks how a name sounds."""


def clauses(asked: Asked) -> Iterator[Clause]:
    """Yield what one parameter of a search asks of a row.

    Raises:
        InvalidSearchError: the value cannot be read.
        UnsupportedError: Handrail does not answer this parameter or this modifier.
    """
    if asked.parameter.uncovered:
        raise UnsupportedError(f"{asked.name} is not supported: {asked.parameter.uncovered}.")
    if asked.name in WHOLE:
        yield asking_strings.whole(asked)
    elif asked.modifier == "missing":
        yield _missing(asked)
    elif asked.name == SOUNDING:
        yield asking_strings.sounding(asked)
    else:
        yield from _CLAUSES[asked.parameter.kind](asked)


def _missing(asked: Asked) -> Clause:
    if asked.value not in {"true", "false"}:
        raise InvalidSearchError(f"{asked.label} is either true or false.")
    absent = asked.value == "true"
    if asked.parameter.parts:
        known = parameters(asked.resource_type)
        signs = tuple(
            (present(Asked(asked.resource_type, code, "missing", "", known[code]), absent=True),)
            for code, _ in asked.parameter.parts
        )
        return EitherClause(asked.label, signs, negated=not absent)
    return present(asked, absent=absent)


def _composite(asked: Asked) -> Iterator[Clause]:
    refuse_modifier(asked)
    groups = [_together(asked, text) for text in alternatives(asked)]
    if len(groups) == 1:
        yield from groups[0]
    else:
        yield EitherClause(asked.label, tuple(tuple(group) for group in groups))


def _together(asked: Asked, text: str) -> list[Clause]:
    """Return what one alternative asks: of the parts, and that they are on one element."""
    given, parts = split(text, "$"), asked.parameter.parts
    if len(given) != len(parts) or not all(given):
        codes = "$".join(code for code, _ in parts)
        raise InvalidSearchError(f"{asked.label}: write the parts as {codes}, all of them.")
    known = parameters(asked.resource_type)
    asks = [
        Asked(asked.resource_type, code, "", one, known[code])
        for (code, _), one in zip(parts, given, strict=True)
    ]
    found = [clause for one in asks for clause in clauses(one)]
    whole = asked.parameter.sources == (asked.resource_type,)
    if whole and all(_same(read, known[code]) for code, read in parts):
        return found
    wishes = tuple(
        (read, wanted(one, one.value)) for (_, read), one in zip(parts, asks, strict=True)
    )
    recheck = PartsRecheck(asked.parameter, wishes)
    return [*found, TokenClause(asked.label, (), negated=True, recheck=recheck)]


def _same(read: tuple[str, ...], parameter: Parameter) -> bool:
    return {*read} == {*parameter.sources}


def wanted(asked: Asked, text: str) -> Wanted:
    """Return what one alternative of a part of a composite wants of a value."""
    return _WANTED[asked.parameter.kind](asked, text)


_CLAUSES: dict[str, Callable[[Asked], Iterator[Clause] | list[Clause]]] = {
    "date": asking_dates.dates,
    "token": lambda asked: [asking_tokens.tokens(asked)],
    "reference": lambda asked: [asking_references.references(asked)],
    "string": lambda asked: [asking_strings.strings(asked)],
    "uri": lambda asked: [asking_strings.uris(asked)],
    "number": asking_amounts.numbers,
    "quantity": asking_amounts.numbers,
    "composite": _composite,
    "special": lambda asked: [asking_special.near(asked)],
}

_WANTED: dict[str, Callable[[Asked, str], Wanted]] = {
    "date": asking_dates.wanted,
    "token": asking_tokens.wanted,
    "reference": asking_references.wanted,
    "string": asking_strings.wanted,
    "uri": asking_strings.address,
    "number": asking_amounts.wanted,
    "quantity": asking_amounts.wanted,
}
