"""Opens the house for a command: database running, Django set up, tables up to date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handrail.site import environment
from handrail.site.postgres import Cluster
from handrail.site.roles import refuse_unguarded_role

_MIGRATING = 0x48414E44  # the advisory lock's number: one process migrates at a time
Tell = Callable[[str], None]


def say(text: str) -> None:
    """Tell the operator, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def opened(*, migrate: bool = True, tell: Tell = say) -> Iterator[Cluster | None]:
    """Have the database and Django ready inside the ``with`` block.

    Args:
        migrate: bring the tables up to date if they are not.
        tell: is told what takes time.

    Yields:
        Handrail's own cluster; None if HANDRAIL_DATABASE_URL names another server.

    Raises:
        DatabaseError: the database cannot be used; the message says why and what to do.
    """
    url = environment.external_database()
    cluster = None if url else Cluster(environment.data_folder())
    if cluster is not None:
        cluster.start(tell)
    try:
        refuse_unguarded_role(url or (cluster.url() if cluster else ""))
        set_up()
        if migrate:
            bring_up_to_date(tell)
        yield cluster
    finally:
        _close_connections()
        if cluster is not None:
            cluster.release()


def set_up() -> None:
    """Set Django up, with its translations compiled."""
    import django
    from django.apps import apps

    from handrail.site.translations import compile_stale

    compile_stale()
    if not apps.ready:
        django.setup()


def bring_up_to_date(tell: Tell = say) -> bool:
    """Bring tables, guards, old search rows and shipped definitions up to date.

    Args:
        tell: is told what takes time.

    Returns:
        True if something was done.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from handrail.access.database import enforce
    from handrail.record.renewing import renew
    from handrail.site.definitions import install_everywhere

    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_MIGRATING])
    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if behind:
            tell("Bringing the tables up to date…")
            call_command("migrate", verbosity=0, interactive=False)
        guarded = enforce()
        renewed = renew(tell)
        brought = install_everywhere()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_MIGRATING])
    return behind or bool(guarded) or renewed or bool(brought)


def _close_connections() -> None:
    from django.apps import apps

    if apps.ready:
        from django.db import connections

        connections.close_all()
