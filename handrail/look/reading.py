"""How hard a text is to read: an alarm for those who write to patients, never a judge of people.

The formulas see sentence length and syllables and nothing else, and they misjudge very short texts;
so they point at sentences to mend, and refuse nothing. Pure and offline.

Sources:
    Flesch-Kincaid grade: Kincaid, Fishburne, Rogers, Chissom. Derivation of new readability
    formulas for Navy enlisted personnel. Research Branch Report 8-75, 1975.
    SMOG: McLaughlin. SMOG grading, a new readability formula. Journal of Reading 12(8), 1969; for
    texts under 30 sentences by its conversion to 30 (the formula itself does that).
    Fernandez-Huerta: Fernandez Huerta. Medidas sencillas de lecturabilidad. Consigna 214, 1959;
    with sentence length as the words of a sentence, after Law, "Error in the Fernandez Huerta
    readability formula", 2011.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import sqrt

POLYSYLLABLE = 3
"""SMOG counts words of so many syllables and more."""
_LONGEST_WORD = 60
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # noqa: RUF001 - the apostrophe people print
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NOT_AN_END = re.compile(r"(?i)\b(dr|mr|mrs|ms|st|ave|no|vs|a\.m|p\.m|sr|sra|dra|ud)\.(?=\s)")
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|\n+")  # noqa: RUF001 - the quotes people print
_ENGLISH_GROUP = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^aeiouylr]|[aeiouy][lr]|[^aeiouy]r)e$")
_SILENT_ES = re.compile(r"(?:[^aeiouyscxzgh]|th)es$")
_SILENT_ED = re.compile(r"[^aeiouytd]ed$")
_TWO = re.compile(
    r"i[ao](?!n)|ia[nr]|(?<![tscg])ion|(?<![qg])ua|uo(?!y)|eo(?!u)|io[lr]|iu|[aeou]ing|"
    r"[^tscgx]ien|scien|iet|riot|creat|coord|sm$|[^l]lier|(?<=[aeiou].)ea$|betes$"
)
_ONE = re.compile(r"[cst]ia|geo[nu]|people|leopard")
_INSIDE = re.compile(r"(?<=[^aeiouy])e(?:ly|ful|fully|less|ness|ment|ments)$")
_STRONG, _WEAK, _ACCENTED_WEAK = "aeoáéó", "iuü", "íú"
_SPANISH_GROUP = re.compile("[aeoáéóiuüíú]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read easily; the numbers are the rule ``plain.limits``.

    Attributes:
        grade: US school grade by Flesch-Kincaid at most.
        smog: US school grade by SMOG at most.
        smog_sentences: how many sentences SMOG needs before it says anything.
        ease: Fernandez-Huerta score (0 to 100, higher is easier) at least.
        words: words of a sentence at most.
    """

    grade: float
    smog: float
    smog_sentences: int
    ease: float
    words: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, its words, and its score by the formula of its language."""

    text: str
    words: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured of a text.

    Attributes:
        language: "en" or "es".
        sentences: each with its own measure.
        words: of the whole text; numbers count as one word each.
        grade: Flesch-Kincaid grade (English), None in Spanish and for no text.
        smog: SMOG grade (English), None in Spanish and for no text.
        ease: Fernandez-Huerta score (Spanish), None in English and for no text.
        limits: what it is held against.
    """

    language: str
    sentences: tuple[Sentence, ...]
    words: int
    grade: float | None
    smog: float | None
    ease: float | None
    limits: Limits

    @property
    def per_sentence(self) -> float:
        """Return how many words a sentence has on average."""
        return self.words / len(self.sentences) if self.sentences else 0.0

    @property
    def is_hard(self) -> bool:
        """Tell whether the text as a whole is above the limits."""
        too_long = self.per_sentence > self.limits.words
        if self.grade is not None and self.smog is not None:
            enough = len(self.sentences) >= self.limits.smog_sentences
            smog = enough and self.smog > self.limits.smog
            return too_long or self.grade > self.limits.grade or smog
        return too_long or (self.ease is not None and self.ease < self.limits.ease)

    @property
    def to_mend(self) -> tuple[Sentence, ...]:
        """Return the sentences above the limits by themselves, the hardest first.

        A sentence of up to three words (a name, a heading) is left alone.
        """
        worst = sorted(
            (one for one in self.sentences if self._above(one)),
            key=lambda one: -one.score if self.language == "en" else one.score,
        )
        return tuple(worst)

    def _above(self, one: Sentence) -> bool:
        if one.words <= POLYSYLLABLE:
            return False
        if one.words > self.limits.words:
            return True
        if self.language == "en":
            return one.score > self.limits.grade
        return one.score < self.limits.ease


@dataclass(frozen=True, slots=True)
class Hard:
    """A word with a plainer way to say it: as it was typed, and what to write instead."""

    word: str
    plain: str


