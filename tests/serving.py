"""A running Handrail for tests whose client is somebody else's program."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import URL

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds for the server to be ready


@contextmanager
def served(database: str, folder: Path, **more: str) -> Iterator[str]:
    """Run ``handrail serve`` on a database of the test server; yield its address."""
    port = free_port()
    url = urlsplit(os.environ[URL])._replace(path=f"/{database}").geturl()
    own = {
        URL: url,
        "HANDRAIL_DATA": str(folder),
        "HANDRAIL_HTTPS": "0",
        "HANDRAIL_ADDRESS": f"http://127.0.0.1:{port}",
    }
    known = os.environ | own | more
    log = (folder / "serve.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "handrail.site.cli", "serve", "--port", str(port)],
        cwd=ROOT,
        env=known,
        stdout=log,
        stderr=log,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/sign-in", server, Path(log.name))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers; say what it said if it does not."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310 - our own server
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())
