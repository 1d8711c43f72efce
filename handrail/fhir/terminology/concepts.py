"""One concept of a code system, and what may be wrong with asking for some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from handrail.fhir.errors import HandrailError


class UnknownTermsError(HandrailError):
    """A value set, code system or code that is not kept here."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "not-found"


class TooCostlyError(HandrailError):
    """The answer would have more codes than Handrail puts into one; ask for fewer."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "too-costly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A code with its meaning. ``properties`` are the (code, value) of ``CodeSystem.property``."""

    system: str
    code: str
    display: str = ""
    version: str = ""
    definition: str = ""
    abstract: bool = False
    inactive: bool = False
    designations: tuple[dict[str, Any], ...] = ()
    properties: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def key(self) -> tuple[str, str]:
        """Return (system, code)."""
        return self.system, self.code
