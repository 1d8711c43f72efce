"""Kim, who coordinates, two offices, and Maria."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.duties.provider_network.tests.offices import maria as of_maria
from handrail.duties.provider_network.tests.offices import offices
from handrail.record import store


@pytest.fixture
def kim(principal_for):
    return principal_for("coordinator", "supervisor", person="Practitioner/kim")


@pytest.fixture
def maria(kim):
    """Maria's record and two offices that nobody has asked."""
    with acting(kim):
        store.commit([*of_maria(), *offices()], by=kim, reason="test")
    return "maria"


@pytest.fixture
def web(maria, sign_in):
    """Kim's browser."""
    return sign_in("coordinator", "supervisor", practitioner="kim")
