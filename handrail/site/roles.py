"""The database role Handrail works as: one that row-level security holds."""

from __future__ import annotations

import psycopg

from handrail.site.binaries import OLDEST, DatabaseError


def refuse_unguarded_role(url: str) -> None:
    """Refuse a role that row-level security does not hold: a superuser, or one with BYPASSRLS.

    Raises:
        DatabaseError: the role is such a one, the server too old, or it cannot be reached.
    """
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(
                "select rolsuper or rolbypassrls, current_user,"
                " current_setting('server_version_num')::int / 10000"
                " from pg_roles where rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"The database does not answer ({str(error).strip()})."
            " Check HANDRAIL_DATABASE_URL and that the server runs."
        ) from error
    if row is None or row[0]:
        raise DatabaseError(
            f"The database role '{row[1] if row else '?'}' passes by row-level security, so"
            " patients would not be protected. Use a role with NOSUPERUSER and NOBYPASSRLS that"
            " owns the database."
        )
    if row[2] < OLDEST:
        raise DatabaseError(f"PostgreSQL {row[2]} is too old. Handrail needs {OLDEST} or newer.")
