"""What is wrong with one primitive value, in plain words."""

from __future__ import annotations

import difflib
import math
import re
from typing import Final

from handrail.fhir.primitives import EXAMPLES, PATTERNS
from handrail.fhir.validation.document import Number
from handrail.fhir.validation.schema import Member

_FORMS: Final = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_WHOLE_NUMBERS: Final = frozenset({"integer", "positiveInt", "unsignedInt"})
_DIGITS: Final = 11
"""Characters of the longest integer, with its sign."""


def wrong_with(value: object, member: Member) -> str:
    """Return what is wrong with ``value`` as the primitive of ``member``, or an empty string."""
    kind = member.primitive
    if kind == "boolean":
        return "" if isinstance(value, bool) else f"{_said(value)} is not true or false."
    if kind in _WHOLE_NUMBERS:
        return _whole_number(value, member)
    if kind == "decimal":
        return _decimal(value)
    if not isinstance(value, str):
        return f"{_said(value)} is not text. Put a {kind} in quotation marks."
    return _text(value, member)


def _whole_number(value: object, member: Member) -> str:
    if not isinstance(value, Number):
        return f"{_said(value)} is not a number. Write it without quotation marks."
    if not value.whole:
        return f"{_said(value)} is not a whole number."
    if len(value.text) > _DIGITS or not member.low <= int(value.text) <= member.high:
        return f"{_said(value)} is outside {member.low} to {member.high}."
    return ""


def _decimal(value: object) -> str:
    if not isinstance(value, Number):
        return f"{_said(value)} is not a number. Write it without quotation marks."
    return "" if math.isfinite(float(value)) else f"{_said(value)} is too large for a decimal."


def _text(value: str, member: Member) -> str:
    if not value.strip(" \t\r\n"):
        return "The text is empty. Leave the element out instead."
    if _NOT_TEXT.search(value):
        return "The text has a control character, or half a character. Remove it."
    if member.codes:
        return "" if value in member.codes else _not_in(value, member.codes)
    form = _FORMS.get(member.primitive)
    if form is not None and not form.match(value):
        return f"{_said(value)} is not a {member.primitive}: {EXAMPLES[member.primitive]}."
    return ""


def _not_in(value: str, codes: frozenset[str]) -> str:
    close = difflib.get_close_matches(value, codes, n=1)
    hint = f" Did you mean “{close[0]}”?" if close else ""
    many = 20
    listed = ", ".join(sorted(codes)) if len(codes) <= many else f"{len(codes)} codes of R4"
    return f"{_said(value)} is not one of: {listed}.{hint}"


def _said(value: object) -> str:
    """Return ``value`` for a message, short and printable."""
    if isinstance(value, dict):
        return "An object"
    if isinstance(value, list):
        return "A list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = value.text if isinstance(value, Number) else str(value)
    room = 60
    return f"“{printable(text if len(text) <= room else text[:room] + '…')}”"


def printable(text: str) -> str:
    """Return ``text`` with half characters escaped, so that it can be sent in UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
