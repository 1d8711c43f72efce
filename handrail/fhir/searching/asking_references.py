"""From what is asked of a reference to clauses.

Source: http://hl7.org/fhir/R4/search.html#reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from handrail.fhir.searching import hashing
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    unescape,
)
from handrail.fhir.searching.asking_tokens import token_forms
from handrail.fhir.searching.clauses import Clause, TokenClause
from handrail.fhir.searching.parameters import Parameter, types

_IDENTIFIER = Parameter("token", "")


def references(asked: Asked) -> Clause:
    """Return what is asked of a reference: what it says, or its identifier."""
    given = alternatives(asked)
    if asked.modifier == "identifier":
        named = replace(asked, name=asked.stored + hashing.OF_IDENTIFIER, parameter=_IDENTIFIER)
        return TokenClause(
            asked.label, tuple(one for text in given for one in token_forms(named, text))
        )
    if asked.modifier and asked.modifier not in types():
        refuse_modifier(asked, "identifier", "[a resource type]")
    found = [one for text in given for one in _referred(asked, unescape(text))]
    return TokenClause(asked.label, tuple(found))


def _referred(asked: Asked, text: str) -> Iterator[int]:
    kinds = {source.partition(" ")[0].partition("=")[0] for source in asked.parameter.sources}
    if kinds - {"Reference", "Resource"}:
        yield asked.token(hashing.URI, text)
    if not kinds & {"Reference", "Resource"}:
        return
    for literal in literals(asked, text):
        if "/" in literal or ":" in literal:
            yield hashing.reference(asked.resource_type, asked.stored, literal)
        else:
            yield asked.token(hashing.LOGICAL_ID, literal)


def literals(asked: Asked, text: str) -> list[str]:
    """Return the references that ``text`` may stand for; a bare id where any type is possible.

    Raises:
        InvalidSearchError: the parameter never refers to that type.
    """
    text = text.partition("/_history/")[0]
    if ":" in text:
        return [text]
    resource_type, _, identity = text.rpartition("/")
    wanted = asked.modifier or resource_type
    if asked.modifier and resource_type not in {"", asked.modifier}:
        raise InvalidSearchError(f"{asked.label}={text[:60]} names two different types.")
    only, targets = asked.parameter.only, asked.parameter.targets
    possible = (only,) if only else targets
    if not wanted:
        return [f"{target}/{identity}" for target in possible] or [identity]
    if possible and wanted not in possible:
        raise InvalidSearchError(
            f"{asked.name} of {asked.resource_type} never refers to a {wanted[:60]}; "
            f"it refers to {', '.join(possible)}."
        )
    return [f"{wanted}/{identity}"]
