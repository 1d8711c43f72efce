"""News that a letter of ours did not arrive (RFC 3464): said in the Communication that tells of it.

The report is matched by the Message-ID of the letter, which it brings along. What the report says
in free words is not taken over: it may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage, Message
from typing import Final

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.mail.receiving import UnreadableMailError, read
from handrail.fhir.dispatch import MESSAGE_ID, NOT_SENT
from handrail.fhir.resource import concept
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.store import Draft

_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_ID: Final = re.compile(r"<[^<>\s|,$]{3,200}>")


def returned(by: Principal, raw: bytes) -> list[Draft]:
    """Return the Communication of the letter that came back, saying so; none if this is no report.

    Args:
        by: the part of Handrail that takes mail in.
        raw: the message that came.
    """
    try:
        message = read(raw)
    except UnreadableMailError:
        return []
    status = _failed(message)
    if not status:
        return []
    for identity in dict.fromkeys(_originals(message)):
        query = parse("Communication", [("identifier", f"{MESSAGE_ID}|{identity}")], strict=True)
        with acting(by):
            found = store.search(query, by=by).entries
        if found:
            said = {**found[0].resource, "status": "not-done"}
            words = f"The letter came back ({status})."
            said["statusReason"] = concept(NOT_SENT, "returned", text=words)
            return [Draft(said, if_match=found[0].version)]
    return []


def _failed(message: EmailMessage) -> str:
    """Return the status of a failed delivery ("5.1.1"); empty: nothing failed for good."""
    if message.get_content_type() != "multipart/report":
        return ""
    for block in _blocks(message):
        if str(block.get("Action", "")).strip().lower() == "failed":
            found = _STATUS.search(str(block.get("Status", "")))
            return found.group() if found else "5.0.0"
    return ""


def _blocks(message: EmailMessage) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (block for block in part.get_payload() if isinstance(block, Message))


def _originals(message: EmailMessage) -> Iterator[str]:
    """Yield the Message-IDs that a report may be about, the likeliest first."""
    for part in message.walk():
        if part is message:
            continue
        yield from _ID.findall(str(part.get("Message-ID", "")))
        if part.get_content_type() == "text/rfc822-headers":
            yield from _ID.findall(str(part.get_payload()))
    for name in ("In-Reply-To", "References"):
        yield from _ID.findall(str(message.get(name, "")))
