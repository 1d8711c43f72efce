"""Ids of another server become ours: with the connection's name before them.

Two servers may both have a Patient/1, and neither is ours. The text is changed where ids and
references stand, and nowhere else.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from handrail.fhir import text
from handrail.fhir.bundle import name_of
from handrail.fhir.errors import InvalidResourceError

_LONGEST: Final = 64
_ROOT: Final = re.compile(rb'"id":"([A-Za-z0-9\-.]{1,64})"')
_REFERENCE: Final = re.compile(
    rb'"reference":"(?P<base>https?://[^"\\]*?/)?(?P<kind>[A-Z][A-Za-z]{2,40})/'
    rb'(?P<id>[A-Za-z0-9\-.]{1,64})(?P<rest>/_history/[A-Za-z0-9\-.]{1,64})?"'
)


class Rewriting:
    """Rewrites the lines of one connection."""

    def __init__(self, name: str, base: str) -> None:
        """Keep whose ids they are, and where that server is."""
        self._name = name
        self._base = f"{base.rstrip('/')}/".encode()

    def identity(self, theirs: str) -> str:
        """Return our id for one of theirs."""
        ours = f"{self._name}.{theirs}"
        if len(ours) <= _LONGEST:
            return ours
        digest = sha256(theirs.encode()).hexdigest()
        return f"{self._name}.{digest}"[:_LONGEST]

    def line(self, raw: bytes) -> bytes:
        """Return a resource's text with our ids; one that is no JSON stays, to be reported."""
        try:
            named, compact = name_of(raw), text.compact(raw)
        except (InvalidResourceError, ValueError):
            return raw
        if named.id:
            compact = self._root(compact, named.id)
        return _REFERENCE.sub(self._reference, compact)

    def _root(self, compact: bytes, theirs: str) -> bytes:
        """Replace the id of the resource itself: the one that is not inside of anything."""
        for found in _ROOT.finditer(compact):
            if found[1] == theirs.encode() and _depth(compact, found.start()) == 1:
                ours = self.identity(theirs).encode()
                return compact[: found.start(1)] + ours + compact[found.end(1) :]
        return compact

    def _reference(self, found: re.Match[bytes]) -> bytes:
        if found["base"] and found["base"] != self._base:
            return found[0]
        ours = self.identity(found["id"].decode()).encode()
        return b'"reference":"%b/%b"' % (found["kind"], ours)


_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')


def _depth(compact: bytes, end: int) -> int:
    """Return how many objects and lists are open before a place."""
    plain = _STRING.sub(b"", compact[:end])
    opened = plain.count(b"{") + plain.count(b"[")
    return opened - plain.count(b"}") - plain.count(b"]")
