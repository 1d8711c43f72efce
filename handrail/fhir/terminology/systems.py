"""A CodeSystem resource as a tree: its concepts, what is above and what is below each.

Concepts may be nested, or name each other in the properties ``parent``, ``child`` and
``subsumedBy``. A concept may have several parents.

Source: http://hl7.org/fhir/R4/codesystem.html#hierarchy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from handrail.fhir.terminology.concepts import Concept

_UP: Final = frozenset({"parent", "subsumedBy"})
_RETIRED: Final = frozenset({"retired", "deprecated", "withdrawn"})


class CodeSystem:
    """A code system, taken apart once."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        """Take apart ``resource``, a valid CodeSystem."""
        self.url: str = resource.get("url", "")
        self.version: str = resource.get("version", "")
        self.name: str = resource.get("title") or resource.get("name") or self.url
        self.content: str = resource.get("content", "")
        self.case_sensitive: bool = resource.get("caseSensitive", True)
        self.concepts: dict[str, Concept] = {}
        self.parents: dict[str, set[str]] = defaultdict(set)
        self.children: dict[str, set[str]] = defaultdict(set)
        self._take(resource)

    def _take(self, resource: Mapping[str, Any]) -> None:
        waiting = [(one, "") for one in reversed(resource.get("concept", ()))]
        while waiting:  # no recursion: a tree from outside may be deep
            one, above = waiting.pop()
            concept = self._concept(one)
            self.concepts[concept.code] = concept
            if above:
                self._link(above, concept.code)
            for name, value in concept.properties:
                if name in _UP:
                    self._link(str(value), concept.code)
                elif name == "child":
                    self._link(concept.code, str(value))
            waiting += [(inner, concept.code) for inner in reversed(one.get("concept", ()))]

    def _link(self, above: str, below: str) -> None:
        self.parents[below].add(above)
        self.children[above].add(below)

    def _concept(self, one: Mapping[str, Any]) -> Concept:
        properties = tuple(
            (each.get("code", ""), value)
            for each in one.get("property", ())
            for name, value in each.items()
            if name.startswith("value")
        )
        given = dict(properties)
        return Concept(
            system=self.url,
            code=one["code"],
            display=one.get("display", ""),
            version=self.version,
            definition=one.get("definition", ""),
            abstract=given.get("notSelectable") is True,
            inactive=given.get("inactive") is True or given.get("status") in _RETIRED,
            designations=tuple(one.get("designation", ())),
            properties=properties,
        )

    def find(self, code: str) -> Concept | None:
        """Return the concept, heeding whether the system tells upper from lower case."""
        found = self.concepts.get(code)
        if found is None and not self.case_sensitive:
            wanted = code.casefold()
            found = next((c for k, c in self.concepts.items() if k.casefold() == wanted), None)
        return found

    def below(self, code: str) -> set[str]:
        """Return the codes under ``code``, without itself."""
        return _reached(self.children, code)

    def above(self, code: str) -> set[str]:
        """Return the codes over ``code``, without itself."""
        return _reached(self.parents, code)

    def subsumes(self, code_a: str, code_b: str) -> str:
        """Return how two codes stand to each other: equivalent, subsumes, subsumed-by, …."""
        if code_a == code_b:
            return "equivalent"
        if code_b in self.below(code_a):
            return "subsumes"
        return "subsumed-by" if code_a in self.below(code_b) else "not-subsumed"

    def choose(self, codes: Iterable[str]) -> list[Concept]:
        """Return the concepts with these codes, in the order of the system."""
        wanted = set(codes)
        return [concept for code, concept in self.concepts.items() if code in wanted]


def _reached(steps: Mapping[str, set[str]], code: str) -> set[str]:
    found: set[str] = set()
    waiting = [code]
    while waiting:
        fresh = steps.get(waiting.pop(), set()) - found - {code}
        found |= fresh
        waiting += fresh
    return found
