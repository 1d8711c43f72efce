"""Taking out of a resource what must not leave: references, names, words nobody has read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.fhir.disclosing.parts import DIRECTORY
from handrail.fhir.resource import Resource

_PATIENT: Final = [
    "resourceType",
    "id",
    "active",
    "name",
    "telecom",
    "gender",
    "birthDate",
    "deceasedBoolean",
    "deceasedDateTime",
    "address",
    "communication",
    "contact",
    "link",
]
_MUST: Final = frozenset({"subject", "patient", "for", "beneficiary", "individual", "owner"})
_WHOLE: Final = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]*)?$")
_INSIDE: Final = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")
_GONE: Final = object()


def key_of(resource: Mapping[str, Any]) -> str:
    """Return ``Type/id``; for one without an id, a name no reference can have."""
    kind = resource.get("resourceType", "")
    return f"{kind}/{resource['id']}" if resource.get("id") else f"{kind}/?{id(resource)}"


def key(literal: str) -> str:
    """Return ``Type/id`` of a literal reference, absolute or of one version; else the text."""
    found = _WHOLE.search(literal.partition("?")[0].partition("|")[0])
    return f"{found[1]}/{found[2]}" if found else literal


def keys_in(value: Any) -> Iterator[str]:
    """Yield every ``Type/id`` that is referred to inside of a value."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            if isinstance(one.get("reference"), str):
                yield key(one["reference"])
            waiting += list(one.values())
        elif isinstance(one, list | tuple):
            waiting += list(one)


def unlabelled(value: Any) -> Any:
    """Return a copy in which a Reference to a fact says nothing but where the fact is.

    Its display and its identifier may say what the fact is; those of the directory stay.
    """
    if isinstance(value, list | tuple):
        return [unlabelled(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    literal = value.get("reference")
    if isinstance(literal, str) and key(literal).partition("/")[0] not in DIRECTORY:
        return {"reference": literal}
    return {name: unlabelled(inner) for name, inner in value.items()}


def bare(patient: Resource) -> Resource:
    """Return a Patient with who they are and how to reach them, and nothing else."""
    kept = {name: value for name, value in patient.items() if name in _PATIENT}
    made = {name: _without_extensions(value) for name, value in kept.items() if name != "link"}
    return {name: value for name, value in made.items() if name != "contact"}


def _without_extensions(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _without_extensions(inner)
            for name, inner in value.items()
            if name not in {"extension", "modifierExtension"} and not name.startswith("_")
        }
    if isinstance(value, list | tuple):
        return [_without_extensions(inner) for inner in value]
    return value


def pruned(
    resource: Resource, *, here: frozenset[str], gone: frozenset[str], strip: frozenset[str]
) -> tuple[Resource, int]:
    """Return the resource without what must not leave, and how many texts were taken out.

    Args:
        resource: what leaves; not changed.
        here: ``Type/id`` of everything that leaves.
        gone: ``Type/id`` of everything that is left out.
        strip: names of elements to take out wherever they stand.
    """
    contained = {f"#{one.get('id', '')}" for one in resource.get("contained", ())}
    work = _Pruning(here, gone, strip, frozenset(contained | {"#"}))
    made = work.value({k: v for k, v in resource.items() if k != "text"}, top=True)
    return (made if isinstance(made, dict) else {}), work.texts


@dataclass
class _Pruning:
    here: frozenset[str]
    gone: frozenset[str]
    strip: frozenset[str]
    contained: frozenset[str]
    texts: int = field(default=0)

    def value(self, value: Any, *, name: str = "", top: bool = False) -> Any:
        if isinstance(value, Mapping):
            return self._element(value, name=name, top=top)
        if isinstance(value, list | tuple):
            inner = [self.value(one, name=name) for one in value]
            kept = [one for one in inner if one is not _GONE]
            return kept or _GONE
        if isinstance(value, str) and name not in {"id", "reference", "resourceType"}:
            return _GONE if self._tells(value) else value
        return value

    def _element(self, element: Mapping[str, Any], *, name: str, top: bool) -> Any:
        if not top and name != "contained" and self._refers_away(element, name):
            return _GONE
        made: dict[str, Any] = {}
        for inner, value in element.items():
            if inner.removeprefix("_") in self.strip and value:
                self.texts += 1
                continue
            if inner == "text" and isinstance(value, Mapping) and "div" in value:
                continue
            kept = self.value(value, name=inner)
            if kept is not _GONE:
                made[inner] = kept
        return made if top or made else _GONE

    def _refers_away(self, element: Mapping[str, Any], name: str) -> bool:
        """Tell whether it is a Reference to something that does not leave."""
        literal = element.get("reference")
        if not isinstance(literal, str):
            return False
        if literal.startswith("#"):
            return literal not in self.contained
        where = key(literal)
        if where in self.here:
            return False
        return where in self.gone or where.partition("/")[0] not in DIRECTORY | _kept_types(name)

    def _tells(self, text: str) -> bool:
        """Tell whether a text names something that is left out."""
        found = (f"{kind}/{identity}" for kind, identity in _INSIDE.findall(text))
        return any(one in self.gone for one in found)


def _kept_types(name: str) -> frozenset[str]:
    """Return the types whose references stay although they are not in the packet."""
    if name == "focus" or name in _MUST:
        return frozenset({"ServiceRequest", "RelatedPerson", "Group"})
    if name == "basedOn":
        return frozenset({"ServiceRequest"})
    return frozenset()
