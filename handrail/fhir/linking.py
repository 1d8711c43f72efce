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
_URN_REFERENCE = re.compile(rb'("reference"\s*:\s*")(urn:[^"\\]+)(")')
_URN = re.compile(rb"urn:(?:uuid|oid):[^\"\\<>\s#'|]+")
_URL = re.compile(rb"https?://[^\"\\<>\s#'|]+")
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
        known = self.known
        if not known or (self.only_urns and b"urn:" not in raw):
            return raw
        pattern = _URN_REFERENCE if self.only_urns else _REFERENCE
        raw = pattern.sub(lambda m: m[1] + known.get(m[2], m[2]) + m[3], raw)
        if not self._is_left(raw):
            return raw
        resource = _decoder.decode(raw)
        said = {link.decode(): literal.decode() for link, literal in known.items()}
        _structure(str(resource.get("resourceType", "")), resource, said)
        return _encoder.encode(resource)

    def _is_left(self, raw: bytes) -> bool:
        """Tell whether there may be a link elsewhere than in a reference."""
        known = self.known
        if any(found[0] in known for found in _URN.finditer(raw)):
            return True
        if self.only_urns:
            return False
        return any(found[0] in known for found in _URL.finditer(raw)) or any(
            found[1] in known for found in _HREF.finditer(raw)
        )


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
