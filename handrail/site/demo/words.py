"""The lists that stories choose from, read from the TOML files beside: conditions, names, steps."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@lru_cache(maxsize=16)
def read(name: str) -> Mapping[str, Any]:
    """Return a TOML file of this package, such as ``variety/names``."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text("utf-8"))


def stories() -> list[dict[str, Any]]:
    """Return the stories that were written by hand, in the order of their files."""
    files = sorted((_HERE / "stories").glob("*.toml"))
    return [story for file in files for story in read(f"stories/{file.stem}")["person"]]


@lru_cache(maxsize=1)
def _more() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted((_HERE / "more").glob("*.toml")):
        for line in read(f"more/{file.stem}")["line"]:
            found.setdefault(str(line["of"]), []).append(dict(line))
    return found


def more(key: str) -> list[dict[str, Any]]:
    """Return the further lines of one story, which stand in files by subject in ``more``."""
    return list(_more().get(key, ()))


CONDITIONS: Mapping[str, Mapping[str, str]] = read("variety/conditions")
MEDICINES: Mapping[str, str] = read("variety/medicines")
LANGUAGE_NAMES: Mapping[str, str] = read("variety/languages")
