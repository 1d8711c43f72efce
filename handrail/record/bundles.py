"""Bundles spliced from stored texts, which are never parsed and written again for an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from handrail.fhir import instants
from handrail.record.stored import Stored

Link = tuple[str, str]  # relation, address
quoted = msgspec.json.Encoder().encode


def bundle(
    kind: str, entries: Sequence[bytes], *, links: Iterable[Link] = (), total: int | None = None
) -> bytes:
    """Return the text of a Bundle of ``kind`` with these entries, which are texts themselves."""
    parts = [b'"resourceType":"Bundle","type":"%b"' % kind.encode()]
    parts.append(b'"timestamp":"%b"' % instants.written(datetime.now(UTC)).encode())
    if total is not None:
        parts.append(b'"total":%d' % total)
    listed = b",".join(
        b'{"relation":"%b","url":%b}' % (relation.encode(), quoted(address))
        for relation, address in links
    )
    if listed:
        parts.append(b'"link":[%b]' % listed)
    if entries:
        parts.append(b'"entry":[%b]' % b",".join(entries))
    return b"{%b}" % b",".join(parts)


def found(base: str, stored: Stored, mode: str) -> bytes:
    """Return the entry of a search for one resource; ``mode`` is match or include."""
    return b'{"fullUrl":%b,"resource":%b,"search":{"mode":"%b"}}' % (
        quoted(f"{base}/{stored.reference}"),
        stored.body,
        mode.encode(),
    )
