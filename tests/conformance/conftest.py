"""A server with a key that may do everything, for whole modules."""

from __future__ import annotations

import pytest

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, Role, system
from tests.fhir_client import Client

ADMINISTRATOR = Principal(
    org=1, person="Practitioner/ada", name="Ada", roles=frozenset({Role.ADMINISTRATOR})
)


@pytest.fixture(scope="module")
def secret(module_database) -> str:
    """Return the secret of a key for everything, in a database of the module's own."""
    with acting(system(1, "tests", "Tests")):
        Organization.objects.get_or_create(id=1, defaults={"name": "Harbor", "slug": "harbor"})
    return keys.add(ADMINISTRATOR, "conformance", ["system/*.cruds"]).secret


@pytest.fixture(scope="module")
def client(secret) -> Client:
    return Client(secret)
