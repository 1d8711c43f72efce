"""What can go wrong with a message, with its code in HL7 table 0357."""

from __future__ import annotations

from handrail.fhir.errors import BusinessRuleError, HandrailError


class UnreadableError(BusinessRuleError):
    """The message is meant for us but cannot be understood: answered ``AE``, and it is work.

    ``condition`` is a code of HL7 table 0357 (message error condition codes).
    """

    def __init__(self, message: str, condition: str = "207") -> None:
        """Keep the reason, which carries no patient data, and its code."""
        super().__init__(message)
        self.condition = condition


class RejectedError(UnreadableError):
    """The message is of a kind that Handrail does not take: answered ``AR``."""


class StorageDownError(HandrailError):
    """The database does not answer: nothing is acknowledged, the sender sends again."""

    status = 503
    code = "transient"
