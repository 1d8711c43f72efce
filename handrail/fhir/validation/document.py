"""JSON text as the complete layer sees it: members given twice and the digits of numbers kept."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from handrail.fhir.errors import Fault
from handrail.fhir.validation.nesting import DEPTH, is_deep


class Object(dict[str, Any]):
    """A JSON object that remembers which members were given more than once."""

    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it is written."""

    text: str
    whole: bool

    def __float__(self) -> float:
        """Return the nearest float, which may be infinite."""
        return float(self.text)


def _object(pairs: list[tuple[str, Any]]) -> Object:
    made = Object(pairs)
    if len(made) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        made.twice = tuple(name for name, count in counts.items() if count > 1)
    return made


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=lambda text: Number(text, whole=True),
    parse_float=lambda text: Number(text, whole=False),
)


def read(text: bytes) -> Object | Fault:
    """Return the object in ``text``, or what is wrong with the text as a whole."""
    try:
        tidy = msgspec.json.format(text, indent=-1)
        if is_deep(tidy):
            return _too_deep()
        if not tidy.startswith(b"{"):
            return Fault("", "A resource is a JSON object: it begins with {.", "structure")
        return cast("Object", _decoder.decode(tidy.decode()))
    except RecursionError:
        return _too_deep()
    except (msgspec.DecodeError, ValueError) as error:
        return _unreadable(text, error)


def _too_deep() -> Fault:
    return Fault(
        "", f"Objects and arrays nest deeper than {DEPTH} levels. Flatten the resource.", "too-long"
    )


def _unreadable(text: bytes, error: Exception) -> Fault:
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        return Fault(
            "",
            f"The text is not UTF-8 at byte {wrong.start} (line {_line(text, wrong.start)}). "
            "Send the text in UTF-8.",
            "structure",
        )
    if text.startswith(b"\xef\xbb\xbf"):
        return Fault("", "The text begins with a byte order mark. Remove it.", "structure")
    return Fault("", f"This is not JSON: {error}. Correct the text there.", "structure")


def _line(text: bytes, position: int) -> int:
    return text.count(b"\n", 0, position) + 1
