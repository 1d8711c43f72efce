"""The words of the list that a person takes home, in plain English and Spanish.

The Spanish was written by us and is to be reviewed by a qualified translator (45 CFR 92.201).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Final

from handrail.fhir.directory.opening import Hours, grouped

_NOON: Final = 12

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Places that can help",
        "first": "Call first. Hours can change.",
        "phone": "Phone",
        "where": "Where",
        "hours": "Open",
        "cost": "Cost",
        "bring": "Bring",
        "who": "Who may come",
        "apply": "How to apply",
        "languages": "Languages",
        "free": "Free",
        "all day": "all day",
        "and": "and",
        "to": "to",
        "checked": "We checked this on {day}.",
        "unchecked": "We have not checked this yet.",
        "none": "We did not find a place on this list. Call us.",
        "notice": "",
    },
    "es": {
        "title": "Lugares que pueden ayudar",
        "first": "Llame primero. El horario puede cambiar.",
        "phone": "Teléfono",
        "where": "Dónde",
        "hours": "Abierto",
        "cost": "Costo",
        "bring": "Traiga",
        "who": "Quién puede ir",
        "apply": "Cómo pedirlo",
        "languages": "Idiomas",
        "free": "Gratis",
        "all day": "todo el día",
        "and": "y",
        "to": "a",
        "checked": "Lo revisamos el {day}.",
        "unchecked": "Todavía no lo hemos revisado.",
        "none": "No hay ningún lugar en esta lista. Llámenos.",
        "notice": "Un traductor calificado aún no ha revisado esta traducción.",
    },
}
"""What stands on the list, by language."""

_DAYS: Final[Mapping[str, Sequence[str]]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}

LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "en": "inglés",
        "es": "español",
        "zh": "chino",
        "yue": "cantonés",
        "tl": "tagalo",
        "vi": "vietnamita",
        "ko": "coreano",
        "ru": "ruso",
        "ar": "árabe",
        "pt": "portugués",
        "fr": "francés",
        "ht": "criollo haitiano",
    }
}
"""Names of languages in the language of the list, where they are not the reader's."""


_MONTHS: Final[Mapping[str, Sequence[str]]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
}


def day(on: date, language: str) -> str:
    """Return a day as people say it: "November 22, 2026", "22 de noviembre de 2026"."""
    month = _MONTHS[language][on.month - 1]
    if language == "es":
        return f"{on.day} de {month} de {on.year}"
    return f"{month} {on.day}, {on.year}"


def clock(at: time, language: str) -> str:
    """Return a time as people say it: "9 AM", "9:30 a. m."."""
    hour = at.hour % _NOON or _NOON
    minute = f":{at.minute:02}" if at.minute else ""
    halves = ("AM", "PM") if language == "en" else ("a. m.", "p. m.")
    return f"{hour}{minute} {halves[at.hour >= _NOON]}"


def hours(spans: Sequence[Hours], language: str) -> list[str]:
    """Return the week in lines: "Monday to Friday: 9 AM to 5 PM"."""
    words, days = WORDS[language], _DAYS[language]
    lines, joint = [], f" {words['and']} "
    for listed, held in grouped(spans):
        times = [
            words["all day"]
            if opens == closes
            else f"{clock(opens, language)} {words['to']} {clock(closes, language)}"
            for opens, closes in held
        ]
        runs = list(listed) == list(range(listed[0], listed[-1] + 1)) and len(listed) > 1
        named = (
            f"{days[listed[0]]} {words['to']} {days[listed[-1]]}"
            if runs
            else ", ".join(days[one] for one in listed)
        )
        lines.append(f"{named[:1].upper()}{named[1:]}: {joint.join(times)}")
    return lines
