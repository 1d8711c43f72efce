"""The library as it comes with Handrail, and somebody signed in."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from handrail.access import session as access_session
from handrail.access.database import acting
from handrail.access.models import Membership
from handrail.access.principal import system


@pytest.fixture
def library(org, install):
    """The shipped plans, in the organization."""
    install()
    return org


@pytest.fixture
def sign_in(library):
    """Return a client signed in as a member with these roles: ``sign_in("supervisor")``."""

    def make(*roles, practitioner="ana"):
        account = get_user_model().objects.create_user(practitioner)
        with acting(system(library.id, "tests", "Tests")):
            Membership.objects.create(
                org=library.id,
                practitioner=practitioner,
                account=account,
                name=practitioner.title(),
                roles=list(roles),
                teams=[],
            )
        client = Client()
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        kept = client.session
        kept[access_session.ORG] = library.id
        kept.save()
        return client

    return make
