"""From what was typed to what is searched: needs that words mean, words with a slip; en, es."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from handrail.fhir.directory.words import hit, meant, stem, words_in
from handrail.fhir.rulebook import Rule


@dataclass(frozen=True, slots=True)
class Typed:
    """One word that was typed: its beginnings to look for, and the needs it means."""

    word: str
    begins: tuple[str, ...]
    needs: tuple[str, ...]


def typed(text: str, idle: Collection[str], most: int) -> list[str]:
    """Return the words to search for: those that say something, the first ``most``."""
    words = words_in(text)
    return ([word for word in words if word not in idle] or words)[:most]


def needs_of(word: str, needs: Rule) -> tuple[str, ...]:
    """Return the SDOH categories that a word (English or Spanish) means."""
    return tuple(
        category
        for category, listed in needs.values.items()
        if word in words_in(category) or any(_same(word, one) for one in listed)
    )


def _same(word: str, listed: str) -> bool:
    return stem(word) == stem(listed)


def understood(words: Sequence[str], known: Mapping[str, bool], needs: Rule) -> list[Typed]:
    """Return what each word means.

    Args:
        words: what was typed, in one spelling.
        known: for each of them, whether a word of the directory begins with it.
        needs: the rule ``directory.need-words``.
    """
    return [
        Typed(word, (stem(word),) if known.get(word) else (), needs_of(word, needs))
        for word in words
    ]


def corrected(one: Typed, vocabulary: Collection[str], needs: Rule) -> Typed:
    """Return a word that nothing begins with as what was probably meant.

    Args:
        one: the word.
        vocabulary: words of the directory that may have been meant; a bounded set.
        needs: the rule ``directory.need-words``; its words may be meant as well.
    """
    listed = {word for words in needs.values.values() for word in words if " " not in word}
    near = meant(one.word, sorted({*vocabulary, *listed}))
    found = [category for word in near for category in needs_of(word, needs)]
    return Typed(one.word, tuple(dict.fromkeys(near)), tuple(dict.fromkeys(found)))


def fits(one: Typed, words: Iterable[str], categories: Collection[str]) -> bool:
    """Tell whether a service with these words and needs fits one word that was typed."""
    held = list(words)
    return any(hit(begin, held) for begin in one.begins) or bool(set(one.needs) & set(categories))


def words_of_needs(needs: Iterable[str], rule: Rule) -> list[str]:
    """Return the single words by which services that nobody filed are found for these needs."""
    listed = [word for need in needs for word in rule.values.get(need, ())]
    return list(dict.fromkeys(stem(word) for word in listed if " " not in word))
