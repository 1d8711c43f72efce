"""Languages by name, in the reader's language."""

from __future__ import annotations

import pytest

from handrail.look.languages import language_name


@pytest.mark.parametrize(
    ("tag", "reader", "name"),
    [
        ("es", "en", "Spanish"),
        ("es-MX", "en", "Spanish"),
        ("ES", "es-US", "español"),
        ("ht", "en", "Haitian Creole"),  # no locale of its own in CLDR
        ("ase", "en", "American Sign Language"),
        ("Mixteco bajo", "en", "Mixteco bajo"),
        ("es", "tlh", "Spanish"),
        ("", "en", ""),
        ("../../etc", "en", "../../etc"),
    ],
)
def test_a_language_by_name(tag, reader, name):
    assert language_name(tag, reader) == name
