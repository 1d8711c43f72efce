"""``handrail backup FILE``: writes the whole database to a file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from handrail.site import environment, opening
from handrail.site.binaries import DatabaseError, find_binaries
from handrail.site.cli import parser
from handrail.site.postgres import Cluster


def main(arguments: Sequence[str]) -> int:
    """Back up; the file appears only when it is whole. Work goes on meanwhile."""
    options = parser("backup")
    options.add_argument("file", type=Path, help="the file to write; it must not exist")
    target: Path = options.parse_args(arguments).file
    if target.exists():
        raise DatabaseError(f"{target} exists. Name a file that does not.")
    with opening.opened(migrate=False) as cluster:
        half = target.with_name(f"{target.name}.unfinished")
        dump = ["--format=custom", "--no-owner", "--no-privileges"]
        run_program("pg_dump", [*dump, f"--dbname={owner_url(cluster)}"], write=half)
        half.replace(target)
    opening.say(f"{target} holds the whole database ({target.stat().st_size / 1e6:,.1f} MB).")
    return 0


def owner_url(cluster: Cluster | None) -> str:
    """Return the address under which the whole database may be read and written.

    Row-level security, which is forced on Handrail's own role too, would hide rows from a backup.
    Handrail's own server has a superuser for this; another server's is named by
    HANDRAIL_BACKUP_URL.

    Raises:
        DatabaseError: another server is used and HANDRAIL_BACKUP_URL is not set.
    """
    url = os.environ.get("HANDRAIL_BACKUP_URL", "")
    if cluster is not None:
        url = cluster.url("postgres")
    if not url:
        raise DatabaseError(
            "Row-level security hides rows from Handrail's own role. Set HANDRAIL_BACKUP_URL to"
            " the address of a role with BYPASSRLS, or use that server's own backups."
        )
    return url


def program(name: str) -> str:
    """Return the path of a PostgreSQL program, of the data folder's version if there is one."""
    own = not environment.external_database()
    major = Cluster(environment.data_folder()).major() if own else None
    return find_binaries(major).program(name)


def run_program(
    name: str, arguments: Sequence[str], *, read: Path | None = None, write: Path | None = None
) -> None:
    """Run a PostgreSQL program that reads from or writes to a file we open ourselves.

    Raises:
        DatabaseError: it failed; the message has its last words.
    """
    path = program(name)
    try:
        source = read.open("rb") if read else None
        made = os.open(write, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600) if write else None
    except OSError as error:
        raise DatabaseError(f"{error.filename}: {error.strerror}.") from error
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [path, *arguments], stdin=source, stdout=made, stderr=subprocess.PIPE, check=False
        )
    finally:
        if source is not None:
            source.close()
        if made is not None:
            os.fsync(made)
            os.close(made)
    if done.returncode != 0:
        if write is not None:
            write.unlink(missing_ok=True)
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise DatabaseError(f"{name} failed: {words[-1] if words else 'no reason given'}")
