"""The errors of the house: each says what is wrong and what to do, and knows its HTTP status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a resource: where (FHIRPath), what, and its issue code.

    ``code`` is from http://hl7.org/fhir/R4/valueset-issue-type.html, ``severity`` from
    http://hl7.org/fhir/R4/valueset-issue-severity.html.
    """

    path: str
    text: str
    code: str = "invalid"
    severity: str = "error"


class HandrailError(Exception):
    """Something was refused. The message is for people: what is wrong and what to do."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        """Keep the message and, where there are several, the faults."""
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)


class InvalidResourceError(HandrailError):
    """The resource does not follow FHIR R4; ``faults`` says where and how."""

    status = 422
    code = "invalid"


class UnreadableError(InvalidResourceError):
    """The text is not what it says it is: no JSON, no XML, no resource."""

    status = 400
    code = "structure"


class BusinessRuleError(HandrailError):
    """The resource is well formed, but a rule of the house refuses it."""

    status = 422
    code = "business-rule"


class IllegalMoveError(BusinessRuleError):
    """A status change that the state machine does not know."""


class NotFoundError(HandrailError):
    """There is no such resource, or the asker may not know of it."""

    status = 404
    code = "not-found"


class GoneError(HandrailError):
    """The resource was deleted; its history is kept."""

    status = 410
    code = "deleted"


class VersionConflictError(HandrailError):
    """Somebody else saved first; nothing was overwritten."""

    status = 412
    code = "conflict"


class CollidedError(VersionConflictError):
    """Two made the same resource at the same moment; only the first is there."""

    status = 409


class ForbiddenError(HandrailError):
    """This principal may not see or do this."""

    status = 403
    code = "forbidden"


class SignInRequiredError(HandrailError):
    """Nobody is signed in."""

    status = 401
    code = "login"


class UnsupportedError(HandrailError):
    """The request asks for something that Handrail does not do."""

    status = 400
    code = "not-supported"


class TooLargeError(HandrailError):
    """The request is larger or deeper than Handrail takes in one piece."""

    status = 413
    code = "too-long"


class TooManyRequestsError(HandrailError):
    """More than is taken in a while; the same can be sent again later."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "throttled"
