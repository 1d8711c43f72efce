"""``ValueSet/$expand``: the codes of a value set that this organization keeps, or that is sent.

``filter`` keeps the codes with all its words in their code or in one of their displays; ``count``
and ``offset`` ask for a page; ``activeOnly`` leaves out what is no longer used;
``includeDesignations`` adds the other words for each code.

Source: http://hl7.org/fhir/R4/valueset-operation-expand.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from handrail.access.database import acting
from handrail.edge.operations import asking, terminology
from handrail.fhir import text
from handrail.fhir.errors import UnsupportedError
from handrail.fhir.resource import Resource
from handrail.fhir.terminology import Concept, TooCostlyError, expand
from handrail.operation import Answer, Asked, Operation
from handrail.record.terminology import Kept

MOST = 1000
"""Codes in one answer."""
_WORDS = 10
_NOT_DONE = (
    "check-system-version",
    "context",
    "date",
    "designation",
    "exclude-system",
    "force-system-version",
    "system-version",
)
_KEPT = ("url", "version", "name", "title", "status", "experimental", "publisher", "copyright")


def expansion(asked: Asked) -> Answer:
    """Answer with the ValueSet and its expansion."""
    for name in _NOT_DONE:
        if asked.values(name):
            raise UnsupportedError(f"$expand does not know the parameter {name}. Leave it out.")
    count = asking.number(asked, "count", -1)
    offset = asking.number(asked, "offset", 0)
    with acting(asked.by, durable=False):
        kept = Kept(asked.by)
        wanted = terminology.value_set(asked, kept)
        found = list(expand(wanted, kept).values())
    found = _chosen(asked, found)
    if count < 0 and len(found) > MOST:
        raise TooCostlyError(
            f"This value set has {len(found)} codes; {MOST} fit into one answer. Narrow it with"
            " filter, or ask for pages with count and offset."
        )
    page = found[offset : offset + (min(count, MOST) if count >= 0 else MOST)]
    described = asking.truth(asked, "includeDesignations")
    made: dict[str, Any] = {
        "identifier": f"urn:uuid:{uuid4()}",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "total": len(found),
        "offset": offset,
        "parameter": _parameters(asked),
        "contains": [_entry(one, described=described) for one in page],
    }
    made = {name: value for name, value in made.items() if value != []}
    return Answer(body=text.write({**_head(wanted), "expansion": made}))


def _head(value_set: Mapping[str, Any]) -> Resource:
    named = {name: value_set[name] for name in _KEPT if name in value_set}
    own = {"id": value_set["id"]} if "id" in value_set else {}
    return {"resourceType": "ValueSet", **own, "status": "active", **named}


def _chosen(asked: Asked, found: list[Concept]) -> list[Concept]:
    if asking.truth(asked, "activeOnly"):
        found = [one for one in found if not one.inactive]
    words = asked.value("filter").casefold().split()
    if len(words) > _WORDS:
        raise asking.ParameterError(f"filter has {_WORDS} words at most.")
    return [one for one in found if _has(one, words)] if words else found


def _has(concept: Concept, words: list[str]) -> bool:
    said = [concept.code, concept.display, *(str(d.get("value")) for d in concept.designations)]
    whole = " ".join(said).casefold()
    return all(word in whole for word in words)


def _parameters(asked: Asked) -> list[Resource]:
    kinds = {"filter": str, "activeOnly": bool, "includeDesignations": bool, "count": int}
    found = []
    for name, kind in kinds.items():
        given = asked.value(name)
        if given and kind is bool:
            found.append({"name": name, "valueBoolean": given == "true"})
        elif given:
            key, value = ("valueInteger", int(given[:9])) if kind is int else ("valueString", given)
            found.append({"name": name, key: value})
    return found


def _entry(concept: Concept, *, described: bool) -> Resource:
    entry: Resource = {
        "system": concept.system,
        "abstract": concept.abstract,
        "inactive": concept.inactive,
        "version": concept.version,
        "code": concept.code,
        "display": concept.display,
        "designation": list(concept.designations) if described else [],
    }
    return {name: value for name, value in entry.items() if value}


EXPAND = Operation(
    name="expand",
    definition="http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
    does="Returns the codes of a value set that is kept here.",
    answer=expansion,
    types=frozenset({"ValueSet"}),
    on_type=True,
    on_instance=True,
)
