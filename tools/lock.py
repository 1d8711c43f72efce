"""Writes ``requirements/*.lock`` from ``pyproject.toml``: every version with its hashes.

Needs uv (``pip install uv``). The locks name no registry, so they work with any index that has
the same files.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "run": [],
    "dev": ["--group", "dev", "--constraint", "requirements/run.lock"],
}
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
]


def main() -> int:
    """Write the locks; what is locked already stays unless ``--upgrade`` is given."""
    for name, more in LOCKS.items():
        output = f"--output-file=requirements/{name}.lock"
        command = ["uv", "pip", "compile", "pyproject.toml", *more, *OPTIONS, output]
        done = subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
