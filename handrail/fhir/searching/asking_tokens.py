"""From what is asked of a token to clauses.

Source: http://hl7.org/fhir/R4/search.html#token.
"""

from __future__ import annotations

from collections.abc import Iterator

from handrail.fhir.searching import hashing
from handrail.fhir.searching.asked import Asked, InvalidSearchError, split, unescape
from handrail.fhir.searching.forms import contact_forms


def token_forms(asked: Asked, text: str) -> Iterator[int]:
    """Yield the tokens that one alternative, still escaped, stands for."""
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
