"""What goes into the record and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from handrail.fhir import text
from handrail.fhir.resource import Resource


@dataclass(frozen=True)
class Stored:
    """One version of one resource. ``body`` is its FHIR JSON text, as it is served."""

    resource_type: str
    id: str
    version: int
    body: bytes
    updated_at: datetime
    patient: str = ""
    deleted: bool = False
    transaction: int = 0
    cause: str = ""

    @property
    def reference(self) -> str:
        """Return ``Type/id``."""
        return f"{self.resource_type}/{self.id}"

    @cached_property
    def resource(self) -> Resource:
        """Return the resource, parsed without loss. It may be changed and committed again."""
        return text.parse(self.body)


@dataclass(frozen=True)
class Draft:
    """One wanted change: a resource to store, or ``delete`` ("Type/id") to delete one.

    ``raw`` keeps every value character for character; ``resource`` is written by
    :func:`handrail.fhir.text.write`. ``if_match`` is the version the writer had before their eyes.
    ``cause`` names the sweep that proposes this; empty for what a principal wants.
    """

    resource: Resource | None = None
    raw: bytes | None = None
    if_match: int | None = None
    delete: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Committed:
    """What a commit wrote: the caller's changes in their order, then what followed from them.

    ``unchanged`` are the references of drafts that said what the record already knew.
    """

    transaction: int
    stored: tuple[Stored, ...]
    unchanged: tuple[str, ...] = ()

    @property
    def derived(self) -> tuple[Stored, ...]:
        """Return what reactions proposed."""
        return tuple(version for version in self.stored if version.cause)
