"""Somebody signed in, for the tests of screens."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from handrail.access import session as access_session
from handrail.access.database import acting
from handrail.access.models import Membership
from handrail.access.principal import system


@pytest.fixture
def sign_in(org):
    """Return a client signed in as a member: ``sign_in("coordinator", practitioner="ana")``."""

    def make(*roles, practitioner="ana", teams=(), **options):
        account = get_user_model().objects.create_user(practitioner)
        with acting(system(org.id, "tests", "Tests")):
            Membership.objects.create(
                org=org.id,
                practitioner=practitioner,
                account=account,
                name=practitioner.title(),
                roles=list(roles),
                teams=list(teams),
            )
        client = Client(**options)
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        kept = client.session
        kept[access_session.ORG] = org.id
        kept.save()
        return client

    return make
