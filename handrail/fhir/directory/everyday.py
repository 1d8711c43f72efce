"""What people call a specialist, and the beginnings of the words of the code set's names.

The names of NUCC's code set are not shipped (their licence); an operator loads them, or they come
with the rows of a directory. These are our own words, none of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from handrail.fhir.directory.words import stem, words_in

_BEGINNINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "heart": ("cardio",),
    "cardiologist": ("cardio",),
    "kidney": ("nephro",),
    "skin": ("dermato",),
    "eye": ("ophthalmo", "optometr"),
    "foot": ("podiatr",),
    "bone": ("orthop",),
    "lung": ("pulmon",),
    "stomach": ("gastroentero",),
    "gi": ("gastroentero",),
    "brain": ("neuro",),
    "nerve": ("neuro",),
    "child": ("pediatr",),
    "children": ("pediatr",),
    "kid": ("pediatr",),
    "woman": ("obstetr", "gynecolo"),
    "women": ("obstetr", "gynecolo"),
    "obgyn": ("obstetr", "gynecolo"),
    "pregnancy": ("obstetr", "midwi"),
    "cancer": ("oncolo",),
    "blood": ("hematolo",),
    "diabetes": ("endocrino",),
    "thyroid": ("endocrino",),
    "sugar": ("endocrino",),
    "allergy": ("allerg",),
    "ear": ("otolaryngo", "audiolo"),
    "ent": ("otolaryngo",),
    "hearing": ("audiolo", "otolaryngo"),
    "tooth": ("dent",),
    "teeth": ("dent",),
    "dentist": ("dent",),
    "joint": ("rheumato", "orthop"),
    "bladder": ("urolo",),
    "counselor": ("counsel", "social", "psycholog"),
    "therapist": ("counsel", "psycholog", "therap"),
    "shrink": ("psychiatr",),
    "pt": ("physical",),
    "primary": ("family", "internal", "general"),
    "pcp": ("family", "internal", "general"),
}
_EMPTY: Final = frozenset({"doctor", "dr", "specialist", "provider", "clinic", "for", "a", "the"})
_ENDINGS: Final = ("ologists", "ologist", "iatrists", "iatrist", "ists", "ist")


def specialties_meant(words: str, named: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the codes of the specialties that some everyday words mean; none: no specialty.

    Args:
        words: what was typed ("heart doctor", "cardiologist", "Family Medicine").
        named: (code, name) of the specialties there are.
    """
    asked = [one for one in words_in(words) if one not in _EMPTY]
    if not asked:
        return ()
    every = [(code, words_in(name)) for code, name in named]
    exact = tuple(code for code, name in every if name == words_in(words))
    if exact:
        return exact
    begun = [_begun(one) for one in asked]
    return tuple(
        code
        for code, name in every
        if all(any(part.startswith(begin) for part in name) for begin in begun)
    )


def _begun(word: str) -> tuple[str, ...]:
    """Return how the words of a name begin that mean the same."""
    known = _BEGINNINGS.get(word) or _BEGINNINGS.get(stem(word))
    if known:
        return known
    ending = next((one for one in _ENDINGS if word.endswith(one)), "")
    return (word.removesuffix(ending),) if ending and len(word) > len(ending) + 3 else (stem(word),)
