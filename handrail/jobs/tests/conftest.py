from __future__ import annotations

import pytest

from handrail.access.principal import system
from handrail.jobs import kinds, queue


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch):
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    queue.bell.clear()


@pytest.fixture
def by(org):
    return system(org.id, "tests", "Tests")
