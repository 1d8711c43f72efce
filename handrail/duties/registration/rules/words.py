"""The search keys of a person: few, short, and found by comparing text from its beginning.

Row-level security only lets PostgreSQL use an index with leakproof operators: ``=`` and ``<`` on
text are, LIKE and the trigram operators are not. So a spelling mistake is found by equality too:
a word is filed under itself and under itself with any one letter left out. Two spellings that
differ by one letter added, dropped, changed or swapped share one of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from handrail.duties.registration.resources import PatientView

NAME, NEAR, BORN, PHONE, NUMBER = "n", "~", "b", "p", "i"
SHORTEST_NEAR = 4  # letters: shorter words differ from too many others by one letter
_LONGEST = 40
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe",
                        "\u0131": "i", "þ": "th", "ð": "d", "ħ": "h"})  # fmt: skip
_JOINED = re.compile(r"[^\w]|_", re.UNICODE)


def plain(text: str) -> str:
    """Return ``text`` in small letters without accents."""
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def words(text: str) -> Iterator[str]:
    """Yield the words of a name: each part of a double name, and its parts in one."""
    for piece in plain(text).split():
        parts = [part for part in (_letters(part) for part in _JOINED.split(piece)) if part]
        yield from parts
        if len(parts) > 1:
            yield "".join(parts)[:_LONGEST]


def _letters(part: str) -> str:
    """Return ``part`` without digits, if it has letters at all."""
    return "".join(c for c in part if not c.isdigit())[:_LONGEST]


def near(word: str) -> set[str]:
    """Return the keys a word shares with its misspellings: itself, and less any one letter."""
    if len(word) < SHORTEST_NEAR:
        return {word}
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def number(text: str) -> str:
    """Return a record number as it is compared: letters and digits only."""
    return "".join(c for c in plain(text) if c.isalnum())[:_LONGEST]


def keys(person: PatientView) -> Iterator[str]:
    """Yield every key under which a person is found, each once."""
    yield from dict.fromkeys(_keys(person))


def _keys(person: PatientView) -> Iterator[str]:
    for word in _words_of(person.every_name):
        yield NAME + word
        if len(word) >= SHORTEST_NEAR:
            yield from (NEAR + key for key in near(word))
    if person.birth_date:
        yield BORN + person.birth_date.replace("-", "")
    for phone in person.phones:
        if phone.digits:
            yield PHONE + phone.digits[::-1]
    yield from (NUMBER + number(identifier) for identifier in person.identifiers)


def _words_of(names: Iterable[str]) -> Iterator[str]:
    return (word for name in names for word in words(name))
