"""Finds the browser for the browser tests, or installs Debian's Chromium where that is possible.

Prints its path. Ends with 3 and says what to do if there is none and it cannot be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = 3


def find() -> str | None:
    """Return the path of a browser: HANDRAIL_CHROMIUM, or the first of the usual names."""
    chosen = os.environ.get("HANDRAIL_CHROMIUM")
    found = (shutil.which(name) for name in ([chosen] if chosen else NAMES))
    return next((path for path in found if path), None)


def install() -> None:
    """Install Debian's Chromium, if we are root where apt-get is."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stderr.write("Installing Chromium for the browser tests…\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=False)


def main() -> int:
    """Print the browser's path."""
    path = find()
    if path is None:
        install()
        path = find()
    if path is None:
        sys.stderr.write(
            "No Chromium was found, so the browser tests cannot run. Install it (Debian:"
            " apt-get install chromium) or set HANDRAIL_CHROMIUM to its path.\n"
        )
        return ABSENT
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
