"""Two Handrails send each other referrals over FHIR: one in this process, one in its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import maintenance, template, use
from handrail.access import accounts, applications
from handrail.access.applications import NewApp
from handrail.access.database import acting
from handrail.access.principal import Principal, Role, system
from handrail.duties.consents.actions.agreeing import agree
from handrail.duties.incoming_referrals.actions import sorting, triaging
from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral
from handrail.duties.referrals.actions.sending import Sending, send_referrals
from handrail.edge.connect import connections, exchanging
from handrail.edge.connect.connections import Terms
from handrail.fhir import work
from handrail.fhir.disclosing.agreement import Agreement
from handrail.fhir.profiles import faults
from handrail.fhir.referring.names import PROCEDURE_PROFILE, REQUEST_PROFILE, TASK_PROFILE
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.searching.query import parse
from handrail.record import store
from tests.serving import served

ORG = 1
SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
PATIENCE = 40  # looks at the other instance
SCOPES = ("system/*.rs", "system/Task.cu")


def somebody(*roles: Role) -> Principal:
    return Principal(org=ORG, person="Practitioner/ana", name="Ana", roles=frozenset(roles))


HOUSE = system(ORG, "test", "A test")
ANA = somebody(Role.SUPERVISOR, Role.COORDINATOR)
ADMIN = Principal(
    org=ORG,
    person="Device/operator",
    name="Operator",
    roles=frozenset({Role.ADMINISTRATOR, Role.SYSTEM}),
)


@dataclass
class Side:
    """One Handrail: the name of its database, its data folder, its address."""

    database: str
    folder: Path
    address: str = ""

    def here(self, settings):
        """Act in this instance for a while, as its own commands would."""
        settings.HANDRAIL_DATA = self.folder
        return use(self.database)


@contextmanager
def instance(name: str, folder: Path, settings) -> Iterator[Side]:
    """A Handrail of its own: a database, a folder and a process."""
    folder.mkdir()
    with maintenance() as admin:
        admin.execute(f'drop database if exists "{name}"')
        admin.execute(f'create database "{name}" template "{template()}"')
    side = Side(name, folder)
    try:
        with side.here(settings):
            an_organization()
        with served(name, folder) as side.address:
            yield side
    finally:
        with maintenance() as admin:
            admin.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture(scope="module")
def sides(django_db_blocker, worker, tmp_path_factory) -> Iterator[tuple[Side, Side]]:
    """Two of them."""
    from django.conf import settings

    before, folder = settings.HANDRAIL_DATA, tmp_path_factory.mktemp("sides")
    with django_db_blocker.unblock():
        prefix = f"{template().removesuffix('_template')}_{worker}"
    with (
        django_db_blocker.unblock(),
        instance(f"{prefix}_one", folder / "one", settings) as one,
        instance(f"{prefix}_two", folder / "two", settings) as two,
    ):
        connect(one, two, settings)
        connect(two, one, settings)
        yield one, two
    settings.HANDRAIL_DATA = before


def an_organization() -> None:
    with acting(HOUSE):
        accounts.add_organization(ORG, "House", "house")


def connect(one: Side, other: Side, settings) -> None:
    """Let ``one`` know ``other``: a connection here, an app with its key there."""
    with one.here(settings):
        made = connections.add(ADMIN, "other", Terms(base=f"{other.address}/fhir"))
    with other.here(settings):
        app = NewApp(name="The other", kind="key", scopes=SCOPES, jwks=made.jwks)
        client = applications.register(ADMIN, app).app.id
    with one.here(settings):
        scope = " ".join(SCOPES)
        connections.add(ADMIN, "other", Terms(client_id=client, scope=scope, referrals=True))


def looked(one: Side, settings, done) -> None:
    """Let ``one`` look at the other until ``done()`` there is true."""
    with one.here(settings):
        for _ in range(PATIENCE):
            if done():
                return
            exchanging.begin(connections.named(ADMIN, "other"))
            time.sleep(0.5)  # its own process does the job
        pytest.fail(connections.named(ADMIN, "other").error or "nothing came")


def of(kind: str, *pairs: tuple[str, str]) -> list[dict]:
    with acting(HOUSE):
        return [one.resource for one in store.search(parse(kind, [*pairs]), by=HOUSE).entries]


def asked(patient: str) -> str:
    """Write down and send a referral for somebody here; return the id of the Task."""
    person = {
        "resourceType": "Patient",
        "id": patient,
        "name": [{"family": "Reyes", "given": [patient]}],
        "birthDate": "1950-05-05",
        "gender": "male",
    }
    other = {"resourceType": "Organization", "id": "there", "name": "The other house"}
    with acting(HOUSE):
        store.commit([person, other], by=HOUSE, reason="test")
    reference = "Organization/there"
    agree(ANA, patient, Agreement(recipient=reference, name="The other house", ends_on=SOON))
    receiver = Receiver(
        reference=reference, name="The other house", channel="fhir", address="other"
    )
    ask = Ask(
        patient=patient,
        what="Home-delivered meals",
        category="food-insecurity",
        receivers=(receiver,),
        mode="direct",
    )
    drafted = draft_referral(ANA, ask)
    (sent,) = send_referrals(ANA, drafted.task_ids, Sending())
    assert not sent.refused
    return drafted.task_ids[0]


@pytest.mark.parametrize(("source", "target"), [(0, 1), (1, 0)], ids=["there", "and back"])
def test_a_referral_goes_to_another_handrail_and_its_outcome_comes_back(
    source, target, sides, settings
):
    source, target = sides[source], sides[target]
    with source.here(settings):
        task = asked(f"rosa{sides.index(source)}")

    looked(target, settings, is_there)
    with target.here(settings):
        answered()

    def is_done() -> bool:
        with acting(HOUSE):
            return stage_of(store.read(f"Task/{task}", by=HOUSE).resource) is Stage.CLOSED

    looked(source, settings, is_done)
    with source.here(settings):
        came_back(task)


def is_there() -> bool:
    return any(is_theirs(one) for one in of("Task", ("code", "fulfill")))


def is_theirs(task: dict) -> bool:
    """Tell whether the other side sent it, and what it refers to has been read."""
    return "Patient/other." in str(task.get("for")) and not work.kind_of(task)


def answered() -> None:
    """Sort what came, say yes, and that it is done."""
    (theirs,) = [one for one in of("Task", ("code", "fulfill")) if is_theirs(one)]
    reference = f"Task/{theirs['id']}"
    seen = sorting.look(ANA, reference)
    assert seen.asked.what == "Home-delivered meals"
    ours = sorting.settle(ANA, reference, seen.patient, seen.asked, if_match=seen.version)
    triaging.say(ANA, ours, "accept")
    triaging.say(ANA, ours, "outcome", "Meals from Monday on")


def came_back(task: str) -> None:
    """The outcome is here, about the right person and request, and waits for a review."""
    with acting(HOUSE):
        mine = store.read(f"Task/{task}", by=HOUSE).resource
    patient = mine["for"]["reference"].removeprefix("Patient/")
    (result,) = of("Procedure", ("patient", patient))
    (request,) = of("ServiceRequest", ("patient", patient))
    assert result["basedOn"] == [{"reference": f"ServiceRequest/{request['id']}"}]
    assert result["note"][0]["text"] == "Meals from Monday on"
    reviews = [one for one in of("Task", ("patient", patient)) if "review" in str(one["code"])]
    assert len(reviews) == 1
    for resource, profile in (
        (mine, TASK_PROFILE),
        (request, REQUEST_PROFILE),
        (result, PROCEDURE_PROFILE),
    ):
        wrong = [one for one in faults(resource, profile) if one.severity == "error"]
        assert wrong == [], profile
