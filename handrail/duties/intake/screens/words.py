"""Words for people: states, ways of asking, scores, languages."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access.principal import Principal
from handrail.duties.intake.models import Score
from handrail.duties.intake.screens.questions import plain
from handrail.fhir.resource import Resource
from handrail.look.languages import language_name as called
from handrail.record.known import known

WAYS: Final = {
    "in-person": later("In person"),
    "phone": later("By phone"),
    "paper": later("From paper"),
    "self": later("Filled in by the person"),
}
STATES: Final = {
    "in-progress": later("Being filled in"),
    "completed": later("Finished"),
    "amended": later("Corrected"),
    "stopped": later("Set aside"),
}
TRANSLATION: Final = {
    "published": later("Wording as published by its authors."),
    "draft": later("Our own translation, not yet reviewed by a qualified translator."),
    "reviewed": later("Translation reviewed by a qualified translator."),
}


def language_name(tag: str) -> str:
    """Return what a language is called, in the language of the page."""
    return called(tag).capitalize()


def score_words(row: Score) -> str:
    """Return a score in words: its number and what it means."""
    if row.value is None:
        return row.words or _("not counted, an answer is missing")
    number = plain(row.value)
    return f"{number}: {row.words}" if row.words else number


def person_of(by: Principal, patient: str) -> Resource:
    """Return the Patient whose page this is; the caller has checked that it may be seen."""
    return known(by.org).read(f"Patient/{patient}") or {}


def name_of(person: Resource) -> str:
    """Return a person's name as one says it, given names first."""
    names = person.get("name") or [{}]
    name = next((one for one in names if one.get("use") == "official"), names[0])
    parts = [*name.get("given", ()), name.get("family", "")]
    return str(name.get("text") or " ".join(part for part in parts if part))


def born_of(by: Principal, patient: str) -> date | None:
    """Return the birth date; None if it is not known to the day."""
    try:
        return date.fromisoformat(str(person_of(by, patient).get("birthDate", "")))
    except ValueError:
        return None


def speaks(person: Resource) -> str:
    """Return the tag of the language a person prefers; empty if it is not known."""
    spoken = person.get("communication", ())
    ordered = sorted(spoken, key=lambda each: not each.get("preferred"))
    for each in ordered:
        for coding in (each.get("language") or {}).get("coding", ()):
            if coding.get("code"):
                return str(coding["code"])
    return ""
