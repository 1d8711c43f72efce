"""From a ValueSet to the codes that are in it.

``compose`` is followed: lists of codes, whole code systems, filters over their hierarchy and
properties, other value sets; then what is excluded. A value set that was loaded with its expansion
alone (as VSAC gives it out) is taken at its word.

Source: http://hl7.org/fhir/R4/valueset.html#compositions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any, Final, Protocol, TypeVar

from handrail.fhir.terminology.concepts import Concept, TooCostlyError, UnknownTermsError
from handrail.fhir.terminology.filters import chosen
from handrail.fhir.terminology.systems import CodeSystem

Codes = dict[tuple[str, str], Concept]
Part = Mapping[str, Any]
_Sized = TypeVar("_Sized", bound=Sized)

MOST: Final = 20_000
"""How many codes a value set may have here."""
_EFFORT: Final = 20
"""How many times as many codes may be looked at to find them."""
_DEEPEST: Final = 20
"""How many value sets may be named one in the other."""


class Library(Protocol):
    """Where value sets and code systems are looked up; None: not kept here."""

    def value_set(self, canonical: str) -> Part | None:
        """Return the ValueSet with this url (``url|version``)."""

    def code_system(self, canonical: str) -> CodeSystem | None:
        """Return the CodeSystem with this url (``url|version``)."""


def expand(value_set: Part, library: Library, *, most: int = MOST) -> Codes:
    """Return every code of ``value_set``, in its order.

    Raises:
        UnknownTermsError: it names a value set or code system that ``library`` does not have.
        TooCostlyError: it has more than ``most`` codes.
    """
    return _Expansion(library, most).of(value_set, ())


class _Expansion:
    def __init__(self, library: Library, most: int) -> None:
        self.library = library
        self.most = most
        self.looked_at = 0
        self.done: dict[str, Codes] = {}

    def of(self, value_set: Part, path: tuple[str, ...]) -> Codes:
        url = str(value_set.get("url", ""))
        if (url and url in path) or len(path) > _DEEPEST:
            names = " → ".join((*path, url)[-4:])
            raise UnknownTermsError(
                f"The value set names itself ({names}). Correct its compose, so that it ends."
            )
        stored = _listed(value_set)
        if "compose" not in value_set:
            return self._bounded(stored)
        try:
            return self._composed(value_set["compose"], (*path, url))
        except UnknownTermsError:
            if not stored:
                raise
            return self._bounded(stored)

    def _composed(self, compose: Part, path: tuple[str, ...]) -> Codes:
        found: Codes = {}
        for part in compose.get("include", ()):
            for key, concept in self._part(part, path).items():
                found.setdefault(key, concept)
            self._bounded(found)
        for part in compose.get("exclude", ()):
            for key in self._part(part, path):
                found.pop(key, None)
        if compose.get("inactive") is False:
            found = {key: one for key, one in found.items() if not one.inactive}
        return found

    def _part(self, part: Part, path: tuple[str, ...]) -> Codes:
        found: Codes | None = None
        if "system" in part:
            found = _by_key(self._of_system(part))
        for canonical in part.get("valueSet", ()):
            inner = self._named(canonical, path)
            found = inner if found is None else {k: c for k, c in found.items() if k in inner}
        return found or {}

    def _named(self, canonical: str, path: tuple[str, ...]) -> Codes:
        if canonical not in self.done:
            inner = self.library.value_set(canonical)
            if inner is None:
                raise UnknownTermsError(
                    f"The value set names {canonical}, which is not kept here. Store that ValueSet"
                    " too."
                )
            self.done[canonical] = self.of(inner, path)
        return self._spent(self.done[canonical])

    def _of_system(self, part: Part) -> Iterable[Concept]:
        canonical = part["system"] + (f"|{part['version']}" if "version" in part else "")
        system = self.library.code_system(canonical)
        if "concept" in part:
            return [_one(each, part, system) for each in self._spent(part["concept"])]
        if system is None or system.content in {"not-present", "supplement"}:
            raise UnknownTermsError(
                f"The codes of {canonical} are not kept here. Store the CodeSystem with its"
                " concepts, or the ValueSet with its expansion."
            )
        self._spent(system.concepts)
        if "filter" in part:
            return chosen(system, part["filter"])
        self._refuse_beyond(len(system.concepts))
        return system.concepts.values()

    def _spent(self, looked_at: _Sized) -> _Sized:
        """Count what was looked at; a small text may ask for the same codes again and again."""
        self.looked_at += len(looked_at)
        if self.looked_at > self.most * _EFFORT:
            raise TooCostlyError(
                "This value set goes through too many codes. Name fewer code systems and value"
                " sets in it, or list the codes."
            )
        return looked_at

    def _bounded(self, found: Codes) -> Codes:
        self._refuse_beyond(len(found))
        return found

    def _refuse_beyond(self, count: int) -> None:
        if count > self.most:
            raise TooCostlyError(
                f"This value set has more than {self.most} codes. Give a filter, or ask for a"
                " narrower value set (codes listed one by one, or below one code)."
            )


def _by_key(concepts: Iterable[Concept]) -> Codes:
    return {concept.key: concept for concept in concepts}


def _one(given: Part, part: Part, system: CodeSystem | None) -> Concept:
    known = system.find(given["code"]) if system else None
    return Concept(
        system=part["system"],
        code=given["code"],
        display=given.get("display") or (known.display if known else ""),
        version=part.get("version", "") or (known.version if known else ""),
        abstract=known.abstract if known else False,
        inactive=known.inactive if known else False,
        designations=(*given.get("designation", ()), *(known.designations if known else ())),
    )


def _listed(value_set: Part) -> Codes:
    """Return the codes of an expansion that came with the value set."""
    found: Codes = {}
    waiting = list(reversed(value_set.get("expansion", {}).get("contains", ())))
    while waiting:
        one = waiting.pop()
        waiting += reversed(one.get("contains", ()))
        if "code" in one:
            concept = Concept(
                system=one.get("system", ""),
                code=one["code"],
                display=one.get("display", ""),
                version=one.get("version", ""),
                abstract=one.get("abstract", False),
                inactive=one.get("inactive", False),
                designations=tuple(one.get("designation", ())),
            )
            found.setdefault(concept.key, concept)
    return found
