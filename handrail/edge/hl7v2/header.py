"""The header of a message that may be broken: enough to file it and to answer it. Never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 200
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\ufffd]")


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says; empty where it says nothing."""

    application: str = ""
    facility: str = ""
    kind: str = ""
    event: str = ""
    control_id: str = ""
    version: str = ""


def header_of(raw: bytes) -> Header:
    """Return the header of ``raw``."""
    start = raw.find(b"MSH")
    if start < 0:
        return Header()
    line = re.split(rb"[\r\n]", raw[start : start + 4096], maxsplit=1)[0].decode("utf-8", "replace")
    separator = line[3:4]
    if not separator or separator.isalnum():
        return Header()
    fields = line.split(separator)
    component = "^"

    def part(number: int, position: int = 0) -> str:
        parts = fields[number - 1].split(component) if number <= len(fields) else []
        text = parts[position] if position < len(parts) else ""
        return _UNPRINTABLE.sub("", text).strip()[:_LONGEST]

    return Header(part(3), part(4), part(9), part(9, 1), part(10), part(12))


def split(payload: bytes) -> list[bytes]:
    """Return the messages of one frame: usually one; several where a batch came in one frame."""
    starts = [
        found.start() for found in re.finditer(rb"(?:^|(?<=[\r\n]))MSH(?=[^A-Za-z0-9\s])", payload)
    ]
    if len(starts) <= 1:
        return [payload]
    ends = [*starts[1:], len(payload)]
    return [payload[start:end] for start, end in zip(starts, ends, strict=True)]
