"""Which SDOH domains the words of a taxonomy speak of. The words are data: ``domains.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_WORDS = re.compile(r"[^a-z0-9]+")


def domains_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the domains that names of terms speak of, in the order of the data."""
    said = [f" {_WORDS.sub(' ', name.lower()).strip()} " for name in names]
    return tuple(
        domain
        for domain, (words, never) in _known().items()
        if any(_speaks(name, words, never) for name in said)
    )


def _speaks(name: str, words: tuple[str, ...], never: tuple[str, ...]) -> bool:
    return any(word in name for word in words) and not any(word in name for word in never)


@cache
def _known() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    found = tomllib.loads(files(__package__).joinpath("domains.toml").read_text("utf-8"))
    return {
        domain: (_spaced(told["words"]), _spaced(told.get("not", ())))
        for domain, told in found.items()
        if isinstance(told, dict)
    }


def _spaced(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(f" {_WORDS.sub(' ', word.lower()).strip()} " for word in words)
