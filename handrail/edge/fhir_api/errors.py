"""What the HTTP side of the API refuses; each knows its status and its FHIR issue code."""

from __future__ import annotations

from typing import ClassVar

from handrail.fhir.errors import HandrailError


class BadRequestError(HandrailError):
    """The request cannot be understood."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


class UnknownAddressError(HandrailError):
    """Nothing answers at this address."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "not-supported"


class MethodNotAllowedError(HandrailError):
    """The address exists, but not for this method."""

    status: ClassVar[int] = 405
    code: ClassVar[str] = "not-supported"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        """Keep the methods that are allowed."""
        super().__init__(f"{method[:20]} does nothing here. Possible: {', '.join(allowed)}.")
        self.allowed = allowed


class NotAcceptableError(HandrailError):
    """The client wants a format that Handrail does not write."""

    status: ClassVar[int] = 406
    code: ClassVar[str] = "not-supported"


class UnsupportedMediaError(HandrailError):
    """The body is in a format that Handrail does not read."""

    status: ClassVar[int] = 415
    code: ClassVar[str] = "not-supported"


class SeveralMatchesError(HandrailError):
    """A condition fits several resources, so it names none."""

    status: ClassVar[int] = 412
    code: ClassVar[str] = "multiple-matches"


class NoMatchError(HandrailError):
    """A conditional reference fits no resource."""

    status: ClassVar[int] = 412
    code: ClassVar[str] = "not-found"


class UnavailableError(HandrailError):
    """The database cannot be reached, or is too busy; trying again helps."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "transient"
