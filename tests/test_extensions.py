"""Every name of our own is told in ``docs/extensions.md``, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"urn:handrail:([A-Za-z][A-Za-z0-9_-]*)")


def written() -> dict[str, str]:
    """The names in the code and in what is shipped, each with a place where it stands."""
    found: dict[str, str] = {}
    files = [path for ends in ("py", "html") for path in (ROOT / "handrail").rglob(f"*.{ends}")]
    files += [path for ends in ("toml", "json") for path in (ROOT / "rules").rglob(f"*.{ends}")]
    for path in files:
        if "tests" not in path.parts:
            for name in NAME.findall(path.read_text("utf-8")):
                found.setdefault(name, str(path.relative_to(ROOT)))
    return found


def told() -> set[str]:
    return set(NAME.findall((ROOT / "docs" / "extensions.md").read_text("utf-8")))


def test_every_name_of_our_own_is_told():
    assert {name: where for name, where in written().items() if name not in told()} == {}


def test_no_name_is_told_that_nothing_writes():
    assert told() - set(written()) == set()


def test_what_work_begins_and_ends_with_is_told():
    page = (ROOT / "docs" / "extensions.md").read_text("utf-8")
    typed = re.compile(r"(?:TASK_(?:IN|OUT)PUT, |_output\()\"([a-z-]+)\"")
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "handrail/duties").rglob("*.py"))
    assert [name for name in typed.findall(code) if f"`{name}`" not in page] == []
