"""Which characters the fonts of the house can print, and text made fit for them.

Source of the font tables: https://learn.microsoft.com/typography/opentype/spec/cmap (formats 4
and 12).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from struct import unpack_from
from typing import Any

HERE = Path(__file__).parent / "fonts"
_FALLBACK = "fontpkg_noto_sans"
_BREAK_AFTER = 24
"""Longer runs without a space may be broken, here, wherever the line ends."""
_LONG = re.compile(rf"\S{{{_BREAK_AFTER + 1},}}")
_ZERO_WIDTH_SPACE = "\u200b"
_SAID = {"→": "->", "←": "<-", "✓": "yes", "✔": "yes", "✗": "no", "☐": "[ ]", "☑": "[x]"}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SIGNS = frozenset({"Po", "Pd", "Ps", "Pe"})
_VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))


def fonts() -> list[Path]:
    """Return the font files: Public Sans, and Noto Sans for what it lacks."""
    found = find_spec(_FALLBACK)
    more = sorted(Path(found.origin).parent.glob("files/*.ttf")) if found and found.origin else []
    return [HERE / "PublicSans.ttf", *(one for one in more if "Italic" not in one.name)]


@cache
def printable() -> frozenset[int]:
    """Return the characters that some font has a glyph for."""
    return frozenset(point for font in fonts() for point in _points(font.read_bytes()))


def _points(font: bytes) -> Iterator[int]:
    tables = (
        unpack_from(">4sIII", font, 12 + 16 * n) for n in range(unpack_from(">H", font, 4)[0])
    )
    start = next(offset for tag, _sum, offset, _length in tables if tag == b"cmap")
    for n in range(unpack_from(">H", font, start + 2)[0]):
        at = start + unpack_from(">I", font, start + 8 + 8 * n)[0]
        kind = unpack_from(">H", font, at)[0]
        if kind == 4:  # noqa: PLR2004 - the number of the format
            yield from _segments(font, at)
        elif kind == 12:  # noqa: PLR2004 - the number of the format
            groups = unpack_from(">I", font, at + 12)[0]
            for one in range(groups):
                first, last, _glyph = unpack_from(">III", font, at + 16 + 12 * one)
                yield from range(first, last + 1)


def _segments(font: bytes, at: int) -> Iterator[int]:
    """Yield the characters of a table of format 4; what maps to no glyph is left out."""
    count = unpack_from(">H", font, at + 6)[0] // 2
    ends, starts = at + 14, at + 16 + 2 * count
    for n in range(count):
        last, first = (unpack_from(">H", font, base + 2 * n)[0] for base in (ends, starts))
        delta, far = (unpack_from(">H", font, starts + 2 * (count * k + n))[0] for k in (1, 2))
        offsets = starts + 4 * count + 2 * n
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = (
                unpack_from(">H", font, offsets + far + 2 * (point - first))[0] if far else point
            )
            if (glyph + delta) % 0x10000 if glyph else not far and delta:
                yield point


def fit(value: Any) -> Any:
    """Return data with every text fit to print.

    Characters that nobody sees (controls, marks of direction) are left out; symbols without a glyph
    are said in words ("(grinning face)"); very long words may be broken.
    """
    if isinstance(value, str):
        return _fit(value)
    if isinstance(value, dict):
        return {str(key): fit(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [fit(one) for one in value]
    return value


def _fit(text: str) -> str:
    shown = "".join(map(_shown, unicodedata.normalize("NFC", text)))
    return _LONG.sub(_breakable, shown)


def _shown(one: str) -> str:
    if one in "\n\t":
        return one if one == "\n" else " "
    category = unicodedata.category(one)
    if category in _INVISIBLE or one in _VARIATIONS:
        return ""
    if ord(one) in printable():
        return one
    if category[0] == "S" or category in _SIGNS:
        return _SAID.get(one) or f"({unicodedata.name(one, 'symbol').lower()})"
    return " " if category == "Zs" else one


def _breakable(found: re.Match[str]) -> str:
    word = found[0]
    cut = (word[at : at + _BREAK_AFTER] for at in range(0, len(word), _BREAK_AFTER))
    return _ZERO_WIDTH_SPACE.join(cut)


def missing(value: Any) -> list[str]:
    """Return the letters in the data that no font has, each once, in order."""
    seen = dict.fromkeys(one for text in _texts(value) for one in text)
    passed = {"\n", _ZERO_WIDTH_SPACE}
    return [one for one in seen if ord(one) not in printable() and one not in passed]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
