"""Compiles the translations (``locale/*/LC_MESSAGES/*.po``) that changed since."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from handrail.site.environment import CODE


def stale() -> Iterator[tuple[Path, Path]]:
    """Yield each translation file whose compiled twin is missing or older, with that twin."""
    for source in (CODE / "handrail").rglob("locale/*/LC_MESSAGES/*.po"):
        made = source.with_suffix(".mo")
        if not made.exists() or made.stat().st_mtime_ns < source.stat().st_mtime_ns:
            yield source, made


def compile_stale() -> int:
    """Compile what is stale; return how many files that were.

    An installation that cannot be written keeps what it was delivered with.
    """
    count = 0
    for source, made in stale():
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3])
        scratch = made.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            with scratch.open("wb") as file:
                write_mo(file, catalog)
            scratch.replace(made)
            count += 1
    return count
