"""The words of these pages, and the lists to choose from."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.duties.registration.rules.details import RELATIONSHIP_CODES
from handrail.look.languages import language_name

# The languages most spoken at home in the United States by people who speak English less than very
# well (Census Bureau, American Community Survey, table S1601 and its detailed languages).
LANGUAGES = (
    "en", "es", "zh", "vi", "tl", "ar", "ko", "fr", "ht", "ru", "pt", "pl", "fa", "ur", "hi", "bn",
    "gu", "pa", "te", "ta", "ja", "de", "it", "el", "he", "am", "so", "sw", "yo", "ne", "my", "km",
    "th", "lo", "hmn", "uk", "hy", "ps", "nv", "ase",
)  # fmt: skip
USES = {"mobile": later("mobile"), "home": later("home"), "work": later("work"), "": later("other")}
ANSWERS = {"yes": later("Yes"), "no": later("No"), "unknown": later("Not known")}
GENDERS = {
    "": later("Not known"),
    "female": later("Female"),
    "male": later("Male"),
    "other": later("Other"),
    "unknown": later("Unknown"),
}
SCOPES = {
    "all": later("Everything about care"),
    "appointments": later("Appointments and rides only"),
    "emergency": later("Emergencies only"),
    "parts": later("Some parts only: see Team"),
}
MESSAGES = {
    "yes": later("message OK"),
    "no": later("no messages"),
    "unknown": later("ask about messages"),
}


def language(code: str, text: str = "") -> str:
    """Return the name of a language (BCP 47) in the reader's language."""
    return language_name(code) if code else text


def languages(present: str) -> list[tuple[str, str]]:
    """Return the languages to choose from, with the one that is set, if it is a rare one."""
    codes = dict.fromkeys((*LANGUAGES, present))
    named = sorted(((code, language(code)) for code in codes if code), key=lambda pair: pair[1])
    return [("", _("Not known")), *named]


def choices(words: dict[str, str]) -> list[tuple[str, str]]:
    """Return (code, label) in the reader's language."""
    return [(code, _(label)) for code, label in words.items()]


def relationships() -> list[tuple[str, str]]:
    """Return how somebody can belong to a patient."""
    return [("", _("Choose")), *((code, _(text)) for code, text in RELATIONSHIP_CODES.items())]
