"""``handrail doctor``: looks at this installation and says what is wrong and what to do."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from handrail.fhir.errors import HandrailError
from handrail.site import environment, opening
from handrail.site.binaries import find_binaries
from handrail.site.cli import parser
from handrail.site.postgres import Cluster

_LITTLE = 2_000_000_000  # bytes free below which the disk is called nearly full


class UnwellError(HandrailError):
    """One thing the doctor found; the message says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Look at everything; 0 if all is well, 1 if not."""
    parser("doctor").parse_args(arguments)
    visit = Visit()
    visit.look("Python", _python)
    visit.look("data folder", _folder)
    visit.look("disk", _disk)
    visit.look("secret key", _secret)
    visit.look("addresses", _addresses)
    visit.look("PostgreSQL", _postgres)
    with visit.database():
        visit.look("tables", _tables)
        visit.look("search rows", _search_rows)
        visit.look("row-level security", _guards)
        visit.look("Django", _django)
    return 1 if visit.unwell else 0


class Visit:
    """One round of the doctor: prints each finding and remembers whether anything is wrong."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.unwell = False

    def look(self, what: str, check: Callable[[], str]) -> None:
        """Run one check and print what it says."""
        try:
            print(f"  ok   {what}: {check()}")  # noqa: T201 - the command line speaks
        except HandrailError as error:
            self.unwell = True
            print(f"  !!   {what}: {error.message}")  # noqa: T201 - the command line speaks

    @contextmanager
    def database(self) -> Iterator[None]:
        """Open the database for the checks inside; if that fails, say why and end."""
        try:
            with opening.opened(migrate=False, tell=lambda _: None):
                self.look("database", _database)
                yield
        except HandrailError as error:
            self.unwell = True
            print(f"  !!   database: {error.message}")  # noqa: T201 - the command line speaks
            raise SystemExit(1) from error


def _python() -> str:
    return sys.version.split()[0]


def _folder() -> str:
    folder = environment.data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _disk() -> str:
    free = shutil.disk_usage(environment.data_folder()).free
    if free < _LITTLE:
        raise UnwellError(f"only {free / 1e9:.1f} GB are free. Make room.")
    return f"{free / 1e9:,.0f} GB free"


def _secret() -> str:
    environment.secret_key()
    path = environment.data_folder() / "secret-key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UnwellError(f"others may read {path}. Run: chmod 600 '{path}'")
    return "kept"


def _addresses() -> str:
    named = environment.hosts()
    if len(named) > len(environment.LOOPBACK) and not environment.https():
        raise UnwellError("HANDRAIL_HOSTS names a host, but HANDRAIL_HTTPS is off. Use https.")
    return ", ".join(named) + (" by https" if environment.https() else " by http")


def _postgres() -> str:
    if environment.external_database():
        return "another server, by HANDRAIL_DATABASE_URL"
    cluster = Cluster(environment.data_folder())
    found = find_binaries(cluster.major())
    state = "runs" if cluster.pid() else "does not run now"
    return f"version {found.major} in {found.folder}, data in {cluster.home}, {state}"


def _database() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user, current_setting('server_version'), current_setting('fsync'),"
            " pg_size_pretty(pg_database_size(current_database()))"
        )
        role, version, fsync, size = cursor.fetchone()
    if fsync != "on":
        raise UnwellError("fsync is off, so a power cut may lose what was saved. Turn it on.")
    return f"PostgreSQL {version}, role {role}, {size}"


def _tables() -> str:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if behind:
        raise UnwellError(f"{len(behind)} migrations are missing. Run: handrail migrate")
    return "up to date"


def _search_rows() -> str:
    from handrail.record.renewing import outdated

    if stale := outdated():
        raise UnwellError(f"made by an older Handrail: {', '.join(stale)}. Run: handrail migrate")
    return "of the present kind"


def _guards() -> str:
    from handrail.access.policies import tables

    found = tables()
    bare = [table.name for table in found if not table.forced]
    if bare:
        raise UnwellError(f"not in force on {', '.join(bare)}. Run: handrail migrate")
    return f"in force on {len(found)} tables"


def _django() -> str:
    from django.core.checks import run_checks

    grave = [check for check in run_checks() if check.is_serious()]
    if grave:
        raise UnwellError("; ".join(check.msg for check in grave))
    return "no complaints"
