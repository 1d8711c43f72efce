"""Keys and resources for the tests of the API."""

from __future__ import annotations

import pytest

from handrail.access import keys
from tests.fhir_client import Client


@pytest.fixture
def client_with(principal_for):
    """Make a client whose key has these scopes."""
    keys.forget()

    def make(*scopes: str, **more) -> Client:
        made = keys.add(principal_for("administrator"), "test", scopes, **more)
        return Client(made.secret)

    return make


@pytest.fixture
def client(client_with):
    return client_with("system/*.cruds")


@pytest.fixture
def stranger():
    return Client()


@pytest.fixture
def patient():
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:example:mrn", "value": "A-1"}],
        "name": [{"family": "Moreno", "given": ["Ada"]}],
        "gender": "female",
        "birthDate": "1950-04-01",
    }
