"""Handrail's own PostgreSQL: made, started, attached to, and stopped, in a data folder.

Every process that uses the server holds a shared lock; whoever lets go last stops it. The server
listens on a Unix socket in a folder that only its owner may enter, never on the network. fsync
stays on. After ``kill -9``, of the server or of us, the next start recovers by itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from handrail.site.binaries import (
    SERVICE_HOME,
    Binaries,
    DatabaseError,
    Owner,
    find_binaries,
    server_owner,
)
from handrail.site.processes import serves

ROLE = "handrail"
DATABASE = "handrail"
LONGEST_SOCKET_FOLDER = 90  # a Unix socket's path holds 107 bytes, "/.s.PGSQL.5432" included
PORT = 5432
LOG_LIMIT = 8_000_000  # bytes
OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "50",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "autovacuum_naptime": "10s",  # a new record fills quickly: plans need figures soon
    "wal_level": "minimal",  # no replica follows an embedded server; backups are pg_dump
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",  # short statements: compiling costs more than it gives
    "log_error_verbosity": "terse",  # DETAIL lines quote rows: never in a log
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
Tell = Callable[[str], None]


_children: dict[Path, subprocess.Popen[bytes]] = {}  # the servers this process started


def _quiet(_: str) -> None:
    """Tell nobody."""


class Cluster:
    """One PostgreSQL in one data folder."""

    def __init__(self, data: Path, options: Mapping[str, str] | None = None) -> None:
        """Name the cluster of the data folder; touches nothing.

        Args:
            data: Handrail's data folder (HANDRAIL_DATA).
            options: server settings over the usual ones; tests turn fsync off with them.
        """
        self.data = data.resolve()
        self.options = {**OPTIONS, **(options or {})}
        self._hold: IO[bytes] | None = None

    @property
    def home(self) -> Path:
        """Return the folder that holds the cluster, owned by the server's user.

        Usually ``postgres`` in the data folder. As root, where the server's own user could not
        reach that (below ``/root``), a folder in ``/var/lib/handrail``; ``postgres.place`` in the
        data folder then says which.
        """
        place = self.data / "postgres.place"
        try:
            return Path(place.read_text(encoding="utf-8").strip())
        except OSError:
            return self.data / "postgres"

    @property
    def files(self) -> Path:
        """Return PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def socket(self) -> Path:
        """Return the folder of the Unix socket, short enough for the operating system."""
        folder = self.home / "run"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"handrail-{mark}"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.home / "log"

    def url(self, role: str = ROLE, database: str = DATABASE) -> str:
        """Return the connection address for a role and a database of this cluster."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket))}&port={PORT}"

    @contextlib.contextmanager
    def running(self, tell: Tell = _quiet) -> Iterator[Cluster]:
        """Have the server run inside the ``with`` block."""
        self.start(tell)
        try:
            yield self
        finally:
            self.release()

    def start(self, tell: Tell = _quiet) -> bool:
        """Make the cluster if there is none, start it if nobody did, and hold on to it.

        Args:
            tell: is told, in a sentence, what takes time.

        Returns:
            True if this call started the server, False if it attached to a running one.

        Raises:
            DatabaseError: it could not be made or started; the message says why.
        """
        with self._turn():
            owner = server_owner()
            self._choose_home(owner)
            fresh = self._bring_up(owner, tell)
            if not self._answers(tell):  # it was dying when we attached to it
                fresh = self._bring_up(owner, tell)
                if not self._answers(tell):
                    raise DatabaseError(
                        f"The database stopped: {self._last_words()} (log: {self.log})"
                    )
            if self._hold is None:
                self._hold = (self.data / "postgres.users").open("ab")
                fcntl.flock(self._hold, fcntl.LOCK_SH)
            self._ensure_role()
            return fresh

    def release(self) -> bool:
        """Let go of the server; stop it if nobody else holds on to it.

        Returns:
            True if the server was stopped.
        """
        if self._hold is None:
            return False
        with self._turn():
            self._hold.close()
            self._hold = None
            with (self.data / "postgres.users").open("ab") as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                self._stop()
        return True

    def pid(self) -> int | None:
        """Return the running server's process id; None if it does not run.

        A number left in ``postmaster.pid`` by a killed server may belong to anybody by now: only
        a live process that works in this very data directory counts.
        """
        child = _children.get(self.files)
        if child is not None and child.poll() is not None:
            del _children[self.files]
        number = self._noted_pid()
        return number if number is not None and serves(number, self.files) else None

    def _noted_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = (self.files / "postmaster.pid").read_text(encoding="utf-8")
            return int(text.splitlines()[0])
        return None

    def major(self) -> int | None:
        """Return the version of PostgreSQL that made the data directory; None if there is none."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.files / "PG_VERSION").read_text(encoding="ascii"))
        return None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Start and stop one at a time, across processes."""
        try:
            self.data.mkdir(mode=0o755, parents=True, exist_ok=True)
            lock = (self.data / "postgres.lock").open("ab")
        except OSError as error:
            raise DatabaseError(
                f"The data folder {self.data} cannot be written ({error.strerror})."
                " Set HANDRAIL_DATA to a folder that can."
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _choose_home(self, owner: Owner | None) -> None:
        if not self.home.exists() and owner is not None and not _reaches(owner, self.data):
            mark = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
            place = SERVICE_HOME / f"data-{mark}"
            (self.data / "postgres.place").write_text(f"{place}\n", encoding="utf-8")
        for folder in (self.home, self.socket):
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True)
                if owner:
                    os.chown(folder, owner.uid, owner.gid)
            mine = owner.uid if owner else os.geteuid()
            if folder.stat().st_uid != mine:
                raise DatabaseError(
                    f"{folder} belongs to another user. Run Handrail as that user, or set"
                    " HANDRAIL_DATA to a folder of your own."
                )

    def _bring_up(self, owner: Owner | None, tell: Tell) -> bool:
        """Start the server unless it runs; tell whether it was started."""
        if self.pid() is not None:
            return False
        binaries = find_binaries(self.major())
        if not self.files.exists():
            tell("Creating the database…")
            self._create(binaries, owner)
        self._launch(binaries, owner)
        return True

    def _create(self, binaries: Binaries, owner: Owner | None) -> None:
        half = self.home / "data.unfinished"
        if half.exists():
            shutil.rmtree(half)
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if binaries.major >= 17  # noqa: PLR2004 - the release that brought the builtin provider
            else ["--locale=C"]
        )
        made = subprocess.run(  # noqa: S603 - fixed arguments
            [
                binaries.program("initdb"),
                f"--pgdata={half}",
                "--username=postgres",
                "--encoding=UTF8",
                *locale,
                "--data-checksums",
                "--auth-local=trust",  # the socket's folder admits its owner only
                "--auth-host=scram-sha-256",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env=_environment(),
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
        )
        if made.returncode != 0:
            raise DatabaseError(f"The database could not be created: {made.stderr.strip()}")
        half.rename(self.files)

    def _launch(self, binaries: Binaries, owner: Owner | None) -> None:
        """Start ``postgres``; try again while a killed server's children are still leaving."""
        options = {**self.options, "unix_socket_directories": str(self.socket)}
        if binaries.major >= 18:  # noqa: PLR2004 - earlier releases have no I/O workers
            options.setdefault("io_method", "sync")
        arguments = [part for pair in options.items() for part in ("-c", "=".join(pair))]
        _collect(self.files)
        stale = self._noted_pid()
        environment = _environment()
        if stale is not None:  # PostgreSQL then knows that this number is not another server
            environment["PG_GRANDPARENT_PID"] = str(stale)
        for _ in range(50):
            if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".old"))
            with self.log.open("ab") as log:
                _children[self.files] = subprocess.Popen(  # noqa: S603 - our own arguments
                    [binaries.program("postgres"), "-D", str(self.files), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.home,
                    env=environment,
                    start_new_session=True,  # Ctrl-C is for us; we then stop it in order
                    user=owner.uid if owner else None,
                    group=owner.gid if owner else None,
                    extra_groups=[] if owner else None,
                )
            if self._settled(_children[self.files]):
                return
            if "still in use" not in self._last_words():
                break
            time.sleep(0.2)
        raise DatabaseError(f"The database did not start: {self._last_words()} (log: {self.log})")

    def _settled(self, child: subprocess.Popen[bytes]) -> bool:
        """Wait until the server has its lock file or has given up."""
        while child.poll() is None:
            if self._noted_pid() == child.pid:
                return True
            time.sleep(0.01)
        return False

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
            fatal = [line for line in lines if "FATAL" in line or "ERROR" in line]
            return (fatal or lines or ["no reason given"])[-1].strip()
        return "no reason given"

    def _answers(self, tell: Tell) -> bool:
        """Wait until the server answers, however long its recovery takes; False if it stopped."""
        began, told = time.monotonic(), False
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres", "postgres")).close()
                return True
            if self.pid() is None:
                return False
            if not told and time.monotonic() - began > 3:  # noqa: PLR2004 - seconds
                tell("The database recovers from an interruption; this may take a while…")
                told = True
            time.sleep(0.02)

    def _ensure_role(self) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            if not connection.execute("select from pg_roles where rolname=%s", [ROLE]).rowcount:
                connection.execute(f"create role {ROLE} login nosuperuser nobypassrls createdb")
            found = connection.execute("select from pg_database where datname=%s", [DATABASE])
            if not found.rowcount:
                connection.execute(f"create database {DATABASE} owner {ROLE}")

    def _stop(self) -> None:
        """Stop the server in order: end sessions, write a checkpoint, leave."""
        number = self.pid()
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGINT)
        _collect(self.files)
        while self.pid() is not None:
            time.sleep(0.02)


def _collect(files: Path) -> None:
    """Wait until the server this process started there, if any, has ended."""
    child = _children.pop(files, None)
    if child is not None:
        child.wait()


def _environment() -> dict[str, str]:
    """Return a small environment for the server: nothing of ours leaks into it."""
    kept = {key: os.environ[key] for key in ("PATH", "TMPDIR", "TZDIR") if key in os.environ}
    return {**kept, "LC_ALL": "C", "HOME": "/"}


def _reaches(owner: Owner, folder: Path) -> bool:
    """Tell whether ``owner`` may walk to ``folder``."""
    for step in (folder, *folder.parents):
        state = step.stat()
        others = 0o010 if state.st_gid == owner.gid else 0o001
        if not state.st_mode & (0o100 if state.st_uid == owner.uid else others):
            return False
    return True
