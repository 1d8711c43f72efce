"""What is read aloud on the phone: a question with its answers, as one says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from handrail.duties.intake.rules.paper_words import said
from handrail.fhir.forms.form import Item

MOST_READ: Final = 8
"""Answers that are read aloud; of more, nobody on the phone remembers the first."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A question as it is read aloud.

    ``answers`` is the sentence with the answers, empty where they are not read. ``in_language``
    tells whether the question has words in the language that was asked for.
    """

    text: str
    answers: str = ""
    help: str = ""
    in_language: bool = True


def spoken(item: Item, language: str) -> Spoken:
    """Return what is read aloud for an item, in ``language`` where the form has it."""
    text, translated = item.words(language)
    return Spoken(text, _answers(item, language), item.help_in(language), translated)


def _answers(item: Item, language: str) -> str:
    if item.kind == "boolean":
        return said(language, "would", answers=_joined(_yes_no(language), language))
    if not 1 < len(item.options) <= MOST_READ:
        return ""
    words = [item.option_words(option, language)[0] for option in item.options]
    key = "which" if item.repeats else "would"
    return said(language, key, answers=_joined([_lowered(word) for word in words], language))


def _yes_no(language: str) -> list[str]:
    return [said(language, key).lower() for key in ("yes", "no")]


def _joined(words: Sequence[str], language: str) -> str:
    *first, last = words
    return f"{', '.join(first)} {said(language, 'list-or')} {last}"


def _lowered(word: str) -> str:
    """Return an answer as it stands within a sentence: "Not at all" as "not at all"."""
    plain = word[:1].isupper() and (word[1:2].islower() or word[1:2] == " ")
    return word[:1].lower() + word[1:] if plain else word
