"""How deep JSON text nests, measured without recursion."""

from __future__ import annotations

from typing import Final

DEPTH: Final = 64
"""How deep objects and arrays may nest; R4 needs 15 levels without recursive elements."""

ROOM: Final = 56
"""How deep one resource may nest so that it still fits into a bundle and a container."""

_FEW: Final = ROOM // 2
"""So few objects cannot nest too deep: lists do not hold lists in FHIR."""

_TURNS: Final = 3
"""So many recursive elements cannot nest too deep: each adds at most 13 levels to 15."""

_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))

RECURSIVE: Final[dict[str, tuple[bytes, ...]]] = {
    "CodeSystem": (b'"concept":',),
    "Composition": (b'"section":',),
    "Consent": (b'"provision":',),
    "Contract": (b'"group":',),
    "ExampleScenario": (b'"process":', b'"step":', b'"alternative":'),
    "GraphDefinition": (b'"link":', b'"target":'),
    "ImplementationGuide": (b'"page":',),
    "MedicinalProductAuthorization": (b'"application":',),
    "MedicinalProductPackaged": (b'"packageItem":',),
    "OperationDefinition": (b'"part":',),
    "Parameters": (b'"part":',),
    "PlanDefinition": (b'"action":',),
    "Questionnaire": (b'"item":',),
    "QuestionnaireResponse": (b'"item":', b'"answer":'),
    "RequestGroup": (b'"action":',),
    "StructureMap": (b'"rule":',),
    "SubstanceSpecification": (b'"synonym":', b'"translation":'),
    "ValueSet": (b'"contains":',),
}
"""The members through which a type contains itself; in all types also extension and assigner."""


def may_be_deep(tidy: bytes, resource_type: str) -> bool:
    """Return False only if a resource that its type decodes cannot nest deeper than ROOM."""
    if tidy.count(b"{") <= _FEW:
        return False
    turns = tidy.count(b'xtension":') + tidy.count(b'"assigner":')
    turns += sum(tidy.count(name) for name in RECURSIVE.get(resource_type, ()))
    return turns > _TURNS and is_deep(tidy, ROOM)


def is_deep(tidy: bytes, depth: int = DEPTH) -> bool:
    """Return whether objects and arrays in ``tidy`` nest deeper than ``depth``.

    ``tidy`` must be well-formed JSON without insignificant white space.
    """
    plain = tidy.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in tidy else tidy
    brackets = b"".join(plain.split(b'"')[::2]).translate(None, _NOT_BRACKETS)
    for _ in range(depth):
        if not brackets:
            return False
        before = len(brackets)
        brackets = brackets.replace(b"{}", b".").replace(b"[]", b".").replace(b".", b"")
        if len(brackets) == before:
            return True
    return bool(brackets)
