"""A Handrail of the benchmark's own: data folder, PostgreSQL, organization, key, server.

Everything is done with the commands an operator has, in processes of their own, so that what is
measured is what people run. fsync stays on.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from handrail.site.postgres import DATABASE, ROLE, Cluster

CODE = Path(__file__).resolve().parents[1]
PATIENCE = 60  # seconds until a server must answer
EMPTY = "bench_empty"


class BenchError(Exception):
    """Something that was measured failed; the message has its last words."""


@dataclass(slots=True)
class Ran:
    """What a command said, its wall time and its CPU seconds."""

    said: str
    seconds: float
    cpu: float


@dataclass(slots=True)
class Serving:
    """A running ``handrail serve``."""

    process: subprocess.Popen[bytes]
    port: int
    mllp: int

    @property
    def address(self) -> str:
        """Return where it answers."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(slots=True)
class House:
    """The benchmark's Handrail. Make it with :func:`house`."""

    data: Path
    cluster: Cluster
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    @property
    def postmaster(self) -> int:
        """Return PostgreSQL's process id."""
        number = self.cluster.pid()
        if number is None:
            raise BenchError("PostgreSQL has stopped.")
        return number

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the command line of a handrail command."""
        return [sys.executable, "-m", "handrail.site.cli", *arguments]

    def run(self, *arguments: str, expected: Sequence[int] = (0,)) -> Ran:
        """Run a handrail command to its end.

        Raises:
            BenchError: it ended otherwise than expected.
        """
        before = _children()
        began = time.perf_counter()
        done = subprocess.run(
            self.command(arguments),
            cwd=CODE,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode not in expected:
            raise BenchError(f"handrail {' '.join(arguments)}: {done.stderr[-2000:]}")
        return Ran(done.stdout, seconds, _children() - before)

    def admin(self, *statements: str) -> None:
        """Run statements as PostgreSQL's superuser, outside of the record."""
        with psycopg.connect(self.cluster.url("postgres", "postgres"), autocommit=True) as one:
            for statement in statements:
                one.execute(statement.encode())

    def keep_as(self, name: str) -> None:
        """Keep the database as it is now under another name."""
        self.admin(f"create database {name} template {DATABASE} owner {ROLE}")

    def again(self, name: str = EMPTY) -> None:
        """Begin again from a database that was kept."""
        self.admin(
            f"drop database {DATABASE} with (force)",
            f"create database {DATABASE} template {name} owner {ROLE}",
            "checkpoint",
        )

    def settle(self, *, database: str = DATABASE) -> None:
        """Vacuum, analyze and write everything to disk, so that nothing is left to do."""
        with psycopg.connect(self.cluster.url("postgres", database), autocommit=True) as one:
            one.execute("vacuum analyze")
            one.execute("checkpoint")

    @contextlib.contextmanager
    def serving(self, *, mllp: bool = False) -> Iterator[Serving]:
        """Have ``handrail serve`` run inside the block."""
        port, second = free_port(), free_port() if mllp else 0
        wanted = ["serve", "--port", str(port), *(["--mllp-port", str(second)] if mllp else [])]
        log = self.data / "serve.log"
        with log.open("ab") as said:
            process = subprocess.Popen(
                self.command(wanted), cwd=CODE, env=dict(self.environment), stdout=said, stderr=said
            )
        try:
            _await(f"http://127.0.0.1:{port}/sign-in", process, log)
            yield Serving(process, port, second)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(address: str) -> bool:
    """Tell whether somebody answers there."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if answers(address):
            return
        time.sleep(0.02)
    raise BenchError(f"handrail serve did not answer: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def house() -> Iterator[House]:
    """Make a Handrail with one organization and one key; remove everything afterwards."""
    data = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
    data.chmod(0o755)  # PostgreSQL's own user must reach its folder in it
    cluster = Cluster(data)
    kept = {key: value for key, value in os.environ.items() if key != "HANDRAIL_DATABASE_URL"}
    kept |= {"HANDRAIL_DATA": str(data), "DJANGO_SETTINGS_MODULE": "handrail.site.settings"}
    made = House(data, cluster, kept)
    try:
        cluster.start()
        made.run("user", "organization", "Bench", "--short-name", "bench")
        said = made.run("key", "add", "bench", "--scope", "system/*.cruds").said
        made.key = said.rstrip().rpartition(" ")[2]
        made.keep_as(EMPTY)
        yield made
    finally:
        cluster.release()
        shutil.rmtree(cluster.home, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def summary(ran: Ran) -> dict[str, Any]:
    """Return what a command said as JSON."""
    told: dict[str, Any] = json.loads(ran.said)
    return told
