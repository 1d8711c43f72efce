"""Reads the dated rules from ``rules/*.toml`` and, for an organization, its own additions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from handrail.fhir.errors import HandrailError
from handrail.fhir.rulebook import Rule, Rulebook


class RuleFileError(HandrailError):
    """A rule file cannot be used; the message names the file and what is wrong in it."""

    status = 500
    code = "exception"


def rules_in(text: str, where: str) -> Iterable[Rule]:
    """Yield the rules written in a TOML text. ``where`` names it in errors."""
    try:
        entries = tomllib.loads(text).get("rule", [])
    except tomllib.TOMLDecodeError as error:
        raise RuleFileError(f"{where} is not valid TOML: {error}") from error
    for entry in entries:
        yield _rule(entry, where)


def _rule(entry: Mapping[str, Any], where: str) -> Rule:
    try:
        return Rule(**entry)
    except TypeError as error:
        raise RuleFileError(f"{where}, rule '{entry.get('id', '?')}': {error}.") from error


@lru_cache(maxsize=256)
def rulebook(org: int = 0) -> Rulebook:
    """Return the rules that an organization goes by, read once.

    The shipped ones, then those of the installation (``rules/*.toml`` in the data folder), then the
    organization's own (``rules/<its number>/*.toml`` there): an entry with the id of an earlier one
    replaces it. ``org`` 0 leaves the organizations' own out.
    """
    own = Path(settings.HANDRAIL_DATA) / "rules"
    folders = [Path(settings.HANDRAIL_RULES), own, *([own / str(org)] if org else [])]
    files = [file for folder in folders for file in sorted(folder.glob("*.toml"))]
    return Rulebook(rule for file in files for rule in rules_in(file.read_text("utf-8"), file.name))
