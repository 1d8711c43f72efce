"""An enrolment (EpisodeOfCare), as far as every room reads it: whose person this is."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.fhir.resource import Resource, target_of


def care_manager_of(episodes: Iterable[Resource]) -> tuple[str, str]:
    """Return the care manager of the first active enrolment, (Type/id, name); empty: nobody."""
    for episode in episodes:
        manager = episode.get("careManager") or {}
        if episode.get("status") == "active" and target_of(manager):
            return target_of(manager), str(manager.get("display", ""))
    return "", ""
