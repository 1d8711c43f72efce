from __future__ import annotations

import pytest

from handrail.access import keys
from handrail.access.principal import system
from tests.fhir_client import Client
from tests.subscriptions.parties import partner_of
from tests.subscriptions.receiver import Receiver


@pytest.fixture
def by(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def receiver(settings):
    with Receiver() as found:
        settings.HANDRAIL_NOTIFY_HOSTS = [f"127.0.0.1:{found.port}"]
        settings.HANDRAIL_ADDRESS = "https://care.example.org"
        yield found


@pytest.fixture
def partner(by):
    """Another system, with a key of its own."""
    return partner_of(by)


@pytest.fixture
def ehr(by):
    """The system that writes referrals."""
    return Client(keys.add(by, "EHR", ["system/*.cruds"]).secret)