def measure(text: str, limits: Limits, language: str = "en") -> Reading:
    """Measure a text.

    Args:
        text: plain text; lines are sentences of their own.
        limits: what it is held against.
        language: "es…" is measured as Spanish, all else as English.
    """
    spanish = language.lower().startswith("es")
    parts = [(part, _counts(part, spanish)) for part in sentences(text)]
    counted = [(part, counts) for part, counts in parts if counts]
    every = [count for _part, counts in counted for count in counts]
    formula = fernandez_huerta if spanish else flesch_kincaid
    measured = tuple(
        Sentence(part, len(counts), round(formula(len(counts), 1, sum(counts)), 1))
        for part, counts in counted
    )
    if not measured:
        return Reading("es" if spanish else "en", (), 0, None, None, None, limits)
    score = round(formula(len(every), len(measured), sum(every)), 1)
    if spanish:
        return Reading("es", measured, len(every), None, None, score, limits)
    many = sum(count >= POLYSYLLABLE for count in every)
    grade = round(smog(many, len(measured)), 1)
    return Reading("en", measured, len(every), score, grade, None, limits)


def flesch_kincaid(words: int, sentences: int, syllables: int) -> float:
    """Return the US school grade."""
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def smog(polysyllables: int, sentences: int) -> float:
    """Return the US school grade, from the words of three and more syllables."""
    return 1.0430 * sqrt(polysyllables * 30 / sentences) + 3.1291


def fernandez_huerta(words: int, sentences: int, syllables: int) -> float:
    """Return the ease of a Spanish text: 100 very easy, 0 very hard."""
    return 206.84 - 60 * syllables / words - 1.02 * words / sentences


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, as they were typed. Every line ends one."""
    marked = _NOT_AN_END.sub(lambda found: found[0].replace(".", "\0"), text.replace("\0", ""))
    return [part.replace("\0", ".").strip() for part in _END.split(marked) if part.strip()]


def _counts(sentence: str, spanish: bool) -> list[int]:  # noqa: FBT001 - one of two languages
    """Return the syllables of each word; a number counts as one."""
    count = spanish_syllables if spanish else english_syllables
    numbers = len(_NUMBER.findall(sentence))
    said = [count(part) for word in _WORD.findall(sentence) for part in word.split("-")]
    return [*said, *[1] * numbers]


@lru_cache(maxsize=8192)
def english_syllables(word: str) -> int:
    """Return about how many syllables an English word has: vowel groups, less what is silent."""
    plain = _unaccented(word.lower()).replace("'s", "").replace("’s", "")  # noqa: RUF001 - as typed
    plain = re.sub("[^a-z]", "", plain)[:_LONGEST_WORD]
    if not plain:
        return 1
    if not _ENGLISH_GROUP.search(plain):
        return len(plain) if word.isupper() else 1
    inside = _INSIDE.sub(lambda found: found[0][1:], plain)
    count = len(_ENGLISH_GROUP.findall(inside))
    count += len(_TWO.findall(inside)) - len(_ONE.findall(inside))
    silent = _SILENT_END.search(inside) or _SILENT_ES.search(inside) or _SILENT_ED.search(inside)
    return max(count - bool(silent), 1)


@lru_cache(maxsize=8192)
def spanish_syllables(word: str) -> int:
    """Return the syllables of a Spanish word: vowel groups, parted where two vowels are strong."""
    plain = unicodedata.normalize("NFC", word.lower())[:_LONGEST_WORD]
    plain = re.sub(r"(?<=[qg])u(?=[eiéí])", "", plain)
    plain = re.sub(r"y$", "i", plain)
    return max(sum(_nuclei(group) for group in _SPANISH_GROUP.findall(plain)), 1)


def _nuclei(group: str) -> int:
    parted = 0
    for one, other in pairwise(group):
        both_strong = one in _STRONG and other in _STRONG
        stressed = one in _ACCENTED_WEAK or other in _ACCENTED_WEAK
        parted += both_strong or stressed or one == other
    return 1 + parted


def hard_words(text: str, words: Mapping[str, str]) -> tuple[Hard, ...]:
    """Return the words of the text that have a plainer way to say them, each once, in order.

    Args:
        text: what is to be read.
        words: hard word or phrase in lower case → what to write instead. Where that already stands
            in the text ("water pill (furosemide)"), the word is explained and not told.
    """
    if not words:
        return ()
    lower = text.lower()
    found: dict[str, Hard] = {}
    for match in _pattern(tuple(words)).finditer(text):
        key = match[0].lower()
        plain = words[key]
        if plain.lower() not in lower:
            found.setdefault(key, Hard(match[0], plain))
    return tuple(found.values())


@lru_cache(maxsize=16)
def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Return what finds any of the words, the longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?i)\b(?:{'|'.join(re.escape(word) for word in ordered)})\b")


def _unaccented(text: str) -> str:
    return "".join(
        one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one)
    )


def joined(parts: Iterable[str]) -> str:
    """Return short texts as one to be measured: each on a line, and so a sentence, of its own."""
    return "\n".join(" ".join(part.split()) for part in parts if part.strip())
