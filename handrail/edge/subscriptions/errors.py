"""What is wrong with a subscription or a delivery. No message holds patient data."""

from __future__ import annotations

from typing import ClassVar

from handrail.fhir.errors import HandrailError


class SubscriptionRefusedError(HandrailError):
    """The subscription cannot be served as it is; the message says what to change."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not-supported"


class NotDeliveredError(HandrailError):
    """A notification did not arrive. ``final``: trying again would not help."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "transient"
    final: bool = False


class GoneAwayError(NotDeliveredError):
    """The endpoint says that it will never be there again."""

    final = True
