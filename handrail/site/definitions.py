"""Brings the definitions that the rooms ship into every organization: forms, plans.

A definition that the organization made its own, by another ``publisher``, is left alone; an
untouched one follows the version that is shipped. One that was switched off stays off. What is
there as it is shipped is known by the hash of its content, so that a start reads none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.fhir import text
from handrail.fhir.resource import Resource, reference_to
from handrail.record import store
from handrail.record.known import known
from handrail.record.prepare import Submitted, submit, take_apart
from handrail.record.stored import Draft
from handrail.room import house

PUBLISHER: Final = "Handrail"


@dataclass
class _Shipped:
    """What a room ships; it is checked once, when the first organization does not have it."""

    room: str
    resource: Resource

    @property
    def reference(self) -> str:
        return reference_to(self.resource)

    @cached_property
    def content(self) -> bytes:
        return take_apart(text.write(self.resource)).content

    @cached_property
    def checked(self) -> Submitted:
        return submit(Draft(self.resource))


def install_everywhere() -> int:
    """Bring what is shipped to every organization; return how many were new."""
    shipped = _shipped()
    orgs = Organization.objects.values_list("id", flat=True)
    return sum(_install(org, shipped) for org in orgs)


def install(org: int) -> int:
    """Bring what is shipped to one organization; return how many were new."""
    return _install(org, _shipped())


def _shipped() -> list[_Shipped]:
    return [_Shipped(room, resource) for room, resource in house.definitions()]


def _install(org: int, shipped: Sequence[_Shipped]) -> int:
    by = system(org, "definitions", "Handrail")
    with acting(by):
        facts = known(org)
        stored = facts.contents([each.reference for each in shipped])
        wanted: dict[str, list[Draft | Submitted]] = {}
        for each in shipped:
            if stored.get(each.reference) == each.content:
                continue
            there = facts.read(each.reference) if each.reference in stored else None
            if _is_newer(each.resource, there):
                wanted.setdefault(each.room, []).append(_as_chosen(each, there))
        for room, drafts in wanted.items():
            _commit(by, room, drafts)
    return sum(map(len, wanted.values()))


def _commit(by: Principal, room: str, drafts: list[Draft | Submitted]) -> None:
    store.commit(drafts, by=by, reason="definitions that come with Handrail", room=room)


def _is_newer(shipped: Resource, stored: Resource | None) -> bool:
    if stored is None:
        return True
    own = stored.get("publisher") != PUBLISHER
    return not own and stored.get("version") != shipped.get("version")


def _as_chosen(shipped: _Shipped, stored: Resource | None) -> Draft | Submitted:
    """Return what is shipped, switched off where the organization had it switched off."""
    off = stored is not None and stored.get("status") == "retired"
    return Draft({**shipped.resource, "status": "retired"}) if off else shipped.checked
