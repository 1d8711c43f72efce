"""Questions to a candidate that its columns could not settle: asked of the resource itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.searching.parameters import Parameter
from handrail.fhir.searching.texts import normalize
from handrail.fhir.searching.walk import read, values
from handrail.fhir.searching.wanted import Wanted


@dataclass(frozen=True, slots=True)
class ValuesRecheck:
    """Some value of the parameter is one of those wanted."""

    parameter: Parameter
    any_of: tuple[Wanted, ...]

    def confirms(self, resource: Mapping[str, Any]) -> bool:
        """Return whether ``resource`` has a value that is wanted."""
        return any(
            wanted.fits(kind, value)
            for kind, value in values(resource, self.parameter)
            for wanted in self.any_of
        )


Part = tuple[tuple[str, ...], Wanted]


@dataclass(frozen=True, slots=True)
class PartsRecheck:
    """All parts of a composite are wanted, on the same element."""

    parameter: Parameter
    parts: tuple[Part, ...]

    def confirms(self, resource: Mapping[str, Any]) -> bool:
        """Return whether one element of ``resource`` has all the parts."""
        return any(
            all(self._has(resource, element, part) for part in self.parts)
            for _, element in values(resource, self.parameter)
        )

    def _has(self, resource: Mapping[str, Any], element: Any, part: Part) -> bool:
        sources, wanted = part
        return any(
            wanted.fits(kind, value)
            for source in sources
            for kind, value in read(
                resource if source.startswith("^") else element, source.removeprefix("^")
            )
        )


_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class WholeRecheck:
    """Every one of these normalized texts is somewhere in the resource, or in its narrative."""

    any_of: tuple[tuple[str, ...], ...]
    narrative: bool

    def confirms(self, resource: Mapping[str, Any]) -> bool:
        """Return whether ``resource`` has all the words of an alternative."""
        if self.narrative:
            said = (resource.get("text") or {}).get("div") or ""
            found = f" {normalize(_without_marks(str(said)))}"
        else:
            found = " ".join(f" {normalize(one)}" for one in strings(resource, _DEEPEST))
        return any(all(f" {word}" in found for word in words) for words in self.any_of)


def _without_marks(div: str) -> str:
    """Return the words of a narrative, without its tags."""
    out = []
    for piece in div.split("<"):
        before, mark, after = piece.partition(">")
        out.append(after if mark else before)
    return " ".join(out)


def strings(value: Any, deepest: int) -> Iterator[str]:
    """Yield every text within ``value``; of a narrative its words."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and deepest:
        for name, inner in value.items():
            if name == "div" and isinstance(inner, str):
                yield _without_marks(inner)
            else:
                yield from strings(inner, deepest - 1)
    elif isinstance(value, list) and deepest:
        for inner in value:
            yield from strings(inner, deepest - 1)
