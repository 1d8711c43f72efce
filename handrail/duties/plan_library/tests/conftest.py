"""The library as it comes with Handrail, and somebody signed in."""

from __future__ import annotations

import pytest


@pytest.fixture
def library(org, install):
    """The shipped plans, in the organization."""
    install()
    return org


@pytest.fixture
def sign_in(library, sign_in):
    """Return a client signed in as a member, where the library is."""
    return sign_in
