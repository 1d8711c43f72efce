"""Synthetic histories to load and to measure floors with, if they are on this machine."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import orjson

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "synthea" / "r4-2019-ma"
WHERE = "HANDRAIL_BENCH_BUNDLES"


class AbsentError(Exception):
    """Something this measurement needs is not on this machine; the message says what."""


@cache
def bundles() -> list[Path]:
    """Return the transaction bundles to load: one synthetic person's history each.

    Raises:
        AbsentError: there are none.
    """
    folder = Path(os.environ.get(WHERE) or _BESIDE)
    found = sorted(path for path in folder.glob("*.json*") if path.is_file())
    if not found:
        raise AbsentError(
            f"There are no bundles in {folder}. Set {WHERE} to a folder of Synthea's R4 output."
        )
    return found


def text_of(path: Path) -> bytes:
    """Return a bundle's text, unpacked."""
    packed = path.read_bytes()
    return gzip.decompress(packed) if path.suffix == ".gz" else packed


def entries(path: Path) -> int:
    """Return how many resources a bundle has."""
    return len(orjson.loads(text_of(path))["entry"])


@cache
def resources(most: int = 20_000) -> list[bytes]:
    """Return the texts of the first ``most`` resources."""
    found: list[bytes] = []
    for text in _texts():
        found.append(text)
        if len(found) >= most:
            break
    return found


def _texts() -> Iterator[bytes]:
    for path in bundles():
        for entry in orjson.loads(text_of(path))["entry"]:
            yield orjson.dumps(entry["resource"])
