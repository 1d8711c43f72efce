"""From what is asked of one parameter to clauses: tokens, texts, references.

Source: http://hl7.org/fhir/R4/search.html (modifiers, token, string, reference, uri).
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
    unescape,
)
from handrail.fhir.searching.asking_dates import dates
from handrail.fhir.searching.asking_references import references
from handrail.fhir.searching.asking_tokens import token_forms
from handrail.fhir.searching.clauses import Clause, TextRecheck, TokenClause
from handrail.fhir.searching.hashing import token


def clauses(asked: Asked) -> Iterator[Clause]:
    """Yield what one parameter of a search asks of a row.

    Raises:
        InvalidSearchError: the value cannot be read.
        UnsupportedError: Handrail does not answer this parameter or this modifier.
    """
    if asked.modifier == "missing":
        yield _missing(asked)
        return
    if asked.parameter.uncovered:
        raise UnsupportedError(f"{asked.name} is not supported: {asked.parameter.uncovered}.")
    kind = asked.parameter.kind
    if kind == "date":
        yield from dates(asked)
    elif kind == "token":
        yield _tokens(asked)
    elif kind == "reference":
        yield references(asked)
    elif kind == "string":
        yield _strings(asked)
    elif kind != "uri":
        raise UnsupportedError(f"{asked.name} is not supported yet; ask by its parts.")
    else:
        refuse_modifier(asked)
        found = tuple(asked.token(hashing.URI, unescape(one)) for one in alternatives(asked))
        yield TokenClause(asked.label, found)


def _missing(asked: Asked) -> Clause:
    if asked.value not in {"true", "false"}:
        raise InvalidSearchError(f"{asked.label} is either true or false.")
    if not (asked.parameter.sources or asked.parameter.unread):
        raise UnsupportedError(f"{asked.name} is not supported: {asked.parameter.uncovered}.")
    absent = asked.value == "true"
    if asked.parameter.always:
        return TokenClause(asked.label, (), negated=not absent)
    # A restricted twin (patient of subject) has its own sign of presence.
    name = asked.name if asked.parameter.only else asked.stored
    return TokenClause(
        asked.label, (token(asked.resource_type, name, hashing.PRESENT),), negated=absent
    )


def _tokens(asked: Asked) -> Clause:
    refuse_modifier(asked, "not")
    found = [one for text in alternatives(asked) for one in token_forms(asked, text)]
    return TokenClause(asked.label, tuple(found), negated=asked.modifier == "not")


def _strings(asked: Asked) -> Clause:
    refuse_modifier(asked, "exact")
    given = [unescape(one) for one in alternatives(asked)]
    if asked.modifier == "exact":
        return TokenClause(asked.label, tuple(asked.token(hashing.EXACT, one) for one in given))
    wanted = tuple(texts.normalize(one) for one in given)
    if not all(wanted):
        raise InvalidSearchError(f"{asked.label}: a text needs at least one letter or digit.")
    long = any(len(one) > texts.LONGEST_PREFIX for one in wanted)
    found = tuple(asked.token(hashing.STARTS, one[: texts.LONGEST_PREFIX]) for one in wanted)
    recheck = TextRecheck(asked.parameter, wanted) if long else None
    return TokenClause(asked.label, found, recheck=recheck)
