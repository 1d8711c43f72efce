"""What goes wrong between apps and us."""

from __future__ import annotations

from typing import ClassVar

from handrail.fhir.errors import HandrailError


class AppRequestError(HandrailError):
    """An app asked in a way that cannot be answered, and cannot be sent back to it."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


class KeysUnavailableError(HandrailError):
    """The public keys of an app could not be fetched."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "transient"
