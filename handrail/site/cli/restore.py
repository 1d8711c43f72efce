"""``handrail restore FILE``: reads the whole database back from a backup."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg

from handrail.site import opening
from handrail.site.binaries import DatabaseError
from handrail.site.cli import parser
from handrail.site.cli.backup import owner_url, run_program
from handrail.site.postgres import ROLE

_TABLES = "select count(*) from information_schema.tables where table_schema = 'public'"


def main(arguments: Sequence[str]) -> int:
    """Restore into an empty database, whole or not at all."""
    options = parser("restore")
    options.add_argument("file", type=Path, help="a file that handrail backup wrote")
    source: Path = options.parse_args(arguments).file
    if not source.is_file():
        raise DatabaseError(f"There is no file {source}.")
    with opening.opened(migrate=False) as cluster:
        url = owner_url(cluster)
        with psycopg.connect(url) as connection:
            row = connection.execute(_TABLES).fetchone()
            if row and row[0]:
                raise DatabaseError(
                    "The database is not empty, and a restore never writes over anything. Set"
                    " HANDRAIL_DATA to a new folder (or use a new database) and restore there."
                )
        whole = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        role = [f"--role={ROLE}"] if cluster is not None else []
        run_program("pg_restore", [*whole, *role, f"--dbname={url}"], read=source)
        opening.bring_up_to_date()
    opening.say("The database is restored. Run 'handrail verify' to prove it whole.")
    return 0
