"""Tests run on databases of their own, on HANDRAIL_DATABASE_URL's server or one made for the run.

The run makes one template with the real migrations; every worker gets a copy of it, and every test
runs in a transaction that is rolled back. A test that needs real commits asks for ``own_database``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

RUN = "HANDRAIL_TEST_RUN"
URL = "HANDRAIL_DATABASE_URL"


class TestServer:
    """The server the tests use, and the databases they make on it."""

    __test__ = False

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.cluster = None

    def begin(self) -> None:
        """Start a server unless one is given; workers of a parallel run are given their parent's."""
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
    server.begin()


def pytest_unconfigure() -> None:
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
                admin.execute(f'drop database if exists "{name}" with (force)')


def template() -> str:
    """Return this run's template database, made by whichever worker comes first."""
    name = f"handrail_test_{os.environ[RUN]}_template"
    with maintenance() as admin:
        admin.execute("select pg_advisory_lock(hashtext(%s))", [name])
        if not admin.execute("select from pg_database where datname = %s", [name]).rowcount:
            made = f"{name}_unfinished"
            admin.execute(f'drop database if exists "{made}" with (force)')
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
def use(name: str) -> Iterator[str]:
    """Point Django's connections, those of new threads too, at another database."""
    connections.close_all()
    before = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = before


@contextlib.contextmanager
def clone(suffix: str) -> Iterator[str]:
    """Use a copy of the template, dropped afterwards."""
    source = template()
    name = f"{source.removesuffix('_template')}_{suffix}"
    with maintenance() as admin:
        admin.execute("select pg_advisory_lock_shared(hashtext(%s))", [source])
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'create database "{name}" template "{source}"')
    try:
        with use(name):
            yield name
    finally:
        with maintenance() as admin:
            admin.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this worker of a parallel run."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker, worker) -> Iterator[None]:
    """Replaces pytest-django's: a copy of the template for this worker."""
    with django_db_blocker.unblock(), clone(worker):
        yield


@pytest.fixture
def own_database(django_db_blocker, worker) -> Iterator[str]:
    """A database of the test's own, with real commits; other threads and processes see it too."""
    with django_db_blocker.unblock(), clone(f"{worker}_own") as name:
        yield name


@pytest.fixture(scope="module")
def module_database(django_db_blocker, worker) -> Iterator[str]:
    """As ``own_database``, shared by the tests of a module in the order they stand."""
    with django_db_blocker.unblock(), clone(f"{worker}_module") as name:
        yield name
