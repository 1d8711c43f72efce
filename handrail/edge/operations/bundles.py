"""Searchsets spliced from stored texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from handrail.record.stored import Stored

quoted = msgspec.json.Encoder().encode


def found(base: str, stored: Stored, mode: str) -> bytes:
    """Return the entry for one resource; ``mode`` is match or include."""
    return b'{"fullUrl":"%b/%b","resource":%b,"search":{"mode":"%b"}}' % (
        quoted(base)[1:-1],
        stored.reference.encode(),
        stored.body,
        mode.encode(),
    )


def searchset(
    entries: Sequence[bytes], *, total: int | None, links: Iterable[tuple[str, str]] = ()
) -> bytes:
    """Return a searchset; ``links`` are (relation, address)."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = [b'"resourceType":"Bundle","type":"searchset","timestamp":"%b"' % moment.encode()]
    if total is not None:
        parts.append(b'"total":%d' % total)
    listed = [b'{"relation":%b,"url":%b}' % (quoted(name), quoted(url)) for name, url in links]
    if listed:
        parts.append(b'"link":[%b]' % b",".join(listed))
    if entries:
        parts.append(b'"entry":[%b]' % b",".join(entries))
    return b"{%b}" % b",".join(parts)
