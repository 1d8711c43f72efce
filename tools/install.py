"""Installs Handrail into ``.venv``, from a lock with hashes, with any CPython from 3.11 on.

``python3 tools/install.py run`` installs what it needs to run, ``dev`` also what its tests need.
Uses the standard library only. pip's own configuration (index, proxy, cache) holds. A second run
with the same lock takes a fraction of a second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LAUNCHER = """#!{python}
import sys
from handrail.site.cli import main
sys.exit(main())
"""


class InstallError(Exception):
    """The installation cannot go on; the message says what to do."""


def newer_python() -> str | None:
    """Return a Python that is new enough, if this one is not and another is there."""
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    return None


def stamp_of(lock: Path) -> str:
    """Return what an installation is made from: lock, place and Python."""
    parts = (lock.read_bytes(), str(ROOT).encode(), sys.version.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_environment() -> None:
    """Create ``.venv`` with pip in it, unless it is there and works.

    Raises:
        InstallError: this Python came without pip, as Debian's does.
    """
    if PYTHON.exists() and works([PYTHON, "-m", "pip", "--version"]):
        return
    if not works([sys.executable, "-c", "import ensurepip, venv"]):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise InstallError(
            f"Python {version} came without venv and pip. On Debian and Ubuntu run:"
            f" apt-get install python{version}-venv"
        )
    say("Creating .venv")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode:
        raise InstallError(f"{VENV} could not be made. Make room, or remove it, and try again.")


def works(command: list[str | Path]) -> bool:
    """Tell whether a command ends well."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def install(lock: Path) -> None:
    """Install everything in the lock, showing how far it is.

    Raises:
        InstallError: pip refused or could not fetch something; its last words are shown.
    """
    sys.path.insert(0, str(ROOT))
    from handrail.site.progress import Progress

    options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--progress-bar=off"]
    quiet = ["--disable-pip-version-check", "--no-input", "--no-python-version-warning"]
    command = [str(PYTHON), "-m", "pip", "install", *options, *quiet, "-r", str(lock)]
    total = lock.read_text(encoding="utf-8").count("==")
    words: list[str] = []
    with (
        Progress("Fetching packages", total, "packages") as progress,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        ) as pip,
    ):
        for line in pip.stdout or ():
            words.append(line.rstrip())
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                progress.add()
            elif line.startswith("Ignoring "):
                progress.reach(progress.done, (progress.total or 1) - 1)
            elif line.startswith("Installing "):
                progress.reach(progress.total or progress.done)
                progress.note("Unpacking…")
    if pip.returncode:
        raise InstallError("\n".join([*words[-8:], "The packages could not be installed."]))


def connect() -> None:
    """Make ``handrail`` importable and a command in ``.venv``, without building a package."""
    packages = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    Path(packages, "handrail.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    launcher = VENV / "bin" / "handrail"
    launcher.write_text(LAUNCHER.format(python=PYTHON), encoding="utf-8")
    launcher.chmod(0o755)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(kind: str) -> int:
    """Install; return the exit status."""
    lock = ROOT / "requirements" / f"{kind}.lock"
    stamp = VENV / f"installed-{kind}"
    wanted = stamp_of(lock)
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return 0
    try:
        make_environment()
        install(lock)
        connect()
    except InstallError as error:
        say(f"\n{error}")
        return 1
    stamp.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        other = newer_python()
        if other is None:
            say(
                "Handrail needs Python 3.11 or newer; python3 is {}.{}. Install one, or name it:"
                " make demo PYTHON=/path/to/python3.11".format(*sys.version_info[:2])
            )
            sys.exit(1)
        os.execv(other, [other, *sys.argv])
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
