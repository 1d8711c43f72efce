"""The rules as they are shipped, for tests of what is pure: read from the files, no settings."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from handrail.fhir.rulebook import Rule, Rulebook

FOLDER = Path(__file__).parent.parent / "rules"


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return every rule of ``rules/*.toml``."""
    files = sorted(FOLDER.glob("*.toml"))
    return tuple(
        Rule(**one) for file in files for one in tomllib.loads(file.read_text("utf-8"))["rule"]
    )


@cache
def shipped() -> Rulebook:
    """Return the rule book of an organization that added none of its own."""
    return Rulebook(shipped_rules())
