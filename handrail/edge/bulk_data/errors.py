"""What bulk data refuses; each knows its status and its FHIR issue code."""

from __future__ import annotations

from typing import ClassVar

from handrail.fhir.errors import HandrailError


class AskedWrongError(HandrailError):
    """The kick-off cannot be understood."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


class TooManyRequestsError(HandrailError):
    """Too much is asked at once; trying again later helps."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "throttled"


class RangeError(HandrailError):
    """A part of a file is asked for that is not there."""

    status: ClassVar[int] = 416
    code: ClassVar[str] = "invalid"
