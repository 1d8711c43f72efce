"""From what is asked of a text, or of an address on the web, to clauses.

Source: http://hl7.org/fhir/R4/search.html#string and http://hl7.org/fhir/R4/search.html#uri.
"""

from __future__ import annotations

from typing import Final

from handrail.fhir.searching import hashing, sounds, texts
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    unescape,
)
from handrail.fhir.searching.asking_tokens import normal
from handrail.fhir.searching.candidates import confirmed, present
from handrail.fhir.searching.clauses import Clause, EitherClause, TokenClause
from handrail.fhir.searching.rechecks import ValuesRecheck, WholeRecheck
from handrail.fhir.searching.wanted import Address, Beginning, Exact, Inside, Wanted, uppers

PLACES: Final = {"=eq": "whole", "=sw": "start", "=ew": "end"}
"""What only ``_filter`` asks of texts, as modifiers, and where the text then stands."""

_SHORTEST_INSIDE = 3
_MOST_TRIPLES = 6
_MOST_UPPERS = 64


def strings(asked: Asked) -> Clause:
    """Return what is asked of a text."""
    refuse_modifier(asked, "exact", "contains", *PLACES)
    given = alternatives(asked)
    if asked.modifier == "exact":
        found = tuple(asked.token(hashing.EXACT, unescape(one)) for one in given)
        return TokenClause(asked.label, found)
    normalized = tuple(normal(asked, one) for one in given)
    place = PLACES.get(asked.modifier, "")
    if asked.modifier == "contains" or place == "end":
        return _contains(asked, normalized, place)
    long = any(len(one) > texts.LONGEST_PREFIX for one in normalized)
    found = tuple(asked.token(hashing.STARTS, one[: texts.LONGEST_PREFIX]) for one in normalized)
    wishes = tuple(Inside(one, place) if place else Beginning(one) for one in normalized)
    recheck = ValuesRecheck(asked.parameter, wishes) if long or place else None
    return TokenClause(asked.label, found, recheck=recheck)


def wanted(asked: Asked, text: str) -> Wanted:
    """Return what one alternative wants of a value."""
    if asked.modifier == "exact":
        return Exact(unescape(text))
    found = normal(asked, text)
    return Inside(found) if asked.modifier == "contains" else Beginning(found)


def _contains(asked: Asked, given: tuple[str, ...], place: str) -> Clause:
    """Return the clause for texts with something inside: by three letters, then by the text."""
    recheck = ValuesRecheck(asked.parameter, tuple(Inside(one, place) for one in given))
    if any(len(one) < _SHORTEST_INSIDE for one in given):
        return present(asked, recheck)
    groups = [
        tuple(
            TokenClause(
                asked.label, (asked.token(hashing.INSIDE, triple),), recheck=None if at else recheck
            )
            for at, triple in enumerate(_telling(one))
        )
        for one in given
    ]
    long = TokenClause(asked.label, (asked.token(hashing.INSIDE, ""),), recheck=recheck)
    return EitherClause(asked.label, (*groups, (long,)))


def _telling(text: str) -> list[str]:
    found = texts.triples(text)
    step = max(1, -(-len(found) // _MOST_TRIPLES))
    return found[::step]


def uris(asked: Asked) -> Clause:
    """Return what is asked of a uri or canonical."""
    refuse_modifier(asked, "above", "below")
    given = [unescape(one) for one in alternatives(asked)]
    if asked.modifier == "below":
        return confirmed(asked, (Address(one, "below") for one in given))
    if asked.modifier == "above":
        given = [upper for one in given for upper in uppers(one)]
        if len(given) > _MOST_UPPERS:
            raise InvalidSearchError(f"{asked.label}: the address has too many parts.")
        wishes = (Address(unescape(one), "above") for one in alternatives(asked))
        recheck = ValuesRecheck(asked.parameter, tuple(wishes))
        found = tuple(asked.token(hashing.URI, one) for one in dict.fromkeys(given))
        return TokenClause(asked.label, found, recheck=recheck if _versions(asked) else None)
    return TokenClause(asked.label, tuple(asked.token(hashing.URI, one) for one in given))


def _versions(asked: Asked) -> bool:
    """Return whether the tokens also stand for addresses without their version."""
    return "canonical" in asked.reads or "uri" in asked.reads


def address(asked: Asked, text: str) -> Address:
    """Return what one alternative wants of a value."""
    return Address(unescape(text), asked.modifier)


def sounding(asked: Asked) -> Clause:
    """Return what is asked by its sound: every word of an alternative has to be heard.

    With ``:exact`` or ``:contains`` the name is asked as it is written.
    """
    refuse_modifier(asked, "exact", "contains")
    if asked.modifier:
        return confirmed(asked, (wanted(asked, text) for text in alternatives(asked)))
    groups = []
    for text in alternatives(asked):
        heard = sounds.codes(normal(asked, text))
        groups.append(
            tuple(TokenClause(asked.label, (asked.token(hashing.SOUND, one),)) for one in heard)
        )
    return EitherClause(asked.label, tuple(groups))


def whole(asked: Asked) -> Clause:
    """Return what is asked of everything written in a resource, or of its narrative."""
    refuse_modifier(asked)
    words = tuple(tuple(normal(asked, one).split()) for one in alternatives(asked))
    recheck = WholeRecheck(words, narrative=asked.name == "_text")
    return TokenClause(asked.label, (), negated=True, recheck=recheck)
