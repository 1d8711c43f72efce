"""Whether a process is what we take it for: numbers are used again, and the dead stay listed."""

from __future__ import annotations

import subprocess
from pathlib import Path


def serves(number: int, files: Path) -> bool:
    """Tell whether process ``number`` is alive and is the server of the directory ``files``."""
    process = Path(f"/proc/{number}")
    if not Path("/proc/self").is_dir():  # no Linux
        return _listed(number, files)
    try:
        state = (process / "stat").read_text(encoding="utf-8", errors="replace")
        if state.rpartition(")")[2].split()[0] in {"Z", "X"}:
            return False  # dead, not yet collected by its parent
        return (process / "cwd").samefile(files) and "postgres" in state
    except OSError:
        return False


def _listed(number: int, files: Path) -> bool:
    told = subprocess.run(  # noqa: S603 - fixed arguments
        ["/bin/ps", "-o", "state=,command=", "-p", str(number)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return bool(told) and not told.startswith("Z") and str(files) in told
