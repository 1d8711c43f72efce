"""The command line, as people and process supervisors use it: real processes, real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from handrail.site import cli
from handrail.site.environment import CODE
from handrail.site.postgres import Cluster

COMMAND = [sys.executable, "-m", "handrail.site.cli"]
PATIENCE = 60.0  # seconds; the machine may be busy


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hr-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def house() -> Iterator[Path]:
    """A data folder with everything in place, which the tests leave in order."""
    with tempfile.TemporaryDirectory(prefix="hr-") as name:
        Path(name).chmod(0o755)
        done = run(Path(name), "user", "organization", "Harbor Care")
        assert done.returncode == 0, done.stderr
        yield Path(name)


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HANDRAIL_")}
    return {**kept, "HANDRAIL_DATA": str(folder), **more}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=CODE,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=10) as page:
            return page.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def until(check: object, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextlib.contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "serve"],
        cwd=CODE,
        env=environment(folder, PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            until(lambda: status(port) == 200 or process.poll() is not None, "it serves")
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(PATIENCE)


def test_without_a_command_the_commands_are_listed(capsys):
    assert cli.main([]) == 2
    assert cli.main(["--help"]) == 0
    assert "serve people, systems and hospital messages" in capsys.readouterr().out


def test_a_command_that_is_none_is_told(capsys):
    assert cli.main(["server"]) == 2
    assert "there is no command 'server'" in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself_without_a_database(command, capsys, monkeypatch):
    monkeypatch.setenv("HANDRAIL_DATA", "/nowhere/to/be/written")
    with pytest.raises(SystemExit) as ending:
        cli.main([command, "--help"])
    assert ending.value.code == 0
    assert f"handrail {command}" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_stops_cleanly_when_told_to(house, number):
    port = free_port()
    with serving(house, port) as process:
        os.kill(process.pid, number)
        output = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 0, output
    assert f"Handrail is ready: http://127.0.0.1:{port}" in output
    assert "Traceback" not in output
    assert Cluster(house).pid() is None
    assert status(port) == 0


def test_ctrl_c_in_a_terminal_reaches_every_process_and_still_stops_in_order(house):
    with serving(house, free_port()) as process:
        os.killpg(process.pid, signal.SIGINT)
        output = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 0, output
    assert Cluster(house).pid() is None
    assert "shut down" in Cluster(house).log.read_text().splitlines()[-1]


def test_a_database_killed_while_serving_comes_back_by_itself(house):
    port = free_port()
    with serving(house, port):
        cluster = Cluster(house)
        first = cluster.pid()
        os.kill(first, signal.SIGKILL)
        until(lambda: cluster.pid() not in {None, first}, "it is started again")
        until(lambda: status(port) == 200, "pages are served again")


def test_a_server_that_was_killed_is_continued(house):
    with serving(house, free_port()) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
    with serving(house, free_port()) as process:
        assert process.poll() is None
    assert Cluster(house).pid() is None


def test_a_port_that_is_taken_is_told_before_anything_is_started(folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(folder, "serve", PORT=str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in done.stderr
    assert not (folder / "postgres").exists()


def test_a_backup_is_restored_elsewhere_and_never_over_anything(folder, house):
    kept, other = house, folder / "other"
    file = folder / "backup"
    assert run(kept, "backup", str(file)).returncode == 0
    assert file.stat().st_mode & 0o077 == 0
    assert "exists" in run(kept, "backup", str(file)).stderr
    done = run(other, "restore", str(file))
    assert done.returncode == 0, done.stderr
    with Cluster(other).running() as cluster, psycopg.connect(cluster.url()) as connection:
        found = connection.execute("select slug from access_organization").fetchall()
        forced = connection.execute(
            "select count(*) from pg_class where relforcerowsecurity"
        ).fetchone()
    assert found == [("harbor-care",)]
    assert forced[0] > 5
    assert "not empty" in run(other, "restore", str(file)).stderr


def test_a_superuser_in_the_database_address_is_refused(folder):
    with Cluster(folder).running() as cluster:
        done = run(folder, "migrate", HANDRAIL_DATABASE_URL=cluster.url("postgres"))
    assert done.returncode == 1
    assert "passes by row-level security" in done.stderr


def test_the_doctor_finds_a_sound_installation_sound(house):
    done = run(house, "doctor")
    assert done.returncode == 0, done.stdout
    assert "!!" not in done.stdout


def test_the_doctor_says_what_to_do(folder):
    done = run(folder, "doctor")
    assert done.returncode == 1
    assert "Run: handrail migrate" in done.stdout
