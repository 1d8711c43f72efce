"""Which resource of the record an identifier of the feed means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.access.principal import Principal
from handrail.edge.hl7v2.datatypes import type_of
from handrail.edge.hl7v2.tables import PERSON_TYPES, SSN
from handrail.fhir.resource import id_of
from handrail.record.search.identified import identified


def by_identifier(resource_type: str, keys: Sequence[tuple[str, str]], *, by: Principal) -> str:
    """Return the id of the first resource in the record with one of these identifiers.

    A patient loaded from elsewhere is found by system and value; nothing is matched by value
    alone, since two hospitals may give two people the same number.
    """
    for system, value in keys:
        found = identified(resource_type, system, value, by=by)
        if found:
            return id_of(found[0])
    return ""


def names_one(resource_type: str, identifier: Mapping[str, Any]) -> bool:
    """Tell whether this identifier is one that resources of this type are matched by."""
    if resource_type != "Patient":
        return True
    return identifier["system"] != SSN and type_of(dict(identifier)) in PERSON_TYPES
