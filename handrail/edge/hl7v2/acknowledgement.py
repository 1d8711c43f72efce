"""The answer to a message: ``AA`` applied, ``AE`` not understood, ``AR`` not taken.

Source: HL7 v2.5.1, 2.9.2 (original mode), 2.15.1 (ACK), 2.15.8 (MSA), 2.15.5 (ERR). Reasons carry
no patient data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handrail.edge.hl7v2.header import Header

_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})
_CONDITIONS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "207": "Application internal error",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message: the code of HL7 table 0008, and why."""

    code: str
    reason: str = ""
    condition: str = "0"


ACCEPTED = Answer("AA")


def acknowledgement(header: Header, answer: Answer, control_id: str, at: datetime) -> bytes:
    """Return the ACK message. ``control_id`` is its own; the sender's goes into MSA-2."""
    kind = f"ACK^{_escaped(header.event)}^ACK" if header.event else "ACK"
    to = f"{_escaped(header.application)}|{_escaped(header.facility)}"
    version = _escaped(header.version) or "2.5.1"
    when = f"{at:%Y%m%d%H%M%S%z}"
    segments = [
        f"MSH|^~\\&|HANDRAIL||{to}|{when}||{kind}|{control_id[:20]}|P|{version}",
        f"MSA|{answer.code}|{_escaped(header.control_id)}",
    ]
    if answer.code != ACCEPTED.code:
        text = _CONDITIONS.get(answer.condition, "Application internal error")
        segments[1] += f"|{_escaped(answer.reason)[:180]}"
        segments.append(f"ERR|||{answer.condition}^{text}^HL70357|E||||{_escaped(answer.reason)}")
    return ("\r".join(segments) + "\r").encode()


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
