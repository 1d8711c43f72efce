"""Which services the words and needs mean: ids from the table of words, in few statements.

Only leakproof comparisons of text are used, so that the index serves under row-level security.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from handrail.duties.community_resources.projections import NEED
from handrail.duties.community_resources.rules.wording import (
    Typed,
    corrected,
    needs_of,
    typed,
    words_of_needs,
)
from handrail.fhir.directory.words import TOP, stem
from handrail.fhir.rulebook import Rule
from handrail.record.statements import rows

_MOST_HITS = 30_000
_MOST_VOCABULARY = 5_000
_SHORT = 3  # letters; shorter words are found whole
_STRONG = 2  # weight of a word that says what a service is

# Lateral and ordered: each span is read from the index, whatever the planner expects of it. A plain
# join reads the whole table once the plan is kept.
_HITS_SQL = """
SELECT b.tag, w.source_type, w.source, max(w.weight)
FROM unnest(%s::int[], %s::text[], %s::text[], %s::int[]) AS b(tag, low, high, least)
CROSS JOIN LATERAL (
  SELECT i.source_type, i.source, i.weight FROM community_word i
  WHERE i.org = %s AND i.word >= b.low COLLATE "C" AND i.word < b.high COLLATE "C"
    AND i.weight >= b.least
  ORDER BY i.word LIMIT %s) w
GROUP BY b.tag, w.source_type, w.source
"""
_VOCABULARY_SQL = """
SELECT DISTINCT w.word FROM unnest(%s::text[], %s::text[]) AS b(low, high)
CROSS JOIN LATERAL (
  SELECT i.word FROM community_word i
  WHERE i.org = %s AND i.word >= b.low COLLATE "C" AND i.word < b.high COLLATE "C" AND i.weight > 0
  ORDER BY i.word) w
LIMIT %s
"""
_FILED, _BY_WORDS = -1, -2


@dataclass(slots=True)
class Ids:
    """Services and organizations that something fits, with the weight of the match."""

    services: dict[str, int] = field(default_factory=dict)
    organizations: dict[str, int] = field(default_factory=dict)

    def add(self, source_type: str, source: str, weight: int) -> None:
        """Take one in."""
        held = self.services if source_type == "HealthcareService" else self.organizations
        held[source] = max(weight, held.get(source, 0))

    def weight(self, service: str, organization: str) -> int:
        """Return how well a service fits; -1: not at all."""
        return max(self.services.get(service, -1), self.organizations.get(organization, -1))


@dataclass(slots=True)
class Meaning:
    """What was understood: ids by word, ids by need, and what was corrected."""

    words: dict[str, Ids] = field(default_factory=dict)
    filed: Ids = field(default_factory=Ids)
    by_words: Ids = field(default_factory=Ids)
    meant: dict[str, tuple[str, ...]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def services(self) -> list[str]:
        """Return every service that something fits."""
        every = (self.filed, self.by_words, *self.words.values())
        return list({one for ids in every for one in ids.services})

    @property
    def organizations(self) -> list[str]:
        """Return every organization whose name fits."""
        every = (self.filed, self.by_words, *self.words.values())
        return list({one for ids in every for one in ids.organizations})


@dataclass(frozen=True, slots=True)
class _Span:
    tag: int
    low: str
    high: str
    least: int = 1


def find(org: int, text: str, needs: Sequence[str], search: Rule, need_words: Rule) -> Meaning:
    """Return which services words and needs mean; inside ``acting``.

    Args:
        org: the organization.
        text: what was typed.
        needs: SDOH categories.
        search: the rule ``directory.search``.
        need_words: the rule ``directory.need-words``.
    """
    words = typed(text, search.values["idle"], int(search.values["most_words"]))
    every = [Typed(word, (stem(word),), needs_of(word, need_words)) for word in words]
    made = Meaning(words={one.word: Ids() for one in every}, needs=tuple(needs))
    spans = [_need(_FILED, need) for need in needs]
    spans += [_begin(_BY_WORDS, word, _STRONG) for word in words_of_needs(needs, need_words)]
    _fill(org, made, every, [*spans, *_spans(every, need_words)])
    lost = [one for one in every if not made.words[one.word].services and not one.needs]
    lost = [one for one in lost if not made.words[one.word].organizations]
    if lost:
        near = _vocabulary(org, lost)
        again = [corrected(one, near, need_words) for one in lost]
        made.meant = {one.word: one.begins for one in again if one.begins}
        places = {one.word: place for place, one in enumerate(every)}
        spans = [
            span
            for one in again
            for span in _spans([one], need_words, first=places[one.word])
            if one.begins or one.needs
        ]
        _fill(org, made, every, spans)
    return made


def _spans(every: Iterable[Typed], need_words: Rule, first: int = 0) -> list[_Span]:
    found = []
    for tag, one in enumerate(every, start=first):
        found += [_begin(tag, begin, 1) for begin in one.begins]
        found += [_need(tag, need) for need in one.needs]
        found += [_begin(tag, word, _STRONG) for word in words_of_needs(one.needs, need_words)]
    return found


def _need(tag: int, need: str) -> _Span:
    return _Span(tag, NEED + need, f"{NEED}{need}\x01", 0)


def _begin(tag: int, word: str, least: int) -> _Span:
    if len(word) < _SHORT:
        return _Span(tag, word, f"{word}\x01", least)
    return _Span(tag, word, word + TOP, least)


def _fill(org: int, made: Meaning, every: Sequence[Typed], spans: Sequence[_Span]) -> None:
    if not spans:
        return
    found = rows(
        _HITS_SQL,
        (
            [one.tag for one in spans],
            [one.low for one in spans],
            [one.high for one in spans],
            [one.least for one in spans],
            org,
            _MOST_HITS,
        ),
    )
    for tag, source_type, source, weight in found:
        if tag == _FILED:
            made.filed.add(source_type, source, weight)
        elif tag == _BY_WORDS:
            if source_type == "HealthcareService":
                made.by_words.add(source_type, source, weight)
        else:
            made.words[every[tag].word].add(source_type, source, weight)


def _vocabulary(org: int, lost: Iterable[Typed]) -> list[str]:
    letters = sorted({one.word[0] for one in lost})
    found = rows(_VOCABULARY_SQL, (letters, [one + TOP for one in letters], org, _MOST_VOCABULARY))
    return [word for (word,) in found]
