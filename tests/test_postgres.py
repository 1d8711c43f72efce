"""The supervisor: own clusters, crashed and restarted on purpose."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from handrail.site import binaries, postgres
from handrail.site.binaries import DatabaseError, find_binaries
from handrail.site.environment import CODE
from handrail.site.postgres import Cluster
from handrail.site.roles import refuse_unguarded_role


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hr-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that the tests leave as it is."""
    with tempfile.TemporaryDirectory(prefix="hr-") as name:
        Path(name).chmod(0o755)
        with Cluster(Path(name)).running() as made:
            yield made


@pytest.fixture
def victim(folder: Path) -> Iterator[Cluster]:
    """A server that the test may kill."""
    with Cluster(folder).running() as made:
        yield made


def rows(cluster: Cluster) -> int:
    with psycopg.connect(cluster.url()) as connection:
        return connection.execute("select count(*) from kept").fetchone()[0]


def keep(cluster: Cluster, number: int) -> None:
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("create table if not exists kept (number int)")
        connection.execute("insert into kept select generate_series(1, %s)", [number])


def kill(cluster: Cluster) -> int:
    number = cluster.pid()
    os.kill(number, signal.SIGKILL)
    return number


def gone(number: int) -> None:
    """Wait until a process we are not the parent of is dead; it may stay listed as a zombie."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.01)
    pytest.fail(f"process {number} lives on")


def test_a_new_folder_gets_a_durable_cluster_that_only_its_owner_can_reach(cluster):
    with psycopg.connect(cluster.url()) as connection:
        settings = dict(
            connection.execute(
                "select name, setting from pg_settings where name in"
                " ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses',"
                " 'data_checksums', 'log_error_verbosity')"
            ).fetchall()
        )
    assert settings == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "data_checksums": "on",
        "log_error_verbosity": "terse",
    }
    for place in (cluster.home, cluster.files, cluster.socket):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_the_application_role_is_bound_by_row_level_security(cluster):
    refuse_unguarded_role(cluster.url())
    with psycopg.connect(cluster.url()) as connection:
        role = connection.execute(
            "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        owner = connection.execute(
            "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
        ).fetchone()
    assert role == (False, False, True, False)
    assert owner == ("handrail",)


def test_a_superuser_is_refused_because_nothing_would_protect_patients(cluster):
    with pytest.raises(DatabaseError, match="NOBYPASSRLS"):
        refuse_unguarded_role(cluster.url("postgres"))


def test_a_role_that_bypasses_row_level_security_is_refused(cluster):
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("create role passes login bypassrls")
    with pytest.raises(DatabaseError, match="passes by row-level security"):
        refuse_unguarded_role(cluster.url("passes"))


def test_a_server_that_does_not_answer_is_told_plainly(folder):
    with pytest.raises(DatabaseError, match="does not answer"):
        refuse_unguarded_role(f"postgresql://handrail@/handrail?host={folder}")


def test_data_is_kept_over_a_stop(folder):
    cluster = Cluster(folder)
    with cluster.running():
        keep(cluster, 7)
    assert cluster.pid() is None
    with cluster.running():
        assert rows(cluster) == 7


def test_a_killed_server_is_restarted_at_once_with_everything_committed(victim):
    keep(victim, 100)
    kill(victim)
    assert victim.start() is True
    assert rows(victim) == 100


def test_a_server_killed_again_and_again_keeps_every_commit(victim):
    for attempt in range(1, 4):
        keep(victim, 10)
        kill(victim)
        victim.start()
        assert rows(victim) == 10 * attempt


def test_a_killed_server_whose_parent_never_collects_it_is_restarted(folder):
    script = (
        "import sys; from pathlib import Path; from handrail.site.postgres import Cluster;"
        "Cluster(Path(sys.argv[1])).start(); print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=CODE,
    ) as parent:
        assert parent.stdout.readline() == b"up\n"
        cluster = Cluster(folder)
        number = kill(cluster)
        gone(number)
        assert Path(f"/proc/{number}").exists(), "the zombie is what this test is about"
        try:
            assert cluster.start() is True
        finally:
            parent.kill()
            parent.wait()
            cluster.release()


def test_a_stale_pid_file_whose_number_another_process_has_is_no_obstacle(folder):
    cluster = Cluster(folder)
    with cluster.running():
        keep(cluster, 3)
        pid_file = cluster.files / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        kill(cluster)
        cluster.pid()
        owner = pid_file.stat()
        stranger = subprocess.Popen(
            ["/bin/sleep", "60"],
            user=owner.st_uid if os.geteuid() == 0 else None,
            group=owner.st_gid if os.geteuid() == 0 else None,
        )
        try:
            pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            assert cluster.pid() is None
            assert cluster.start() is True
            assert rows(cluster) == 3
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


def test_a_creation_that_was_interrupted_is_begun_again(folder):
    cluster = Cluster(folder)
    half = cluster.home / "data.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    owner = binaries.server_owner()
    if owner:
        for path in (cluster.home, half):
            os.chown(path, owner.uid, owner.gid)
    with cluster.running():
        keep(cluster, 1)
    assert not half.exists()


def test_the_second_process_attaches_and_the_last_one_stops_the_server(folder):
    first, second = Cluster(folder), Cluster(folder)
    assert first.start() is True
    assert second.start() is False
    assert first.release() is False
    assert second.pid() is not None
    assert rows_after_keep(second) == 1
    assert second.release() is True
    assert second.pid() is None


def rows_after_keep(cluster: Cluster) -> int:
    keep(cluster, 1)
    return rows(cluster)


def test_a_user_that_was_killed_does_not_hold_the_server(folder):
    script = (
        "import os, sys; from pathlib import Path; from handrail.site.postgres import Cluster;"
        "Cluster(Path(sys.argv[1])).start(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=CODE, check=False)
    assert done.returncode == -signal.SIGKILL
    cluster = Cluster(folder)
    assert cluster.pid() is not None
    assert cluster.start() is False
    assert cluster.release() is True


def test_many_at_once_start_one_server(folder):
    clusters = [Cluster(folder) for _ in range(4)]
    started: list[bool] = []
    threads = [threading.Thread(target=lambda c=c: started.append(c.start())) for c in clusters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [False, False, False, True]
    assert [cluster.release() for cluster in clusters] == [False, False, False, True]


def test_a_long_path_gets_a_short_socket(folder):
    deep = folder / ("long-" * 20) / ("name-" * 20)
    cluster = Cluster(deep)
    assert len(os.fsencode(cluster.socket)) <= postgres.LONGEST_SOCKET_FOLDER
    with cluster.running():
        keep(cluster, 1)
        assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
    cluster.socket.rmdir()


def test_a_folder_that_cannot_be_written_says_what_to_set(folder):
    (folder / "file").write_text("")
    with pytest.raises(DatabaseError, match="HANDRAIL_DATA"):
        Cluster(folder / "file").start()


def test_a_folder_of_somebody_else_is_refused(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder that belongs to somebody else")
    home = folder / "postgres"
    home.mkdir()
    os.chown(home, 12345, 12345)
    with pytest.raises(DatabaseError, match="belongs to another user"):
        Cluster(folder).start()


def test_as_root_the_server_runs_as_its_own_user_and_closed_parents_stay_closed():
    if os.geteuid() != 0:
        pytest.skip("concerns root only")
    with tempfile.TemporaryDirectory(prefix="hr-closed-") as name:  # 0700, as /root is
        cluster = Cluster(Path(name))
        with cluster.running():
            keep(cluster, 1)
            assert cluster.home.is_relative_to(binaries.SERVICE_HOME)
            assert Path(f"/proc/{cluster.pid()}").stat().st_uid != 0
            assert stat.S_IMODE(Path(name).stat().st_mode) == 0o700
        again = Cluster(Path(name))
        with again.running():
            assert rows(again) == 1
        subprocess.run(["/bin/rm", "-rf", str(again.home)], check=True)


def test_as_an_ordinary_user_the_server_is_ours(folder):
    if os.geteuid() != 0:
        with Cluster(folder).running() as cluster:
            assert Path(f"/proc/{cluster.pid()}").stat().st_uid == os.geteuid()
        return
    owner = binaries.server_owner()
    os.chown(folder, owner.uid, owner.gid)
    programs = str(find_binaries().folder)
    script = (
        "import os, sys; from pathlib import Path; import psycopg;"
        "from handrail.site.postgres import Cluster;"
        "os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]));"
        "c = Cluster(Path(sys.argv[1])); c.start();"
        "print(Path(f'/proc/{c.pid()}').stat().st_uid); print(c.release())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(owner.uid), str(owner.gid)],
        cwd=CODE,
        env={**os.environ, "HANDRAIL_PG_BIN": programs},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [str(owner.uid), "True"], done.stderr


def test_the_server_outlives_ctrl_c_until_we_stop_it(cluster):
    """A terminal sends Ctrl-C to the whole process group; the server is in another."""
    assert os.getpgid(cluster.pid()) != os.getpgid(os.getpid())


def test_errors_in_the_log_do_not_quote_rows(cluster):
    keep(cluster, 1)
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("create table person (name text primary key)")
        connection.execute("insert into person values ('Ana Secret')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into person values ('Ana Secret')")
    log = cluster.log.read_text()
    assert "person_pkey" in log
    assert "Ana Secret" not in log


def test_a_missing_postgresql_says_what_to_install(monkeypatch):
    monkeypatch.setenv("HANDRAIL_PG_BIN", "/nowhere")
    with pytest.raises(DatabaseError, match="HANDRAIL_DATABASE_URL"):
        find_binaries()


def test_data_of_another_major_version_is_not_opened(monkeypatch):
    with pytest.raises(DatabaseError, match="PostgreSQL 99 was not found"):
        find_binaries(99)


def test_the_systems_own_postgresql_works_too(folder, monkeypatch):
    found = [path for path in binaries.installed() if (binaries.major_of(path) or 0) >= 15]
    if not found:
        pytest.skip("no PostgreSQL is installed beside the one Handrail brings")
    monkeypatch.setenv("HANDRAIL_PG_BIN", str(found[0]))
    cluster = Cluster(folder)
    with cluster.running():
        keep(cluster, 5)
        kill(cluster)
        cluster.start()
        assert rows(cluster) == 5
