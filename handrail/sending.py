"""Ways out of the house: a channel takes a parcel to an address outside and says what became of it.

Adapters offer channels (mail, sms, fax) from their AppConfig; rooms send from a job, never inside
a request, and write down what came of it. A subject or a file name says nothing of a patient.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from handrail.fhir.errors import HandrailError

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]")
_LONGEST_NAME: Final = 120  # characters
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_NORTH_AMERICA: Final = 10  # digits of a number there, without its country code


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


def dialled(number: str) -> str:
    """Return a phone or fax number in E.164 form, "+15095550177"; empty if it is none.

    A number without a country code is taken for one of North America.
    """
    digits = _NO_DIGIT.sub("", number.split("x", maxsplit=1)[0])
    if number.strip().startswith("+") or len(digits) == _NORTH_AMERICA + 1:
        whole = f"+{digits}"
    else:
        whole = f"+1{digits}" if len(digits) == _NORTH_AMERICA else ""
    return whole if _NUMBER.fullmatch(whole) else ""


def drop(folder: Path, parcel: Parcel, files: Mapping[str, bytes]) -> str:
    """Put a parcel into a folder, for whatever sends it from there; return the name of its files.

    The files are named by what is sent, so that a parcel sent twice lies there once; each appears
    whole, in the order given: whoever waits for the last has them all.

    Args:
        folder: the folder; it is made, and opens to nobody else.
        parcel: what is sent.
        files: what each file holds, by its ending ("pdf").

    Raises:
        NotSentError: the folder cannot be written.
    """
    name = "-".join(_UNSAFE.sub("", part) for part in parcel.reference.split("/"))[:_LONGEST_NAME]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for ending, content in files.items():
            unfinished = folder / f".{name}.{secrets.token_hex(4)}"
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(content)
            unfinished.replace(folder / f"{name}.{ending}")
    except OSError as error:
        raise NotSentError(
            f"The folder for what goes out cannot be written ({error.strerror})."
        ) from error
    return name
