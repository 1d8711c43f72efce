"""``kill -9`` of the server while it stores a transaction, a patch or writes an export.

What was acknowledged is there, what was not is there whole or not at all, and the record proves it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from conftest import URL
from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.record import store
from handrail.record.verify import verify
from tests.serving import ROOT, free_port, wait_for

ENTRIES = 3000


@dataclass
class House:
    """A running server that can be killed with everything it started."""

    process: subprocess.Popen[bytes]
    address: str
    secret: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the answer; raises OSError or URLError when there is none."""
        known = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/fhir+json"}
        raw = json.dumps(body).encode() if body is not None else None
        where = path if path.startswith("http") else f"{self.address}/fhir{path}"
        asked = urllib.request.Request(  # noqa: S310 - our own server
            where, raw, known | headers, method=method
        )
        return urllib.request.urlopen(asked, timeout=60)  # noqa: S310 - our own server

    def kill(self) -> None:
        """End it as a lost machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


def begun(database: str, folder: Path, secret: str) -> House:
    port = free_port()
    url = urlsplit(os.environ[URL])._replace(path=f"/{database}").geturl()
    log = folder / "serve.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "handrail.site.cli", "serve", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {URL: url, "HANDRAIL_DATA": str(folder), "HANDRAIL_HTTPS": "0"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_for(f"http://127.0.0.1:{port}/sign-in", process, log)
    return House(process, f"http://127.0.0.1:{port}", secret)


@pytest.fixture
def house(own_database: str, org: Any, principal_for: Any, tmp_path: Path) -> Iterator[House]:
    keys.forget()
    made = keys.add(principal_for(Role.ADMINISTRATOR), "test", ["system/*.cruds"])
    running = begun(own_database, tmp_path, made.secret)
    yield running
    if running.process.poll() is None:
        running.kill()


def patients() -> int:
    by = system(1, "test", "Test")
    from handrail.fhir.searching.query import parse

    with acting(by):
        return store.search(parse("Patient", [("_summary", "count")]), by=by).total or 0


def bundle() -> dict[str, Any]:
    entries = [
        {
            "resource": {"resourceType": "Patient", "name": [{"family": f"F{number}"}]},
            "request": {"method": "POST", "url": "Patient"},
        }
        for number in range(ENTRIES)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def asked_beside(house: House, *request: Any, **headers: str) -> tuple[threading.Thread, list[int]]:
    """Ask in a thread; the list gets the status, if there is an answer."""
    told: list[int] = []

    def run() -> None:
        try:
            with house.ask(*request, **headers) as answer:
                answer.read()
                told.append(answer.status)
        except (OSError, urllib.error.URLError):
            return

    thread = threading.Thread(target=run)
    thread.start()
    return thread, told


@pytest.mark.parametrize("after", [0.1, 0.6])
def test_a_transaction_is_there_whole_or_not_at_all(house: House, after: float) -> None:
    thread, told = asked_beside(house, "POST", "", bundle())
    time.sleep(after)
    house.kill()
    thread.join(60)
    assert patients() in ({ENTRIES} if told else {0, ENTRIES})
    assert verify(1).wrong == []


def test_patches_that_were_acknowledged_are_there(house: House) -> None:
    house.ask("PUT", "/Patient/p1", {"resourceType": "Patient", "id": "p1"}).close()
    told: list[int] = []

    def change() -> None:
        for number in range(10_000):
            patch = [{"op": "add", "path": "/name", "value": [{"text": str(number)}]}]
            media = {"Content-Type": "application/json-patch+json"}
            try:
                with house.ask("PATCH", "/Patient/p1", patch, **media) as answer:
                    answer.read()
            except (OSError, urllib.error.URLError):
                return
            told.append(number)

    thread = threading.Thread(target=change)
    thread.start()
    while len(told) < 20:
        time.sleep(0.01)
    house.kill()
    thread.join(60)
    by = system(1, "test", "Test")
    with acting(by):
        stored = store.read("Patient/p1", by=by)
    last = int(stored.resource["name"][0]["text"])
    assert last in {told[-1], told[-1] + 1}
    assert stored.version == last + 2
    assert verify(1).wrong == []


def test_an_export_goes_on_after_the_server_was_killed(
    house: House, own_database: str, tmp_path: Path
) -> None:
    house.ask("POST", "", bundle()).close()
    answer = house.ask("GET", "/$export", Prefer="respond-async")
    where = urlsplit(answer.headers["Content-Location"])
    answer.close()
    time.sleep(0.2)
    house.kill()
    again = begun(own_database, tmp_path, house.secret)
    try:
        until = time.monotonic() + 240
        while time.monotonic() < until:
            time.sleep(1)
            with again.ask("GET", f"{again.address}{where.path}?{where.query}") as said:
                if said.status == 200:
                    listed = json.load(said)["output"]
                    break
        counts = {one["type"]: one["count"] for one in listed}
        assert counts["Patient"] == ENTRIES
        first = urlsplit(next(one["url"] for one in listed if one["type"] == "Patient"))
        with again.ask("GET", f"{again.address}{first.path}?{first.query}") as file:
            assert len({json.loads(line)["id"] for line in file}) == ENTRIES
    finally:
        again.kill()
