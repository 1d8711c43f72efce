"""Who gets whom: work is balanced by the minutes it is expected to take, not by heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """How much somebody carries: expected minutes a month, and how many patients."""

    reference: str
    name: str
    minutes: int = 0
    patients: int = 0


def least(loads: Iterable[Load]) -> Load | None:
    """Return who carries the fewest expected minutes; on a tie the first by name."""
    return min(loads, key=lambda load: (load.minutes, load.name, load.reference), default=None)


def spread(
    patients: Sequence[str], minutes: Mapping[str, int], loads: Iterable[Load]
) -> dict[str, str]:
    """Return who gets each patient so that minutes end up as even as they can.

    ``minutes`` a month by patient. The heaviest are placed first; the answer does not depend on the
    order of ``patients`` beyond ties.
    """
    carried = {load.reference: load for load in loads}
    given: dict[str, str] = {}
    for patient in sorted(patients, key=lambda patient: (-minutes.get(patient, 0), patient)):
        lightest = least(carried.values())
        if lightest is None:
            break
        given[patient] = lightest.reference
        carried[lightest.reference] = Load(
            lightest.reference,
            lightest.name,
            lightest.minutes + minutes.get(patient, 0),
            lightest.patients + 1,
        )
    return given
