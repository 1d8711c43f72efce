"""The reactions of this room, listed in ``room.py``."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.duties.check_ins.rules.deciding import KINDS
from handrail.fhir import work
from handrail.fhir.change import Change, Known
from handrail.fhir.resource import Resource, is_deceased


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody has died: nobody tries to reach them any more."""
    if change.before and is_deceased(change.after) and not is_deceased(change.before):
        tasks = known.of_patient(str(change.after["id"]), "Task")
        yield from work.ended_for_deceased(tasks, KINDS)
