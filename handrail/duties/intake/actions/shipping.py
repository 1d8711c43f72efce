"""The forms that come with Handrail: ``rules/instruments/*.json``, read once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings

from handrail.fhir import text
from handrail.fhir.resource import Resource


@cache
def _texts() -> tuple[bytes, ...]:
    folder = Path(settings.HANDRAIL_RULES) / "instruments"
    return tuple(file.read_bytes() for file in sorted(folder.glob("*.json")))


def shipped() -> Iterable[Resource]:
    """Return the Questionnaires that every organization gets."""
    return [text.parse(body) for body in _texts()]
