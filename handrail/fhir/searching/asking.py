"""From what is asked of one parameter to clauses: tokens, texts, references.

Source: http://hl7.org/fhir/R4/search.html (modifiers, token, string, reference, uri).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
from handrail.fhir.searching.asking_dates import dates
from handrail.fhir.searching.clauses import Clause, TextRecheck, TokenClause
from handrail.fhir.searching.forms import contact_forms
from handrail.fhir.searching.hashing import token
from handrail.fhir.searching.parameters import Parameter, types


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
        yield _references(asked)
    elif kind == "string":
        yield _strings(asked)
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
    found = [one for text in alternatives(asked) for one in _token_forms(asked, text)]
    return TokenClause(asked.label, tuple(found), negated=asked.modifier == "not")


def _token_forms(asked: Asked, text: str) -> Iterator[int]:
    if "ContactPoint" in {source.partition(" ")[0] for source in asked.parameter.sources}:
        for form in contact_forms(unescape(text)):
            yield asked.token(hashing.ANY_SYSTEM, form)
        return
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) > 2:  # noqa: PLR2004 - a system and a code
        raise InvalidSearchError(
            rf"{asked.label}: write system|code; a | within the code is written \|."
        )
    if len(parts) == 1:
        yield asked.token(hashing.ANY_SYSTEM, parts[0])
        return
    system, code = parts
    if not system and not code:
        raise InvalidSearchError(f"{asked.label}: write system|code, system| or |code.")
    if asked.parameter.plain and code:
        yield asked.token(hashing.ANY_SYSTEM, code)
    elif code:
        yield asked.token(hashing.SYSTEM_AND_CODE, system, code)
    else:
        yield asked.token(hashing.SYSTEM, system)


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


_IDENTIFIER = Parameter("token", "")


def _references(asked: Asked) -> Clause:
    given = alternatives(asked)
    if asked.modifier == "identifier":
        named = replace(asked, name=asked.stored + hashing.OF_IDENTIFIER, parameter=_IDENTIFIER)
        return TokenClause(
            asked.label, tuple(one for text in given for one in _token_forms(named, text))
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
