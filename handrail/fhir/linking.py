"""Links between the entries of a Bundle made literal, wherever R4 says that links may stand.

In ``Reference.reference``, in elements of type uri, url, oid and uuid, and in ``href`` and ``src``
of narratives. Not in canonicals, identifiers' values or other text, and not in references to a
version.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from handrail.fhir.elements import elements

_REFERENCE = re.compile(rb'("reference"\s*:\s*")([^"\\]+)(")')
_URN = re.compile(rb"urn:(?:uuid|oid):[^\"\\<>\s#'|]+")
_LINK = re.compile(rb"((?:urn:(?:uuid|oid):|https?://)[^\"\\<>\s#'|]+)")
_BEFORE = re.compile(rb'.*"reference"\s*:\s*"', re.DOTALL)
_NEAR = 32  # bytes before a value in which its name stands
_HREF = re.compile(rb"""(?:href|src)\s*=\s*\\?["']([^"'\\#]+)""")
_IN_NARRATIVE = re.compile(r"""(\b(?:href|src)\s*=\s*["'])([^"'#]+)""")
_TYPES: Final = frozenset({"uri", "url", "oid", "uuid"})


def _as_written(number: str) -> msgspec.Raw:
    return msgspec.Raw(number.encode())


_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=_as_written)
_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class Links:
    """What links become: by what stands in the Bundle, the literal ``Type/id``."""

    known: dict[bytes, bytes] = field(default_factory=dict)
    only_urns: bool = True

    def add(self, link: str, literal: str) -> None:
        """Let ``link`` become ``literal``."""
        if link != literal:
            self.known[link.encode()] = literal.encode()
            self.only_urns = self.only_urns and link.startswith("urn:")

    def made_literal(self, raw: bytes) -> bytes:
        """Return a resource's text with literal links.

        References, by far the most, are replaced in the text; only what has other links, too, is
        taken apart.
        """
        if not self.known or (self.only_urns and b"urn:" not in raw):
            return raw
        raw, more = self._urns(raw) if self.only_urns else self._addresses(raw)
        if not more:
            return raw
        resource = _decoder.decode(raw)
        said = {link.decode(): literal.decode() for link, literal in self.known.items()}
        _structure(str(resource.get("resourceType", "")), resource, said)
        return _encoder.encode(resource)

    def _urns(self, raw: bytes) -> tuple[bytes, bool]:
        """Return the text with references replaced, and whether there are links elsewhere."""
        pieces, at, more = [], 0, False
        for found in _URN.finditer(raw):
            literal = self.known.get(found[0])
            if literal is None:
                continue
            begin, end = found.span()
            if raw[end : end + 1] == b'"' and _BEFORE.fullmatch(raw, max(0, begin - _NEAR), begin):
                pieces += [raw[at:begin], literal]
                at = end
            else:
                more = True
        return b"".join((*pieces, raw[at:])) if pieces else raw, more

    def _addresses(self, raw: bytes) -> tuple[bytes, bool]:
        known = self.known
        raw = _REFERENCE.sub(lambda m: m[1] + known.get(m[2], m[2]) + m[3], raw)
        more = any(
            found[1] in known for pattern in (_LINK, _HREF) for found in pattern.finditer(raw)
        )
        return raw, more


def _structure(kind: str, value: dict[str, Any], known: Mapping[str, str]) -> None:
    for name, element in elements(kind).items():
        found = value.get(name)
        if found is None:
            continue
        if element.type in _TYPES:
            value[name] = _exact(found, known)
        elif element.type == "xhtml" and isinstance(found, str):
            value[name] = _IN_NARRATIVE.sub(lambda m: m[1] + known.get(m[2], m[2]), found)
        elif not element.primitive:
            for one in found if isinstance(found, list) else [found]:
                if isinstance(one, dict):
                    inner = str(one.get("resourceType", "")) if element.type == "Resource" else ""
                    _structure(inner or element.type, one, known)


def _exact(found: Any, known: Mapping[str, str]) -> Any:
    if isinstance(found, list):
        return [_exact(one, known) for one in found]
    return known.get(found, found) if isinstance(found, str) else found
