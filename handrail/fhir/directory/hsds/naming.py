"""The ids of resources that come from a directory: the same entry always gets the same id."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

_SPACE: Final = uuid5(NAMESPACE_URL, "urn:handrail:hsds")
_UUID: Final = re.compile(r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
TYPES: Final = {
    "organizations": "Organization",
    "services": "HealthcareService",
    "locations": "Location",
}
"""The tables whose rows are resources."""


def _nothing(_term: str) -> list[str]:
    return []


def _always(_table: str, _identity: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Names:
    """How entries of one directory are named.

    ``there`` tells whether a row exists; ``above`` gives the names of the terms above a term.
    """

    directory: str
    there: Callable[[str, str], bool] = _always
    above: Callable[[str], list[str]] = _nothing

    def id_of(self, table: str, identity: str) -> str:
        """Return the id of the resource that a row is."""
        return str(uuid5(_SPACE, f"{self.directory}|{table}|{identity}"))

    def reference(self, table: str, identity: str) -> str:
        """Return the reference to the resource that a row is; empty: there is no such row."""
        if not identity or not self.there(table, identity):
            return ""
        return f"{TYPES[table]}/{self.id_of(table, identity)}"


def is_uuid(identity: str) -> bool:
    """Tell whether an id is a UUID, as the specification asks for."""
    return bool(_UUID.match(identity))


def as_uuid(directory: str, table: str, identity: str) -> str:
    """Return an id as a UUID: itself, or the one that stands for it."""
    return identity if is_uuid(identity) else Names(directory).id_of(table, identity)
