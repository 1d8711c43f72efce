"""Texts as search compares them: without case, accents and punctuation, by their beginning.

Source: http://hl7.org/fhir/R4/search.html#string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST_PREFIX = 12
"""Characters of a beginning that are indexed; a longer question is checked on the resource."""
MOST_WORDS = 16
"""Words of one text whose beginnings are indexed; the whole text's beginning always is."""

LONGEST_INSIDE = 100
"""Characters of a text whose inside is indexed; a longer one is always checked itself."""

_NOT_A_WORD = re.compile(r"[\W_]+")


def normalize(text: str) -> str:
    """Return ``text`` in lower case, without accents, with one space between words."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()


def starts(text: str) -> Iterator[str]:
    """Yield what a normalized ``text`` can be found by: the whole, and each of its words."""
    yield text
    words = text.split(" ", MOST_WORDS)
    yield from words[1:MOST_WORDS]


def prefixes(text: str) -> set[str]:
    """Return every beginning that is indexed for ``text``, at most ``LONGEST_PREFIX`` long."""
    return {
        beginning[:length]
        for beginning in starts(normalize(text))
        for length in range(1, min(len(beginning), LONGEST_PREFIX) + 1)
    }


def triples(text: str) -> list[str]:
    """Return all three letters that follow each other in a normalized ``text``, each once."""
    return list(dict.fromkeys(text[place : place + 3] for place in range(len(text) - 2)))


def insides(text: str) -> list[str]:
    """Return what is indexed of the inside of ``text``; an empty one when the text is too long."""
    normal = normalize(text)
    return triples(normal) if len(normal) <= LONGEST_INSIDE else [""]


def is_start(asked: str, text: str) -> bool:
    """Return whether normalized ``asked`` begins ``text`` or one of its words."""
    return any(beginning.startswith(asked) for beginning in starts(normalize(text)))


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text of a string, a HumanName or an Address.

    A name without ``text`` also yields its first given and family name together, both ways round.
    """
    if isinstance(value, str):
        yield value
        return
    for part in ("text", "family", "given", "prefix", "suffix", *_ADDRESS):
        found = value.get(part)
        if isinstance(found, str):
            yield found
        elif found:
            yield from (text for text in found if text)
    yield from _together(value)


_ADDRESS = ("line", "city", "district", "state", "postalCode", "country")


def _together(name: Mapping[str, Any]) -> Iterator[str]:
    family, given = name.get("family"), name.get("given")
    if family and given and given[0] and not name.get("text"):
        yield f"{given[0]} {family}"
        yield f"{family} {given[0]}"
