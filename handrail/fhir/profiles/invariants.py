"""The invariants of profiles: FHIRPath, evaluated with fhirpathpy.

An expression that asks for other resources (``resolve``) or for a value set whose codes are not
kept here, or that the engine cannot evaluate, is not checked; :func:`holds` then answers None.

Source: http://hl7.org/fhir/R4/conformance-rules.html#constraints.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from functools import lru_cache
from threading import Lock
from typing import Any

from handrail.fhir.profiles.fitting import coded

_ELSEWHERE = ("resolve()", "conformsTo(")
_one_at_a_time = Lock()


def holds(value: Any, expression: str, base: str) -> bool | None:
    """Tell whether ``expression`` is true of ``value``, an element at the FHIRPath ``base``.

    ``base`` is empty for a whole resource. None: it cannot be told here.
    """
    if any(word in expression for word in _ELSEWHERE):
        return None
    with _one_at_a_time:  # the engine keeps its constants in one place
        try:
            found = _evaluated(deepcopy(value), expression, base)
        except Exception:  # noqa: BLE001 - what the engine cannot do is no fault of the resource
            return None
    return None if not found else all(one is not False for one in found)


def _evaluated(value: Any, expression: str, base: str) -> list[Any]:
    from fhirpathpy import apply_parsed_path
    from fhirpathpy.engine.nodes import ResourceNode
    from fhirpathpy.models import models

    start = ResourceNode.create_node(value, base) if base else value
    found: list[Any] = apply_parsed_path(start, _parsed(expression), {}, models["r4"], _OPTIONS)
    return found


@lru_cache(maxsize=512)
def _parsed(expression: str) -> Any:
    from fhirpathpy.parser import parse

    return parse(expression)


def _member_of(codings: Iterable[Any], value_set: str) -> list[bool]:
    found = [coded(getattr(one, "data", one), value_set) for one in codings]
    if None in found:
        raise LookupError(value_set)
    return [bool(one) for one in found]


_OPTIONS = {
    "userInvocationTable": {"memberOf": {"fn": _member_of, "arity": {1: ["String"]}}},
}
