"""Ways out of the house: a channel takes a parcel to an address outside and says what became of it.

Adapters offer channels (mail, sms, fax) from their AppConfig; rooms send from a job, never inside
a request, and write down what came of it. A subject or a file name says nothing of a patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from handrail.fhir.errors import HandrailError


class NotSentError(HandrailError):
    """It was not sent this time, and may be tried again."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "transient"


class RefusedAddressError(HandrailError):
    """The address does not take it; trying again would not help."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sent.

    ``org`` is the sender's number; ``reference`` is the resource that tells about it
    ("Communication/..."), by which an answer or a bounce is matched. ``to`` is an e-mail address or
    a number in E.164 form. ``subject`` and ``text`` are plain text; ``pages`` a PDF, empty if none.
    """

    org: int
    reference: str
    to: str
    subject: str = ""
    text: str = field(default="", repr=False)
    pages: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way out.

    ``send`` returns what identifies the sending where it went (a message id), and raises
    :class:`NotSentError` or :class:`RefusedAddressError`. ``ready`` tells whether the operator has
    set it up; ``takes_pages`` whether it can carry a PDF.
    """

    name: str
    send: Callable[[Parcel], str]
    ready: Callable[[], bool]
    takes_pages: bool = False


_channels: dict[str, Channel] = {}


def offer(*channels: Channel) -> None:
    """Offer ways out; the last of a name stands."""
    _channels.update({channel.name: channel for channel in channels})


def channel(name: str) -> Channel | None:
    """Return the channel of that name ("mail", "sms", "fax"); None: nobody offers it."""
    return _channels.get(name)
