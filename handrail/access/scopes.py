"""SMART v2 scopes of API keys: ``system/Task.rs``, ``system/*.cruds``, ``patient/Observation.r``.

Source: http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html (SMART App Launch 2).
The older ``.read``, ``.write`` and ``.*`` are understood. Scopes with search parameters
(``?category=…``) are refused rather than half enforced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from handrail.fhir.errors import BusinessRuleError

_SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?|read|write|\*)")
_OLDER = {"read": "rs", "write": "cud", "*": "cruds"}
_LETTER = {"create": "c", "read": "r", "update": "u", "delete": "d", "search": "s"}


def understand(scopes: Iterable[str]) -> frozenset[str]:
    """Return ``scopes`` in the SMART v2 spelling.

    Raises:
        BusinessRuleError: a scope is not understood, or there is none.
    """
    found = set()
    for scope in scopes:
        match = _SCOPE.fullmatch(scope)
        if match is None or not match[3]:
            message = (
                f"The scope {scope!r} is not understood. Write system/Task.rs: the letters are "
                "c (create), r (read), u (update), d (delete), s (search), in this order."
            )
            raise BusinessRuleError(message)
        found.add(f"{match[1]}/{match[2]}.{_OLDER.get(match[3], match[3])}")
    if not found:
        raise BusinessRuleError("A key without scopes can do nothing. Give at least one scope.")
    return frozenset(found)


@lru_cache(maxsize=1024)
def covers(scopes: frozenset[str], verb: str, resource_type: str) -> bool:
    """Tell whether any of ``scopes`` allows ``verb`` on resources of this type."""
    letter = _LETTER.get(verb)
    if letter is None:
        return False
    for scope in scopes:
        _, _, rest = scope.partition("/")
        kind, _, letters = rest.partition(".")
        if kind in {"*", resource_type} and letter in letters:
            return True
    return False


def every_patient(scopes: Iterable[str]) -> bool:
    """Tell whether ``scopes`` are not bound to single patients."""
    return any(not scope.startswith("patient/") for scope in scopes)
