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
from handrail.fhir.searching.asking_tokens import facts, normal, parts, token_forms
from handrail.fhir.searching.candidates import confirmed
from handrail.fhir.searching.clauses import Clause, FactClause, TokenClause
from handrail.fhir.searching.parameters import Parameter, types
from handrail.fhir.searching.wanted import Named, Refers, Token, Wanted, Words

_IDENTIFIER = Parameter("token", "")
_REFERENCES = frozenset({"Reference", "Resource"})


def references(asked: Asked) -> Clause:
    """Return what is asked of a reference: what it says, its identifier, or its words."""
    modifier = asked.modifier
    if modifier == "identifier":
        named = replace(asked, name=asked.stored + hashing.OF_IDENTIFIER, parameter=_IDENTIFIER)
        found = [one for text in alternatives(asked) for one in token_forms(named, text)]
        return TokenClause(asked.label, tuple(found))
    if modifier == "text":
        return confirmed(asked, (Words(normal(asked, text)) for text in alternatives(asked)))
    if modifier in {"above", "below"}:
        return _hierarchy(asked)
    if modifier and modifier not in types():
        refuse_modifier(asked, "identifier", "text", "above", "below", "[a resource type]")
    found = [one for text in alternatives(asked) for one in _referred(asked, unescape(text))]
    return TokenClause(asked.label, tuple(dict.fromkeys(found)))


def _hierarchy(asked: Asked) -> FactClause:
    """Return the question with full references, so that the record knows where to look."""
    asked_facts = facts(asked)
    plain = replace(asked, modifier="")
    found = [one for value in asked_facts.values for one in literals(plain, value)]
    return replace(asked_facts, values=tuple(one for one in found if "/" in one))


def wanted(asked: Asked, text: str) -> Wanted:
    """Return what one alternative wants of a value."""
    if asked.modifier == "identifier":
        return Named(Token(*parts(asked, text)))
    given = unescape(text)
    found = literals(asked, given) if asked.reads & _REFERENCES else []
    full = tuple(one for one in found if "/" in one or ":" in one)
    bare = tuple(one for one in found if one not in full)
    return Refers((*full, given) if asked.reads - _REFERENCES else full, bare)


def _referred(asked: Asked, text: str) -> Iterator[int]:
    if asked.reads - _REFERENCES:
        yield asked.token(hashing.URI, text)
    if not asked.reads & _REFERENCES:
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
    wanted_type = asked.modifier or resource_type
    if asked.modifier and resource_type not in {"", asked.modifier}:
        raise InvalidSearchError(f"{asked.label}={text[:60]} names two different types.")
    only, targets = asked.parameter.only, asked.parameter.targets
    possible = (only,) if only else targets
    if not wanted_type:
        return [f"{target}/{identity}" for target in possible] or [identity]
    if possible and wanted_type not in possible:
        raise InvalidSearchError(
            f"{asked.name} of {asked.resource_type} never refers to a {wanted_type[:60]}; "
            f"it refers to {', '.join(possible)}."
        )
    return [f"{wanted_type}/{identity}"]
