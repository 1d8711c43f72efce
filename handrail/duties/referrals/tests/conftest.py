"""Kim, who coordinates, and Maria, who needs food."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.duties.referrals.tests.helping import PEOPLE
from handrail.record import store


@pytest.fixture
def kim(principal_for):
    return principal_for("coordinator", "supervisor", person="Practitioner/kim")


@pytest.fixture
def maria(kim):
    with acting(kim):
        store.commit(PEOPLE, by=kim, reason="test")
    return "maria"
