"""An answer typed in one line: "yes, Kim at the front desk, 6 weeks, ref 77, speaks Spanish".

Parts are separated by commas. What is no answer, wait, reference number, language or word about new
patients is who said it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from handrail.fhir.directory.telling import Answer
from handrail.fhir.moments import believable
from handrail.fhir.quick import day_said

LONGEST: Final = 200
"""Characters of a line that are read."""
MOST_DAYS: Final = 3_650

_ANSWERS: Final[Mapping[str, Answer]] = {
    "yes": Answer.YES,
    "sí": Answer.YES,
    "si": Answer.YES,
    "no": Answer.NO,
    "only existing": Answer.ONLY_EXISTING,
    "existing only": Answer.ONLY_EXISTING,
    "only existing patients": Answer.ONLY_EXISTING,
    "not sure": Answer.UNSURE,
    "unsure": Answer.UNSURE,
    "no sabe": Answer.UNSURE,
}
_LISTS: Final[Mapping[str, str]] = {
    "new": "newpt",
    "new patients": "newpt",
    "takes new patients": "newpt",
    "no new patients": "nopt",
    "no new": "nopt",
    "list closed": "nopt",
    "families": "existptfam",
}
_LANGUAGES: Final[Mapping[str, str]] = {
    "english": "en", "inglés": "en", "spanish": "es", "español": "es", "chinese": "zh",
    "mandarin": "zh", "cantonese": "yue", "vietnamese": "vi", "tagalog": "tl", "arabic": "ar",
    "french": "fr", "haitian creole": "ht", "korean": "ko", "russian": "ru", "portuguese": "pt",
    "polish": "pl", "somali": "so", "farsi": "fa", "urdu": "ur", "hindi": "hi", "nepali": "ne",
    "german": "de", "italian": "it", "japanese": "ja", "ukrainian": "uk", "hmong": "hmn",
}  # fmt: skip
_UNITS: Final[Mapping[str, int]] = {"d": 1, "w": 7, "s": 7, "m": 30}
_SPAN: Final = re.compile(
    r"(?:about |around |wait |in |~)*(\d{1,4}) ?(d|days?|días?|dias?|w|wks?|weeks?|semanas?"
    r"|mo|mos|months?|mes|meses)(?: wait)?"
)
_NUMBER: Final = re.compile(
    r"(?:ref(?:erence)?(?: ?(?:no|number))?\.?|#)[\s:#]*([\w./-]{1,40})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was understood of a line; each empty or None where nothing was said of it."""

    answer: Answer | None = None
    told_by: str = ""
    wait_days: int | None = None
    earliest_on: str = ""
    reference_number: str = ""
    new_patients: str = ""
    languages: tuple[str, ...] = ()


def read_line(text: str, today: date) -> Line:
    """Return what a typed line says about an office's answer."""
    line, left = Line(), []
    for part in re.split(r"[,;\n]", text[:LONGEST]):
        said = " ".join(part.split())
        if not said:
            continue
        found = _part(line, said, today)
        if found is None:
            left.append(said)
        else:
            line = found
    return replace(line, told_by=", ".join(left).removeprefix("by ")) if left else line


def _part(line: Line, said: str, today: date) -> Line | None:
    """Return the line with one more part understood; None if it is who said it."""
    plain = said.casefold().rstrip(".")
    if line.answer is None and plain in _ANSWERS:
        return replace(line, answer=_ANSWERS[plain])
    if plain in _LISTS:
        return replace(line, new_patients=_LISTS[plain])
    number = _NUMBER.fullmatch(said)
    if number:
        return replace(line, reference_number=number[1])
    language = _LANGUAGES.get(plain.removeprefix("speaks ").removeprefix("habla "))
    if language:
        return replace(line, languages=(*line.languages, language))
    return _wait(line, plain, today)


def _wait(line: Line, plain: str, today: date) -> Line | None:
    days, on = read_wait(plain, today)
    return None if days is None else replace(line, wait_days=days, earliest_on=on)


def read_wait(text: str, today: date) -> tuple[int | None, str]:
    """Return (days to wait, the day it ends: ISO) of "6 weeks", "15 Dec"; (None, "") of others.

    A span has no day: "6 weeks" is what was said, not which day.
    """
    plain = " ".join(text.casefold().split()).rstrip(".")
    span = _SPAN.fullmatch(plain)
    if span:
        days = int(span[1]) * _UNITS[span[2][0]]
        return (days, "") if days <= MOST_DAYS else (None, "")
    day = day_said(plain.removeprefix("earliest ").removeprefix("first "), today)
    if day is None or believable(day) is None:
        return None, ""
    days = (day - today) // timedelta(days=1)
    return (days, day.isoformat()) if 0 <= days <= MOST_DAYS else (None, "")


def language_name(code: str) -> str:
    """Return the English name of a language that a line may name; the code of others."""
    return next((name.title() for name, one in _LANGUAGES.items() if one == code), code)
