"""Frozen views of what this room reads: answers, forms. Parse, do not dig.

FHIR R4 QuestionnaireResponse and Questionnaire (SDC). How an assessment was asked and which version
of the form it was begun with are Handrail's own extensions, because R4 has no element for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.resource import Resource, id_of, target_of

ASKED_BY: Final = "urn:handrail:asked-by"
FORM_VERSION: Final = "urn:handrail:questionnaire-version"
FORMER: Final = "urn:handrail:former-answer"
PROGRESS: Final = "urn:handrail:progress"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
CARRIED: Final = "urn:handrail:carried-from"
DISPLAY: Final = "http://hl7.org/fhir/StructureDefinition/display"
TRANSLATION_STATUS: Final = "urn:handrail:translation-status"

IN_PERSON, PHONE, PAPER, SELF = "in-person", "phone", "paper", "self"
WAYS: Final = (IN_PERSON, PHONE, PAPER, SELF)
DECLINED, UNKNOWN = "asked-declined", "asked-unknown"

OPEN: Final = frozenset({"in-progress"})
DONE: Final = frozenset({"completed", "amended"})
SAFETY_STATUSES: Final = frozenset({"in-progress", "completed", "amended", "stopped"})


def extension_of(element: Mapping[str, Any], url: str) -> Any:
    """Return the value of the first extension ``url``, or None."""
    for one in element.get("extension", ()):
        if one.get("url") == url:
            return next((value for key, value in one.items() if key.startswith("value")), None)
    return None


def with_extension(element: Resource, url: str, **value: Any) -> Resource:
    """Return ``element`` with this one extension ``url``; without ``value``, with none of it."""
    others = [one for one in element.get("extension", ()) if one.get("url") != url]
    if value:
        others.append({"url": url, **value})
    kept = {key: part for key, part in element.items() if key != "extension"}
    return {**kept, "extension": others} if others else kept


@dataclass(frozen=True, slots=True)
class Answers:
    """A QuestionnaireResponse, as far as lists need it.

    ``form`` is the canonical url of its questionnaire, ``version`` the business version it names;
    ``definition`` is ``Questionnaire/id`` and ``definition_version`` the version of that resource
    it was begun with, both empty when another system wrote it.
    """

    id: str
    patient: str
    status: str
    form: str
    version: str
    title: str
    authored: str
    by: str
    by_name: str
    language: str
    asked_by: str
    definition: str
    definition_version: str
    answered: int
    asked: int

    @property
    def is_open(self) -> bool:
        """Tell whether it is still being filled in."""
        return self.status in OPEN

    @property
    def is_own(self) -> bool:
        """Tell whether it was written by this room."""
        return bool(self.definition)


def answers_of(response: Resource) -> Answers:
    """Return the view of a QuestionnaireResponse."""
    form, _, version = str(response.get("questionnaire", "")).partition("|")
    definition, _, known = target_of(extension_of(response, FORM_VERSION)).partition("/_history/")
    answered, asked = progress_of(response)
    who = response.get("author") or {}
    return Answers(
        id=str(response.get("id", "")),
        patient=id_of(response.get("subject"), "Patient"),
        status=str(response.get("status", "")),
        form=form,
        version=version,
        title=str(extension_of(response.get("_questionnaire") or {}, DISPLAY) or ""),
        authored=str(response.get("authored", "")),
        by=target_of(who),
        by_name=str(who.get("display", "")),
        language=str(response.get("language", "")),
        asked_by=str(extension_of(response, ASKED_BY) or ""),
        definition=definition,
        definition_version=known,
        answered=answered,
        asked=asked,
    )


def progress_of(response: Resource) -> tuple[int, int]:
    """Return how many questions are answered or declined, and of how many; 0 when not known."""
    said = str(extension_of(response, PROGRESS) or "")
    answered, _, asked = said.partition("/")
    if answered.isdecimal() and asked.isdecimal():
        return int(answered), int(asked)
    return sum(1 for item in items_of(response) if item.get("answer")), 0


def items_of(response: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield every item of a QuestionnaireResponse, those below answers too, in order."""
    waiting: list[Resource] = list(reversed(response.get("item", ())))
    while waiting:
        item = waiting.pop()
        yield item
        below: list[Resource] = list(item.get("item", ()))
        for answer in item.get("answer", ()):
            below += answer.get("item", ())
        waiting += reversed(below)


def value_of(answer: Mapping[str, Any]) -> Any:
    """Return the value of an answer, whatever its type; None if there is none."""
    return next((value for key, value in answer.items() if key.startswith("value")), None)


def values_of(item: Mapping[str, Any]) -> list[Any]:
    """Return the values of an item's answers."""
    found = (value_of(answer) for answer in item.get("answer", ()))
    return [value for value in found if value is not None]


def absent_reason(item: Mapping[str, Any]) -> str:
    """Return why an item has no answer (asked-declined, asked-unknown), or an empty string."""
    return str(extension_of(item, ABSENT) or "")


def is_carried(item: Mapping[str, Any]) -> bool:
    """Tell whether the answer is an old one that nobody confirmed yet."""
    return extension_of(item, CARRIED) is not None


def is_empty(response: Mapping[str, Any]) -> bool:
    """Tell whether nothing was answered and nothing declined."""
    return not any(item.get("answer") or absent_reason(item) for item in items_of(response))


def codes_by_link(questionnaire: Mapping[str, Any]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the (system, code) pairs of each item of a Questionnaire, by linkId."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    waiting: list[Mapping[str, Any]] = list(questionnaire.get("item", ()))
    while waiting:
        item = waiting.pop()
        pairs = tuple(
            (str(c.get("system", "")), str(c.get("code", ""))) for c in item.get("code", ())
        )
        found[str(item.get("linkId", ""))] = pairs
        waiting += item.get("item", ())
    return found


def panel_codes(questionnaire: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the codes of the form as a whole."""
    return tuple(str(code.get("code", "")) for code in questionnaire.get("code", ()))


def languages_of(questionnaire: Mapping[str, Any]) -> Sequence[str]:
    """Return the languages a Questionnaire is written in: its own, and those of its title."""
    own = str(questionnaire.get("language", "") or "en")
    found = [own]
    for extension in (questionnaire.get("_title") or {}).get("extension", ()):
        parts = {part.get("url"): part for part in extension.get("extension", ())}
        tag = str((parts.get("lang") or {}).get("valueCode", ""))
        if tag and tag not in found:
            found.append(tag)
    return found
