"""An organization with a coordinator, her patient, somebody else's patient, and apps."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from handrail.access import accounts, applications, session
from handrail.access.accounts import NewMember
from handrail.access.applications import NewApp
from handrail.access.database import acting
from handrail.access.models import App, CareRelationship, Membership
from handrail.access.principal import Principal, Role, system
from handrail.edge.smart import jwks, limits
from handrail.edge.smart.tests.app import BACK, FHIR, HOST, StandIn
from handrail.record import store

MINE, THEIRS = "p1", "p2"


@pytest.fixture(autouse=True)
def _nothing_counted(settings, tmp_path_factory) -> None:
    settings.HANDRAIL_DATA = tmp_path_factory.getbasetemp()
    jwks.forget()
    limits.forget()


@pytest.fixture
def by(org) -> Principal:
    return system(org.id, "tests", "Tests")


@pytest.fixture
def admin(principal_for) -> Principal:
    return principal_for("administrator")


def patient(identity: str, family: str) -> dict:
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": family, "given": ["Ada"]}],
        "birthDate": "1950-02-03",
    }


def observation(identity: str, of: str, category: str) -> dict:
    system_ = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "category": [{"coding": [{"system": system_, "code": category}]}],
        "code": {"text": f"{category} {identity}"},
        "subject": {"reference": f"Patient/{of}"},
    }


def condition(identity: str, of: str) -> dict:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": f"Patient/{of}"},
        "code": {"text": identity},
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": "active",
                }
            ]
        },
    }


@pytest.fixture
def record(by) -> None:
    """Two patients with observations and a condition each; only the first is Rita's."""
    resources = []
    for identity, family in ((MINE, "Quill"), (THEIRS, "Thorne")):
        resources += [
            patient(identity, family),
            observation(f"{identity}-survey", identity, "survey"),
            observation(f"{identity}-vital", identity, "vital-signs"),
            condition(f"{identity}-condition", identity),
        ]
    with acting(by):
        store.commit(resources, by=by, reason="a test")


@pytest.fixture
def rita(by, record) -> Membership:
    """A coordinator with one patient."""
    new = NewMember(username="rita", name="Rita Reyes", roles=frozenset({Role.COORDINATOR}))
    with acting(by):
        made = accounts.add(by, new).membership
        CareRelationship.objects.create(
            org=by.org, source="s", patient=MINE, person=made.person, kind="care-manager"
        )
    return made


@pytest.fixture
def browser(rita) -> Browser:
    """Rita's browser; she has signed in."""
    return signed_in("rita", rita.org)


def signed_in(username: str, org: int) -> Browser:
    found = Browser(SERVER_NAME=HOST)
    backend = "django.contrib.auth.backends.ModelBackend"
    found.force_login(User.objects.get(username=username), backend)
    place = found.session
    place[session.ORG] = org
    place.save()
    return found


@pytest.fixture
def register(admin):
    """Register an app, and return it as its maker has it."""

    def make(kind: str = "public", scopes: str = "launch patient/*.rs", **more) -> StandIn:
        new = {
            "name": "Growth chart",
            "kind": kind,
            "scopes": tuple(scopes.split()),
            "redirect_uris": (BACK,),
            "launch_url": "https://app.example.org/launch",
        }
        made = applications.register(admin, NewApp(**(new | more)))
        return StandIn(made.app, made.secret)

    return make


__all__ = ["FHIR", "App"]
