"""``_elements``: resources cut down to what is asked for and what must be there.

Source: http://hl7.org/fhir/R4/search.html#elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from handrail.fhir.r4 import structure

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_written = msgspec.json.Encoder()
_SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
_ALWAYS: Final = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})


@lru_cache(maxsize=256)
def mandatory(kind: str) -> frozenset[str]:
    """Return the elements at the root that every resource of a type has."""
    listed = msgspec.structs.fields(structure(kind))
    return frozenset(one.encode_name for one in listed if one.required)


class Elements:
    """The elements that are asked for: of all types (``code``) and of some (``Patient.name``)."""

    def __init__(self, asked: Sequence[str]) -> None:
        """Keep what is asked for."""
        self._asked = asked

    def kept(self, kind: str) -> frozenset[str]:
        """Return the members of a type that stay, their primitive extensions among them."""
        own = {one.removeprefix(f"{kind}.") for one in self._asked}
        wanted = {one for one in own if "." not in one} | mandatory(kind) | _ALWAYS
        return frozenset({*wanted, *(f"_{one}" for one in wanted)})

    def of(self, kind: str, lines: Iterable[bytes]) -> bytes:
        """Return the lines of a type, cut down and marked as such."""
        kept = self.kept(kind)
        return b"".join(self._cut(line, kept) for line in lines)

    def _cut(self, line: bytes, kept: frozenset[str]) -> bytes:
        found = {name: raw for name, raw in _members.decode(line).items() if name in kept}
        meta = msgspec.json.decode(found["meta"]) if "meta" in found else {}
        meta["tag"] = [*meta.get("tag", []), _SUBSETTED]
        found["meta"] = msgspec.Raw(_written.encode(meta))
        return _written.encode(found) + b"\n"
