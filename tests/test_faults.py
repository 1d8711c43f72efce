"""PostgreSQL or the loader killed in the middle: the record stays whole, no promise is broken."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from handrail.site.postgres import Cluster

PEOPLE = 12000
ORGANIZATION = (
    "from handrail.site import opening\n"
    "with opening.opened():\n"
    "    from handrail.access.accounts import add_organization\n"
    "    from handrail.access.database import acting\n"
    "    from handrail.access.principal import system\n"
    "    with acting(system(1, 'test', 'Test')):\n"
    "        add_organization(1, 'Test House', 'test-house')\n"
)
SAVES = (
    "import sys\n"
    "from handrail.site import opening\n"
    "with opening.opened():\n"
    "    from handrail.access.principal import system\n"
    "    from handrail.record import store\n"
    "    by = system(1, 'saves', 'Saves')\n"
    "    for number in range(100000):\n"
    "        patient = {'resourceType': 'Patient', 'id': f's{number}', 'active': True}\n"
    "        store.commit([patient], by=by, reason='save')\n"
    "        print(number, flush=True)\n"
)


@pytest.fixture
def house() -> Iterator[dict[str, str]]:
    """The environment of an installation of its own, with one organization."""
    with tempfile.TemporaryDirectory(prefix="hr") as folder:
        environment = {**os.environ, "HANDRAIL_DATA": folder}
        environment.pop("HANDRAIL_DATABASE_URL", None)
        environment["DJANGO_SETTINGS_MODULE"] = "handrail.site.settings"
        with Cluster(Path(folder)).running():
            python(environment, ORGANIZATION)
            yield environment


def python(environment: dict[str, str], code: str) -> None:
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


def handrail(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "handrail.site.cli", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def start(environment: dict[str, str], *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def people(folder: Path) -> Path:
    path = folder / "Patient.ndjson"
    lines = (
        json.dumps({"resourceType": "Patient", "id": f"p{n}", "name": [{"family": f"F{n}"}]})
        for n in range(PEOPLE)
    )
    path.write_text("\n".join(lines))
    return path


def kill_postgres(environment: dict[str, str]) -> None:
    number = Cluster(Path(environment["HANDRAIL_DATA"])).pid()
    assert number
    os.kill(number, signal.SIGKILL)


def wait_until_it_writes(environment: dict[str, str]) -> None:
    """Return when the second transaction has begun: the first one is in, others are not."""
    url = Cluster(Path(environment["HANDRAIL_DATA"])).url()
    deadline = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            found = connection.execute("SELECT last_value FROM record_transaction_id").fetchone()
            if found and found[0] >= 2:
                return
            time.sleep(0.002)
    raise AssertionError("The loader never wrote.")


def loaded(environment: dict[str, str], path: Path) -> dict[str, object]:
    done = handrail(environment, "load", "--json", str(path))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def assert_clean(environment: dict[str, str]) -> None:
    proved = handrail(environment, "verify")
    assert proved.returncode == 0, proved.stdout + proved.stderr


@pytest.mark.parametrize("victim", ["the server", "the loader"])
def test_a_load_killed_in_the_middle_is_begun_again_and_ends_whole(house, tmp_path, victim):
    path = people(tmp_path)
    running = start(house, "-m", "handrail.site.cli", "load", str(path))
    wait_until_it_writes(house)
    if victim == "the server":
        kill_postgres(house)
    else:
        running.kill()
    running.communicate(timeout=120)
    assert_clean(house)
    again = loaded(house, path)
    assert again["refused"] == []
    assert sum(again["written"].values()) + again["unchanged"] == PEOPLE
    assert loaded(house, path)["unchanged"] == PEOPLE
    assert_clean(house)


def test_a_save_that_was_acknowledged_survives_the_server_being_killed(house, tmp_path):
    running = start(house, "-c", SAVES)
    promised = 0
    while promised < 40:
        promised = int(running.stdout.readline())
    kill_postgres(house)
    rest, _ = running.communicate(timeout=60)
    promised = max([promised, *(int(line) for line in rest.split())])
    assert running.returncode != 0
    assert_clean(house)
    check = (
        "from handrail.site import opening\n"
        "with opening.opened():\n"
        "    from handrail.access.principal import system\n"
        "    from handrail.record import store\n"
        f"    for number in range({promised} + 1):\n"
        "        store.read(f'Patient/s{number}', by=system(1, 'saves', 'Saves'))\n"
    )
    python(house, check)
