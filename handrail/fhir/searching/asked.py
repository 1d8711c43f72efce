"""One parameter of a search as it was asked, and what is wrong with it.

Source: http://hl7.org/fhir/R4/search.html#escaping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from handrail.fhir.errors import HandrailError, UnsupportedError
from handrail.fhir.searching.hashing import token
from handrail.fhir.searching.parameters import Parameter

MOST_VALUES = 200
"""Values that one parameter may list with commas."""
LONGEST_VALUE = 4000
"""Characters of one parameter's value."""


class InvalidSearchError(HandrailError):
    """The search cannot be understood; the message says how to ask."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter of a search: ``name`` is its code, ``modifier`` what follows the colon."""

    resource_type: str
    name: str
    modifier: str
    value: str
    parameter: Parameter

    @property
    def label(self) -> str:
        """Return the name as it was asked, for messages."""
        return f"{self.name}:{self.modifier}" if self.modifier else self.name

    @property
    def stored(self) -> str:
        """Return the parameter whose tokens answer this one."""
        return self.parameter.stored or self.name

    @property
    def reads(self) -> frozenset[str]:
        """Return the FHIR types that the parameter reads."""
        return frozenset(one.partition(" ")[0].partition("=")[0] for one in self.parameter.sources)

    def token(self, *parts: str) -> int:
        """Return the token of a value form of this parameter."""
        return token(self.resource_type, self.stored, *parts)


def split(value: str, mark: str) -> list[str]:
    r"""Split at ``mark`` where no ``\`` stands before it; escapes stay as they are."""
    parts, escaped = [""], False
    for character in value:
        if character == mark and not escaped:
            parts.append("")
        else:
            parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def unescape(value: str) -> str:
    r"""Return ``value`` with ``\,`` ``\|`` ``\$`` and ``\\`` as the characters they stand for."""
    return re.sub(r"\\([,|$\\])", r"\1", value)


def alternatives(asked: Asked) -> list[str]:
    """Return the values between the commas, still escaped.

    Raises:
        InvalidSearchError: one is empty, or there are too many or too long ones.
    """
    if len(asked.value) > LONGEST_VALUE:
        raise InvalidSearchError(
            f"{asked.label}: the value is longer than {LONGEST_VALUE} characters. "
            "Ask for fewer values at a time."
        )
    found = split(asked.value, ",")
    if len(found) > MOST_VALUES:
        raise InvalidSearchError(
            f"{asked.label}: more than {MOST_VALUES} values. Ask for fewer at a time."
        )
    if not all(found):
        raise InvalidSearchError(f"{asked.label}: a value is missing. Write {asked.label}=value.")
    return found


def refuse_modifier(asked: Asked, *possible: str) -> None:
    """Raise UnsupportedError unless the modifier is one of ``possible`` or there is none."""
    if asked.modifier and asked.modifier not in possible:
        known = ", ".join(f":{one}" for one in (*possible, "missing") if one[0] != "=")
        raise UnsupportedError(
            f"{asked.name}:{asked.modifier[:60]} is not supported. "
            f"{asked.name} can be asked as it is, or with {known}."
        )
