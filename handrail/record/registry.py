"""What the rooms have declared: reactions, projections, sweeps and what each may write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models

from handrail.fhir.change import Decide, Known, When
from handrail.fhir.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A pure function that proposes what follows from a change."""

    when: When
    decide: Decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A typed, droppable table kept in step with the record, in the same transaction.

    ``rows`` is pure: one resource in, the rows it gives out (column values by field name, without
    ``org``, ``source``). The record deletes the rows of the former version, then inserts.
    The model has the fields ``org`` (int) and ``source`` (text, the resource id), ``org`` leading
    every index; a model with a ``patient`` field (text, the id) is guarded by care relationship.
    A table that several types share also has ``source_type``, which the record fills in: ids are
    unique only within a type.

    ``kind`` is counted up when ``rows`` gives out something else for the same resource: the table
    is then made anew when Handrail starts, as it is when it is new or has other fields.
    """

    of: str
    into: type[models.Model]
    rows: Callable[[Resource], Iterable[Mapping[str, Any]]]
    kind: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What time alone makes due.

    ``candidates`` asks the tables which patients to look at (patient ids of the organization whose
    rows the connection sees), ``decide`` is pure and proposes. ``promises`` says what is wrong with
    a patient whom it should have found and did not; empty: nothing is promised.
    """

    name: str
    every: timedelta
    candidates: Callable[[Known], Iterable[str]]
    decide: Callable[[str, Known], Iterable[Resource]]
    promises: str = ""


MayWrite = Callable[[Resource], bool]


@dataclass(slots=True)
class Registry:
    """Everything that was declared, by room."""

    reactions: dict[str, list[tuple[str, Reaction]]] = field(default_factory=dict)
    projections: dict[str, list[Projection]] = field(default_factory=dict)
    sweeps: list[tuple[str, Sweep]] = field(default_factory=list)
    may_write: dict[str, MayWrite] = field(default_factory=dict)

    def open_room(
        self,
        name: str,
        *,
        may_write: MayWrite,
        reactions: Sequence[Reaction] = (),
        projections: Sequence[Projection] = (),
        sweeps: Sequence[Sweep] = (),
    ) -> None:
        """Take in what a room declares. Opening the same room twice changes nothing."""
        if name in self.may_write:
            return
        self.may_write[name] = may_write
        for reaction in reactions:
            self.reactions.setdefault(reaction.when.resource_type, []).append((name, reaction))
        for projection in projections:
            self.projections.setdefault(projection.of, []).append(projection)
        self.sweeps.extend((name, sweep) for sweep in sweeps)


registry = Registry()
