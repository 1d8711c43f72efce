"""Brings the definitions that the rooms ship into every organization: forms, plans.

A definition that the organization made its own, by another ``publisher``, is left alone; an
untouched one follows the version that is shipped. One that was switched off stays off.
"""

from __future__ import annotations

from typing import Final

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.fhir.resource import Resource, reference_to
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Draft
from handrail.room import house

PUBLISHER: Final = "Handrail"


def install_everywhere() -> int:
    """Bring what is shipped to every organization; return how many were new."""
    return sum(install(org) for org in Organization.objects.values_list("id", flat=True))


def install(org: int) -> int:
    """Bring what is shipped to one organization; return how many were new."""
    by = system(org, "definitions", "Handrail")
    with acting(by):
        return sum(_install(by, room, list(shipped)) for room, shipped in _by_room().items())


def _by_room() -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for room, resource in house.definitions():
        found.setdefault(room, []).append(resource)
    return found


def _install(by: Principal, room: str, shipped: list[Resource]) -> int:
    facts = known(by.org)
    pairs = [(each, facts.read(reference_to(each))) for each in shipped]
    wanted = [_as_chosen(each, stored) for each, stored in pairs if _is_newer(each, stored)]
    if wanted:
        drafts = [Draft(resource) for resource in wanted]
        store.commit(drafts, by=by, reason="definitions that come with Handrail", room=room)
    return len(wanted)


def _is_newer(shipped: Resource, stored: Resource | None) -> bool:
    if stored is None:
        return True
    own = stored.get("publisher") != PUBLISHER
    return not own and stored.get("version") != shipped.get("version")


def _as_chosen(shipped: Resource, stored: Resource | None) -> Resource:
    """Return what is shipped, switched off where the organization had it switched off."""
    off = stored is not None and stored.get("status") == "retired"
    return {**shipped, "status": "retired"} if off else shipped
