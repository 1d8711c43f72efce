"""The plans that come with Handrail: ``rules/plans/*.toml``, compiled once."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from handrail.duties.plan_library.resources import definition_in
from handrail.fhir.resource import Resource


def definitions() -> list[Resource]:
    """Return every PlanDefinition that comes with Handrail, by id."""
    return [deepcopy(each) for each in _compiled()]


def shipped(identity: str) -> Resource | None:
    """Return the PlanDefinition of that id as it comes with Handrail; None: it does not."""
    found = next((each for each in _compiled() if each["id"] == identity), None)
    return deepcopy(found) if found else None


@lru_cache(maxsize=1)
def _compiled() -> tuple[Resource, ...]:
    files = sorted((Path(settings.HANDRAIL_RULES) / "plans").glob("*.toml"))
    return tuple(definition_in(file.read_text("utf-8"), file.name) for file in files)
