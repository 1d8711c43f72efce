"""Tests run on databases of their own, on HANDRAIL_DATABASE_URL's server or one made for the run.

The run makes one template with the real migrations; every worker gets a copy of it, and every test
runs in a transaction that is rolled back. A test that needs real commits asks for ``own_database``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_django.plugin import DjangoDbBlocker

from handrail.access.database import acting
from handrail.access.principal import Principal, Role, system

if TYPE_CHECKING:
    from handrail.access.models import Organization
    from handrail.site.postgres import Cluster

collect_ignore_glob = ["handrail/fhir/r4/*"]  # FHIR has types called TestReport and TestScript

# Time never decides whether a test passes: machines are shared. Nor does chance, where CI judges a
# change; elsewhere every run looks at other examples.
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")

RUN = "HANDRAIL_TEST_RUN"
real_hashers = tuple(settings.PASSWORD_HASHERS)
PATIENCE = 40  # quarters of a second
URL = "HANDRAIL_DATABASE_URL"


class TestServer:
    """The server the tests use, and the databases they make on it."""

    __test__ = False

    def __init__(self) -> None:
        """Begin with nothing."""
        self.folder: Path | None = None
        self.cluster: Cluster | None = None

    def begin(self) -> None:
        """Start a server unless one is given; parallel workers get their parent's."""
        if URL not in os.environ:
            from handrail.site.postgres import Cluster

            self.folder = Path(tempfile.mkdtemp(prefix="hr-test-"))
            self.folder.chmod(0o755)
            fast = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            self.cluster = Cluster(self.folder, fast)
            self.cluster.start()
            os.environ[URL] = self.cluster.url()
        if RUN not in os.environ:
            os.environ[RUN] = str(os.getpid())
        from handrail.site import environment

        settings.DATABASES["default"].update(environment.database())

    def end(self) -> None:
        """Drop this run's databases and stop the server, if it is ours."""
        if os.environ.get(RUN) != str(os.getpid()):
            return
        with contextlib.suppress(psycopg.OperationalError):
            sweep(os.environ[RUN])
        if self.cluster is not None:
            self.cluster.release()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


server = TestServer()


def pytest_configure() -> None:
    """Have a server before anything connects, and passwords that cost no time."""
    server.begin()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *real_hashers]


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    server.end()


def maintenance() -> psycopg.Connection:
    """Connect beside Django, to make and drop databases."""
    parts = conninfo_to_dict(os.environ[URL])
    return psycopg.connect(make_conninfo("", **parts), autocommit=True)


def sweep(run: str) -> None:
    """Drop the databases of this run, and of runs that died before they could."""
    with maintenance() as admin:
        found = admin.execute(
            "select datname from pg_database where datname like 'handrail\\_test\\_%'"
        )
        for (name,) in found.fetchall():
            number = name.split("_")[2]
            if number == run or not Path(f"/proc/{number}").exists():
                drop(admin, name)


def drop(admin: psycopg.Connection, name: str) -> None:
    """Drop a database; autovacuum may be at work in it, and only a superuser may end that."""
    for patience in range(PATIENCE):
        try:
            admin.execute(f'drop database if exists "{name}" with (force)')
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if patience == PATIENCE - 1:
                raise
            time.sleep(0.25)
        else:
            return


def template() -> str:
    """Return this run's template database, made by whichever worker comes first."""
    name = f"handrail_test_{os.environ[RUN]}_template"
    with maintenance() as admin:
        admin.execute("select pg_advisory_lock(hashtext(%s))", [name])
        if not admin.execute("select from pg_database where datname = %s", [name]).rowcount:
            made = f"{name}_unfinished"
            drop(admin, made)
            admin.execute(f'create database "{made}"')
            fill(made)
            admin.execute(f'alter database "{made}" rename to "{name}"')
    return name


def fill(name: str) -> None:
    """Run the real migrations and force row-level security, as an installation does."""
    from handrail.site.opening import bring_up_to_date

    with use(name):
        bring_up_to_date(lambda _: None)


@contextlib.contextmanager
def use(name: str, **more: str) -> Iterator[str]:
    """Point Django's connections, those of new threads too, at another database."""
    connections.close_all()
    default = settings.DATABASES["default"]
    wanted = {"NAME": name, **more}
    before = {key: default[key] for key in wanted}
    for known in (default, connection.settings_dict):
        known.update(wanted)
    try:
        yield name
    finally:
        connections.close_all()
        for known in (default, connection.settings_dict):
            known.update(before)


