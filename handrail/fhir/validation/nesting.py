"""How deep JSON text nests, measured without recursion."""

from __future__ import annotations

from typing import Final

DEPTH: Final = 64
"""How deep objects and arrays may nest; R4 itself needs about 20."""

_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))


def is_deep(tidy: bytes) -> bool:
    """Return whether objects and arrays in ``tidy``, which is well-formed JSON without
    insignificant white space, nest deeper than DEPTH.
    """
    if tidy.count(b"{") + tidy.count(b"[") <= DEPTH:
        return False
    plain = tidy.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in tidy else tidy
    brackets = b"".join(plain.split(b'"')[::2]).translate(None, _NOT_BRACKETS)
    for _ in range(DEPTH):
        if not brackets:
            return False
        before = len(brackets)
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(brackets) == before:
            return True
    return bool(brackets)
