"""From what is asked of a token to clauses.

Codes are compared as they are written: letter case matters, because in UCUM and in many local code
systems it does. E-mail addresses and phone numbers are found however they are written.

Source: http://hl7.org/fhir/R4/search.html#token.
"""

from __future__ import annotations

from collections.abc import Iterator

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching import hashing, texts
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    split,
    unescape,
)
from handrail.fhir.searching.candidates import confirmed
from handrail.fhir.searching.clauses import Clause, FactClause, TokenClause
from handrail.fhir.searching.forms import contact_forms
from handrail.fhir.searching.rechecks import ValuesRecheck
from handrail.fhir.searching.wanted import Token, Typed, Words

FACTS = frozenset({"in", "not-in", "above", "below"})
"""Modifiers that ask what the record knows of codes."""


def tokens(asked: Asked) -> Clause:
    """Return what is asked of a token."""
    modifier = asked.modifier
    if modifier in FACTS:
        return facts(asked)
    if modifier == "text":
        return confirmed(asked, (Words(normal(asked, text)) for text in alternatives(asked)))
    if modifier == "of-type":
        return _of_type(asked)
    refuse_modifier(asked, "not", "text", "in", "not-in", "above", "below", "of-type")
    found = [one for text in alternatives(asked) for one in token_forms(asked, text)]
    return TokenClause(asked.label, tuple(dict.fromkeys(found)), negated=modifier == "not")


def facts(asked: Asked) -> FactClause:
    """Return the question to what the record knows."""
    given = tuple(unescape(text) for text in alternatives(asked))
    if len(given) > MOST_FACTS:
        raise InvalidSearchError(f"{asked.label} takes {MOST_FACTS} values at most.")
    return FactClause(asked.label, asked.parameter, asked.resource_type, asked.modifier, given)


MOST_FACTS = 10
"""Value sets, codes or lists that one parameter may name."""


def normal(asked: Asked, text: str) -> str:
    """Return an asked text as texts are compared.

    Raises:
        InvalidSearchError: there is nothing to compare.
    """
    found = texts.normalize(unescape(text))
    if not found:
        raise InvalidSearchError(f"{asked.label}: a text needs at least one letter or digit.")
    return found


def _of_type(asked: Asked) -> Clause:
    if "Identifier" not in asked.reads:
        raise UnsupportedError(f"{asked.label} is not supported: {asked.name} is no identifier.")
    found, wanted = [], []
    for text in alternatives(asked):
        parts = [unescape(part) for part in split(text, "|")]
        if len(parts) != 3 or not all(parts[1:]):  # noqa: PLR2004 - system, code, value
            raise InvalidSearchError(f"{asked.label}: write system|code|value of the identifier.")
        found.append(asked.token(hashing.ANY_SYSTEM, parts[2]))
        wanted.append(Typed(*parts))
    recheck = ValuesRecheck(asked.parameter, tuple(wanted))
    return TokenClause(asked.label, tuple(found), recheck=recheck)


def parts(asked: Asked, text: str) -> tuple[str | None, str]:
    """Return (system, code) of one alternative; system None: any, code empty: any.

    Raises:
        InvalidSearchError: it is neither code nor system|code.
    """
    given = [unescape(part) for part in split(text, "|")]
    if len(given) > 2:  # noqa: PLR2004 - a system and a code
        raise InvalidSearchError(
            rf"{asked.label}: write system|code; a | within the code is written \|."
        )
    if len(given) == 1:
        return None, given[0]
    if not any(given):
        raise InvalidSearchError(f"{asked.label}: write system|code, system| or |code.")
    return given[0], given[1]


def wanted(asked: Asked, text: str) -> Token:
    """Return what one alternative wants of a value."""
    if "ContactPoint" in asked.reads:
        return Token(None, _contact(text))
    return Token(*parts(asked, text))


def _contact(text: str) -> str:
    """Return the address of one alternative; a system (``phone|``, ``email|``) says no more."""
    return unescape(split(text, "|")[-1])


def token_forms(asked: Asked, text: str) -> Iterator[int]:
    """Yield the tokens that one alternative, still escaped, stands for."""
    if "ContactPoint" in asked.reads:
        for form in contact_forms(_contact(text)):
            yield asked.token(hashing.ANY_SYSTEM, form)
        return
    system, code = parts(asked, text)
    if system is None or (asked.parameter.plain and code):
        yield asked.token(hashing.ANY_SYSTEM, code)
    elif code:
        yield asked.token(hashing.SYSTEM_AND_CODE, system, code)
    else:
        yield asked.token(hashing.SYSTEM, system)
