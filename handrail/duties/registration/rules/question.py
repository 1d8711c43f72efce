"""What somebody typed to find a person, understood: names, birth dates, phones, record numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from handrail.duties.registration.rules.words import (
    BORN,
    NAME,
    NEAR,
    NUMBER,
    PHONE,
    SHORTEST_NEAR,
    near,
    number,
    plain,
    words,
)

MOST_TERMS = 6
_FEWEST_PHONE_DIGITS = 4
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = r"(?P<m{0}>(?:" + "|".join(_MONTHS) + r")[a-z]*)\.?"
_DATES = re.compile(
    r"\b(?P<y1>\d{4})-(?P<n1>\d{1,2})-(?P<d1>\d{1,2})\b"
    r"|\b(?P<n2>\d{1,2})[/.-](?P<d2>\d{1,2})[/.-](?P<y2>\d{4}|\d{2})\b"
    r"|\b(?P<d3>\d{1,2})\.?\s+" + _NAMED.format(3) + r",?\s+(?P<y3>\d{4})\b"
    r"|\b" + _NAMED.format(4) + r"\s+(?P<d4>\d{1,2}),?\s+(?P<y4>\d{4})\b"
)
_PHONES = re.compile(r"(?:\+?1[\s.-]*)?(?:\(\d{3}\)\s*|\b\d{3}[\s.-])?\b\d{3}[\s.-]\d{4}\b")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that was typed. A person fits who has a key that starts with any of ``starts``.

    ``near`` are whole keys that also fit if the word was misspelt; empty for numbers.
    """

    text: str
    starts: tuple[str, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed, as terms that must all fit; ``born`` and ``names`` for an exact look-up."""

    terms: tuple[Term, ...]
    names: tuple[str, ...]
    born: tuple[str, ...]


def understand(text: str) -> Question:
    """Return what somebody typed into the search box, in any order."""
    rest = plain(text)[:200]
    terms: list[Term] = []
    rest, dates = _take_dates(rest)
    terms += [Term(shown, tuple(BORN + day for day in days)) for shown, days in dates]
    rest, phones = _take_phones(rest)
    terms += phones
    names: list[str] = []
    for piece in rest.replace(",", " ").split():
        if piece[-1].isdigit() and not any(c.isalpha() for c in piece):
            terms += _digits_term(piece)
        elif any(c.isdigit() for c in piece):
            terms += _mixed_term(piece)
        else:
            found = list(words(piece))
            names += found[:1] if len(found) == 1 else found[:-1]
    terms += [_word_term(name) for name in names]
    born = tuple(day for _, days in dates for day in days) or tuple(_whole_days(terms))
    return Question(tuple(terms[:MOST_TERMS]), tuple(names), born)


def _take_dates(text: str) -> tuple[str, list[tuple[str, list[str]]]]:
    found: list[tuple[str, list[str]]] = []

    def take(match: re.Match[str]) -> str:
        days = list(_days(match))
        if not days:
            return match.group()
        found.append((match.group(), days))
        return " "

    return _DATES.sub(take, text), found


def _days(match: re.Match[str]) -> Iterator[str]:
    parts = {key[0]: value for key, value in match.groupdict().items() if value}
    month = _MONTHS.index(parts["m"][:3]) + 1 if "m" in parts else int(parts["n"])
    years = [parts["y"]] if len(parts["y"]) > len("54") else ["19" + parts["y"], "20" + parts["y"]]
    for year in years:
        if day := _real_day(int(year), month, int(parts["d"])):
            yield day


def _real_day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).strftime("%Y%m%d")
    except ValueError:
        return ""


def _take_phones(text: str) -> tuple[str, list[Term]]:
    found: list[Term] = []

    def take(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match.group())
        found.append(Term(match.group().strip(), tuple(_phone_starts(digits))))
        return " "

    return _PHONES.sub(take, text), found


def _phone_starts(digits: str) -> Iterator[str]:
    if len(digits) >= _FEWEST_PHONE_DIGITS:
        yield PHONE + digits[::-1]
    if len(digits) == len("15550100142") and digits.startswith("1"):
        yield PHONE + digits[:0:-1]


def _digits_term(piece: str) -> Iterator[Term]:
    """Return what digits alone may be: a year or day of birth, a phone's end, a record number."""
    digits = re.sub(r"\D", "", piece)
    starts = [*_phone_starts(digits), NUMBER + digits]
    if len(digits) == len("1954") and digits[:2] in {"18", "19", "20"}:
        starts.append(BORN + digits)
    if match := _COMPACT_DATE.fullmatch(digits):
        day = _real_day(*(int(group) for group in match.groups()))
        starts += [BORN + day] if day else []
    yield Term(piece, tuple(starts))


def _mixed_term(piece: str) -> Iterator[Term]:
    """Return what letters with digits may be: a record number, or a name with a number in it."""
    starts = [NUMBER + number(piece), *(NAME + word for word in words(piece))]
    yield Term(piece, tuple(starts))


def _word_term(word: str) -> Term:
    misspelt = sorted(near(word)) if len(word) >= SHORTEST_NEAR else []
    return Term(word, (NAME + word, NUMBER + word), tuple(NEAR + key for key in misspelt))


def _whole_days(terms: Iterable[Term]) -> Iterator[str]:
    """Yield the days that were typed as digits alone."""
    for start in (start for term in terms for start in term.starts):
        if start.startswith(BORN) and len(start) == len("b19540214"):
            yield start[len(BORN) :]
