"""How words sound, for the parameter ``phonetic``: two that sound alike have the same code.

The code is Metaphone, made for English. A word it has nothing to say about stands for itself.
"""

from __future__ import annotations

import jellyfish

from handrail.fhir.searching import texts


def codes(text: str) -> list[str]:
    """Return the code of each word of ``text``, each once."""
    words = texts.normalize(text).split()[: texts.MOST_WORDS]
    return list(dict.fromkeys(jellyfish.metaphone(word) or word for word in words))
