"""Languages by name, for the reader. Source of the names: Unicode CLDR, by Babel."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language


def language_name(tag: str, reader: str = "") -> str:
    """Return what a language is called; the tag where nobody knows it.

    Args:
        tag: BCP 47, as FHIR writes it ("es", "es-MX"); the region does not change the name.
        reader: in which language; empty: that of the page.
    """
    return _named(tag, (reader or get_language() or "en").partition("-")[0])


@lru_cache(maxsize=1024)
def _named(tag: str, reader: str) -> str:
    try:
        names = Locale.parse(reader).languages
    except (UnknownLocaleError, ValueError):
        names = Locale.parse("en").languages
    return str(names.get(tag.partition("-")[0].lower()) or tag)
