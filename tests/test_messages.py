"""What people read is collected for translators, and nothing that was translated gets lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tools import messages

IMPORTED = re.compile(r"import (n?p?gettext(?:_noop|_lazy)?|noop)(?: as (\w+))?$", re.MULTILINE)
CATALOGS = sorted(messages.HOUSE.rglob("*.po"))


def test_every_name_that_marks_words_is_known_to_the_collector():
    used = {
        alias or name
        for path in messages.HOUSE.rglob("*.py")
        for name, alias in IMPORTED.findall(path.read_text("utf-8"))
    }
    assert used <= set(messages.KEYWORDS)
    assert {"_", "later", "noop"} <= used


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: str(path.relative_to(messages.HOUSE)))
def test_what_was_translated_is_still_said(path: Path):
    with path.open("rb") as file:
        translated = {one.id for one in read_po(file) if one.id and one.string}
    said = {one.id for one in messages.collect(path.parents[3])}
    assert translated - said == set()
