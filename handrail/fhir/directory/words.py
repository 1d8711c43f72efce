"""The words of a directory: in one spelling, without accents, and near to what was meant. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"[^\W_]+")
_LONGEST: Final = 40
_SHORT: Final = 4  # shorter words are taken as they are typed
_LONG: Final = 8  # longer words may have two slips
TOP: Final = "\U0010ffff"
"""Sorts after every word that begins with what stands before it."""


def folded(text: str) -> str:
    """Return the text in lower case and without accents."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in parted if not unicodedata.combining(one))


def words_in(text: str) -> list[str]:
    """Return the words of a text, each once, in one spelling and in order."""
    found = (word[:_LONGEST] for word in _WORD.findall(folded(text)))
    return list(dict.fromkeys(found))


def stem(word: str) -> str:
    """Return a word without the ending of a plural, so that "meals" finds "meal" and back."""
    if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def slips(word: str) -> int:
    """Return how many letters of a word may be mistyped."""
    return 0 if len(word) < _SHORT else 1 if len(word) < _LONG else 2


def meant(word: str, known: Collection[str]) -> list[str]:
    """Return the known words nearest to one that is not known; none: nothing is near.

    Numbers are never guessed at.
    """
    most = slips(word)
    if not most or word.isdigit():
        return []
    found = process.extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=5)
    nearest = min((distance for _, distance, _ in found), default=0)
    return [text for text, distance, _ in found if distance == nearest]


def hit(wanted: str, known: Iterable[str]) -> bool:
    """Tell whether any known word begins with the one that is wanted."""
    begin = stem(wanted)
    return any(word.startswith(begin) for word in known)
