"""What comes with Handrail is brought to every organization, and what they made of it is kept."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.record import store
from handrail.room import house
from handrail.site import definitions

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    return system(org.id, "tests", "Tests")


def shipped():
    return {
        f"{resource['resourceType']}/{resource['id']}": resource
        for _room, resource in house.definitions()
    }


def test_every_definition_is_brought_once(by):
    assert definitions.install(by.org) == len(shipped()) > 0
    assert definitions.install(by.org) == 0
    with acting(by):
        found = store.several(list(shipped()), by=by)
    assert {reference: one.version for reference, one in found.items()} == dict.fromkeys(
        shipped(), 1
    )


def test_a_newer_one_replaces_an_untouched_one(by, monkeypatch):
    definitions.install(by.org)
    room, first = next(iter(house.definitions()))
    newer = {**first, "version": "2099.1"}
    monkeypatch.setattr(type(house), "definitions", lambda _self: [(room, newer)])
    assert definitions.install(by.org) == 1
    assert definitions.install(by.org) == 0


def test_one_that_the_organization_made_its_own_is_left_alone(by, monkeypatch):
    definitions.install(by.org)
    room, first = next(iter(house.definitions()))
    own = {**first, "publisher": "Harborlight", "title": "Ours"}
    with acting(by):
        store.commit([own], by=by, reason="test", room=room)
    monkeypatch.setattr(
        type(house), "definitions", lambda _self: [(room, {**first, "version": "2099.1"})]
    )
    assert definitions.install(by.org) == 0
    with acting(by):
        assert store.read(f"{own['resourceType']}/{own['id']}", by=by).resource["title"] == "Ours"
