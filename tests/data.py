"""Find test data that is not part of the project; tests that need it say so and are skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parent.parent.parent / "shared"


def data(path: str) -> Path:
    """Return ``path`` within ``HANDRAIL_TEST_DATA``, or skip the test when it is not there."""
    found = Path(os.environ.get("HANDRAIL_TEST_DATA") or _BESIDE / "data") / path
    if not found.exists():
        pytest.skip(f"{path} is not here; set HANDRAIL_TEST_DATA to the folder with the test data")
    return found


def reference(path: str) -> Path:
    """Return ``path`` within ``HANDRAIL_TEST_REFERENCE``, or skip the test when it is not there."""
    found = Path(os.environ.get("HANDRAIL_TEST_REFERENCE") or _BESIDE / "reference") / path
    if not found.exists():
        pytest.skip(f"{path} is not here; set HANDRAIL_TEST_REFERENCE to the folder that has it")
    return found
