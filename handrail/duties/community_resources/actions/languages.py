"""The names of languages, in the reader's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

LANGUAGES: Final[Mapping[str, str]] = {
    "en": noop("English"),
    "es": noop("Spanish"),
    "zh": noop("Chinese"),
    "cmn": noop("Mandarin"),
    "yue": noop("Cantonese"),
    "tl": noop("Tagalog"),
    "fil": noop("Filipino"),
    "vi": noop("Vietnamese"),
    "ko": noop("Korean"),
    "ru": noop("Russian"),
    "ar": noop("Arabic"),
    "fa": noop("Farsi"),
    "pt": noop("Portuguese"),
    "fr": noop("French"),
    "ht": noop("Haitian Creole"),
    "hi": noop("Hindi"),
    "ja": noop("Japanese"),
    "it": noop("Italian"),
    "de": noop("German"),
    "pl": noop("Polish"),
    "so": noop("Somali"),
    "sm": noop("Samoan"),
    "to": noop("Tongan"),
    "hy": noop("Armenian"),
    "ur": noop("Urdu"),
    "pa": noop("Punjabi"),
    "bn": noop("Bengali"),
    "km": noop("Khmer"),
    "hmn": noop("Hmong"),
    "uk": noop("Ukrainian"),
    "am": noop("Amharic"),
    "el": noop("Greek"),
    "ase": noop("American Sign Language"),
}
"""Languages that directories of the United States name, by BCP-47 code."""


def names() -> dict[str, str]:
    """Return the name of each language."""
    return {code: _(name) for code, name in LANGUAGES.items()}


def name(code: str) -> str:
    """Return the name of a language; what has no code is its own name."""
    return _(LANGUAGES[code]) if code in LANGUAGES else code