@contextlib.contextmanager
def clone(suffix: str) -> Iterator[str]:
    """Use a copy of the template, dropped afterwards."""
    source = template()
    name = f"{source.removesuffix('_template')}_{suffix}"
    with maintenance() as admin:
        admin.execute("select pg_advisory_lock_shared(hashtext(%s))", [source])
        drop(admin, name)
        admin.execute(f'create database "{name}" template "{source}"')
    try:
        with use(name):
            yield name
    finally:
        with maintenance() as admin:
            drop(admin, name)


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this worker of a parallel run."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker, worker: str) -> Iterator[None]:
    """Replaces pytest-django's: a copy of the template for this worker."""
    with django_db_blocker.unblock(), clone(worker):
        yield


@pytest.fixture
def own_database(django_db_blocker: DjangoDbBlocker, worker: str) -> Iterator[str]:
    """A database of the test's own, with real commits; other threads and processes see it too."""
    with django_db_blocker.unblock(), clone(f"{worker}_own") as name:
        yield name


@pytest.fixture(scope="module")
def module_database(django_db_blocker: DjangoDbBlocker, worker: str) -> Iterator[str]:
    """As ``own_database``, shared by the tests of a module in the order they stand."""
    with django_db_blocker.unblock(), clone(f"{worker}_module") as name:
        yield name


@pytest.fixture
def own_server() -> Iterator[Cluster]:
    """A database server of the test's own, durable as in an installation, to be killed at will."""
    from handrail.site.postgres import Cluster

    with tempfile.TemporaryDirectory(prefix="hr-own-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        with Cluster(Path(folder)).running() as cluster:
            yield cluster


@pytest.fixture
def own_server_database(
    own_server: Cluster, django_db_blocker: DjangoDbBlocker
) -> Iterator[Cluster]:
    """As ``own_server``, with the tables in place and Django pointed at it."""
    from handrail.site.opening import bring_up_to_date

    place = {"HOST": str(own_server.socket), "PORT": "5432", "USER": "handrail", "PASSWORD": ""}
    with django_db_blocker.unblock(), use("handrail", **place):
        bring_up_to_date(lambda _: None)
        yield own_server


ORG = 1


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Forget what was kept of the organizations of the test before: they are other ones now."""
    from handrail.access import bearer
    from handrail.record.known import forget

    forget()
    bearer.forget()


@pytest.fixture
def org(request: pytest.FixtureRequest) -> Organization:
    """An organization: number 1, Eastern time, nine to five, with an intake pool."""
    if not {"own_database", "module_database", "own_server_database"} & set(request.fixturenames):
        request.getfixturevalue("db")
    from handrail.access.models import Organization

    with acting(system(ORG, "tests", "Tests")):
        return Organization.objects.get_or_create(
            id=ORG,
            defaults={
                "name": "Harbor Care Partners",
                "slug": "harbor",
                "intake_pool": "CareTeam/intake",
            },
        )[0]


@pytest.fixture
def install(org: Organization) -> Callable[[], int]:
    """Bring what the rooms ship to the organization, as every start and upgrade does."""
    from handrail.site import definitions

    return lambda: definitions.install(org.id)


@pytest.fixture(scope="session")
def translated() -> None:
    """Compile the catalogues that changed, as every start does."""
    from django.utils.translation import trans_real

    from handrail.site.translations import compile_stale

    compile_stale()
    trans_real._translations.clear()  # noqa: SLF001 - Django keeps what it read as it started


@pytest.fixture
def principal_for(org: Organization) -> Callable[..., Principal]:
    """Make a principal of the organization: ``principal_for("coordinator", teams=(…,))``."""

    def make(*roles: Role | str, person: str = "", **more: Any) -> Principal:
        known = frozenset(Role(role) for role in roles)
        who = person or f"Practitioner/{'-'.join(sorted(known)) or 'nobody'}"
        name = who.rpartition("/")[2].replace("-", " ").title()
        return Principal(**{"org": org.id, "person": who, "name": name, "roles": known, **more})

    return make


@pytest.fixture
def sign_in(org: Organization) -> Callable[..., Client]:
    """Return a client signed in as a member: ``sign_in("coordinator", practitioner="ana")``."""
    from django.contrib.auth import get_user_model

    from handrail.access import session as access_session
    from handrail.access.models import Membership

    def make(
        *roles: str, practitioner: str = "ana", teams: Iterable[str] = (), **options: Any
    ) -> Client:
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
