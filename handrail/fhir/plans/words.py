"""Words in more than one language, as FHIR writes them: a text and its translations.

Source: http://hl7.org/fhir/R4/extension-translation.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"


@dataclass(frozen=True, slots=True)
class Words:
    """A text, and what it is in other languages (by BCP 47 code)."""

    text: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    def said_in(self, language: str) -> tuple[str, bool]:
        """Return the words in ``language``, and whether they are; else the original's."""
        for code in (language, language.partition("-")[0]):
            if code in self.others:
                return self.others[code], True
        return self.text, language.partition("-")[0] in {"", "en"}

    @override
    def __str__(self) -> str:
        """Return the original's words."""
        return self.text


def text(value: Any) -> str:
    """Return ``value`` if it is a text, else an empty one."""
    return value.strip() if isinstance(value, str) else ""


def parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a JSON list; anything else yields nothing."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            yield one


def part(value: Any) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def words_of(element: Mapping[str, Any], name: str) -> Words:
    """Return the words in the field ``name``, with the translations beside it."""
    others: dict[str, str] = {}
    for extension in parts(part(element.get(f"_{name}")).get("extension")):
        if extension.get("url") == TRANSLATION:
            given = {text(one.get("url")): one for one in parts(extension.get("extension"))}
            code = text(part(given.get("lang")).get("valueCode"))
            content = part(given.get("content"))
            said = text(content.get("valueString")) or text(content.get("valueMarkdown"))
            if code and said:
                others[code] = said
    return Words(text(element.get(name)), others)


def concept_words(concept: Any) -> Words:
    """Return the words for a CodeableConcept: its text, else a display, else a code."""
    found = words_of(part(concept), "text")
    if found.text:
        return found
    codings = list(parts(part(concept).get("coding")))
    shown = (text(one.get("display")) for one in codings)
    coded = (text(one.get("code")) for one in codings)
    return Words(next((one for one in (*shown, *coded) if one), ""))


def written(name: str, words: Words) -> dict[str, Any]:
    """Return the fields that hold ``words`` under ``name``."""
    made: dict[str, Any] = {name: words.text} if words.text else {}
    told = [_translation(code, said) for code, said in sorted(words.others.items()) if said]
    if told:
        made[f"_{name}"] = {"extension": told}
    return made


def _translation(code: str, said: str) -> dict[str, Any]:
    inner = [{"url": "lang", "valueCode": code}, {"url": "content", "valueString": said}]
    return {"url": TRANSLATION, "extension": inner}
