"""References in the complete layer: their form, their targets, and the rules of containment.

Source: http://hl7.org/fhir/R4/references.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.fhir.primitives import (
    ABSOLUTE,
    ABSOLUTE_REST,
    CONDITIONAL,
    LOCAL,
    RELATIVE,
    UUID_OR_OID,
)
from handrail.fhir.r4 import MODULES

_SECRET = ("versionId", "lastUpdated")


def wrong_with_reference(
    literal: object,
    targets: frozenset[str],
    contained: Mapping[str, str],
    *,
    conditional: bool,
) -> str:
    """Return what is wrong with the text of a Reference, or an empty string."""
    if not isinstance(literal, str):
        return "A reference is text, such as Patient/123."
    if literal.startswith("#"):
        return _local(literal, targets, contained)
    query = CONDITIONAL.match(literal)
    if query and not conditional:
        return "A reference by query is only for transactions and loads. Name the id."
    found = query or RELATIVE.match(literal)
    return _fitting(found[1], targets) if found else _absolute(literal, targets)


def _absolute(literal: str, targets: frozenset[str]) -> str:
    if literal.startswith(("urn:uuid:", "urn:oid:")):
        ok = UUID_OR_OID.match(literal)
        return "" if ok else "This is not a UUID or OID. Check its form, such as urn:uuid:..."
    if not ABSOLUTE.match(literal):
        return (
            "This is not a reference. Write Type/id (Patient/123), a whole address, urn:uuid:... "
            "or #id of a contained resource."
        )
    rest = ABSOLUTE_REST.match(literal)
    return _fitting(rest[1], targets) if rest and rest[1] in MODULES else ""


def _local(literal: str, targets: frozenset[str], contained: Mapping[str, str]) -> str:
    if not LOCAL.match(literal) or literal[1:] not in contained:
        return f"No contained resource has the id “{literal[1:65]}” (ref-1). Add it to contained."
    return _fitting(contained[literal[1:]], targets)


def _fitting(kind: str, targets: frozenset[str]) -> str:
    if kind not in MODULES:
        return f"“{kind[:60]}” is not a resource type of R4. Check its spelling."
    if targets and kind not in targets:
        return f"A {kind} cannot stand here; it may be: {', '.join(sorted(targets))}."
    return ""


def broken_containment(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for contained resources that break dom-3, dom-4 or dom-5."""
    contained = resource.get("contained")
    if not isinstance(contained, list):
        return
    texts = set(_texts(resource))
    seen: set[object] = set()
    for place, each in enumerate(contained):
        if isinstance(each, dict):
            for name, text in _broken(each, texts, seen):
                yield f"contained[{place}]{name}", text


def _broken(
    resource: Mapping[str, Any], texts: set[str], seen: set[object]
) -> Iterator[tuple[str, str]]:
    identity = resource.get("id")
    if not isinstance(identity, str):
        yield ".id", "A contained resource needs an id that the container refers to (dom-3)."
    elif identity in seen:
        yield ".id", f"Two contained resources have the id “{identity[:64]}”. Rename one."
    elif f"#{identity}" not in texts and "#" not in set(_texts(resource)):
        yield "", f"Nothing refers to #{identity[:64]} (dom-3). Remove it, or refer to it."
    seen.add(identity if isinstance(identity, str) else None)
    meta = resource.get("meta")
    if isinstance(meta, dict):
        for name in _SECRET:
            if name in meta:
                yield f".meta.{name}", "A contained resource has no versions (dom-4). Remove it."
        if "security" in meta:
            yield ".meta.security", "Security labels belong to the container (dom-5)."


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside ``value``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
