"""Mail in: messages that the mail system files as Maildir or ``.eml``; and reports of bounces.

The message is kept whole beside its parts. A report that a letter of ours was not delivered
(RFC 3464) is no letter: it says so in the Communication that tells of the letter.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

from handrail.fhir.arrival import Arrival, Part, arrived, digest
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource

_MOST_PARTS: Final = 50
_MOST_LINES: Final = 2000  # that may begin a part
_LONGEST_HEADER: Final = 4000  # bytes; to read one costs time by the square of it, and more
_READ: Final = re.compile(
    rb"^(?:from|message-id|in-reply-to|references|action|status|content-[a-z-]{1,40}):"
    rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
"""Headers that are read, with what follows on further lines."""
_LONGEST_ID: Final = 100  # characters of a Message-ID that are looked at
_BODY: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class UnreadableMailError(HandrailError):
    """The file is no e-mail message."""

    status = 422
    code = "invalid"


def read(raw: bytes) -> EmailMessage:
    """Return the message.

    Raises:
        UnreadableMailError: there are no headers at all; or it has so many parts, or headers so
            long, that a person has never written it, and reading it would hold up others.
    """
    if raw.count(b"\n--") > _MOST_LINES:
        raise UnreadableMailError("The e-mail message has thousands of parts. It was kept whole.")
    if any(len(found.group()) > _LONGEST_HEADER for found in _READ.finditer(raw)):
        raise UnreadableMailError("A header of the e-mail message has no end. It was kept whole.")
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        known = bool(message.keys())
    except Exception as error:  # the parser of the standard library raises many kinds
        raise UnreadableMailError("This is no e-mail message. It was kept as it came.") from error
    if not known or not isinstance(message, EmailMessage):
        raise UnreadableMailError("This is no e-mail message. It was kept as it came.")
    return message


def understand(raw: bytes, _name: str, at: str) -> Iterable[Resource]:
    """Return the message as resources: text and attachments first, the whole of it last.

    Raises:
        UnreadableMailError: it is no message.
    """
    message = read(raw)
    whole = Part(media="message/rfc822", title="The whole message", data=raw)
    return arrived(
        Arrival(
            channel="mail",
            key=_key(message, raw),
            at=at,
            sender=parseaddr(_header(message, "From"))[1],
            parts=(*_parts(message), whole),
        )
    )


def _key(message: EmailMessage, raw: bytes) -> str:
    """Return what makes it this message and no other.

    What was relayed twice has other headers and is one; what says something else under an id that
    somebody has read is another.
    """
    body = _BODY.split(raw, maxsplit=1)[-1]
    return f"{_header(message, 'Message-ID')[:_LONGEST_ID]} {digest(body)}".strip()


def _header(message: EmailMessage, name: str) -> str:
    """Return a header as text; one that cannot be read counts as missing."""
    try:
        return str(message.get(name, "")).strip()
    except Exception:  # noqa: BLE001 - a broken header raises what the parser happens to meet
        return ""


def _parts(message: EmailMessage) -> Iterator[Part]:
    leaves = (part for part in message.walk() if not part.is_multipart())
    for number, part in enumerate(leaves):
        if number == _MOST_PARTS:
            return
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes) or not data:
            continue
        name = part.get_filename() or ""
        media = part.get_content_type()
        if media == "text/plain" and not name:
            text = _text(data, part.get_content_charset() or "utf-8")
            yield Part(media=media, title="Message", data=text.encode("utf-8", "replace"))
        else:
            otherwise = "Message as a web page" if media == "text/html" else "Attachment"
            yield Part(media=media, title=name or otherwise, data=data)


def _text(data: bytes, charset: str) -> str:
    """Return the text in bytes; a character set that nobody has is read as UTF-8."""
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")
