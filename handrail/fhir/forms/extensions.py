"""The extensions of questionnaires that are understood here, and how to read one.

Sources: http://hl7.org/fhir/R4/questionnaire-profiles.html and
http://hl7.org/fhir/uv/sdc/STU3/ (Structured Data Capture).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
SDC: Final = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"

ABSENT: Final = f"{CORE}data-absent-reason"
CALCULATED: Final = f"{SDC}calculatedExpression"
CARRIED: Final = "urn:handrail:carried-from"
CONSTRAINT: Final = f"{CORE}questionnaire-constraint"
TARGET_CONSTRAINT: Final = f"{CORE}targetConstraint"
CONTROL: Final = f"{CORE}questionnaire-itemControl"
DECIMALS: Final = f"{CORE}maxDecimalPlaces"
DISPLAY_CATEGORY: Final = f"{CORE}questionnaire-displayCategory"
ENABLE: Final = f"{SDC}enableWhenExpression"
ENTRY_FORMAT: Final = f"{CORE}entryFormat"
EXCLUSIVE: Final = f"{CORE}questionnaire-optionExclusive"
HIDDEN: Final = f"{CORE}questionnaire-hidden"
INITIAL: Final = f"{SDC}initialExpression"
MAXIMUM: Final = f"{CORE}maxValue"
MAX_OCCURS: Final = f"{CORE}questionnaire-maxOccurs"
MEDIA: Final = f"{SDC}itemMedia"
MINIMUM: Final = f"{CORE}minValue"
MIN_LENGTH: Final = f"{CORE}minLength"
MIN_OCCURS: Final = f"{CORE}questionnaire-minOccurs"
OPTION_PREFIX: Final = f"{CORE}questionnaire-optionPrefix"
REGEX: Final = f"{CORE}regex"
SUPPORT_LINK: Final = f"{CORE}questionnaire-supportLink"
TRANSLATION: Final = f"{CORE}translation"
UNIT: Final = f"{CORE}questionnaire-unit"
UNIT_OPTION: Final = f"{CORE}questionnaire-unitOption"
VARIABLE: Final = f"{CORE}variable"
WEIGHTS: Final = (
    f"{CORE}ordinalValue",
    f"{CORE}itemWeight",
    f"{CORE}questionnaire-ordinalValue",
    f"{CORE}codesystem-ordinalValue",
)
ORDINAL: Final = WEIGHTS[0]

Part = Mapping[str, Any]


def all_of(element: Part, url: str) -> Iterator[Any]:
    """Yield the value of every extension ``url`` of ``element``; those without a value not."""
    for one in element.get("extension", ()):
        if one.get("url") == url:
            value = value_of(one)
            if value is not None:
                yield value


def first_of(element: Part, *urls: str) -> Any:
    """Return the value of the first extension with one of ``urls``, or None."""
    for url in urls:
        for value in all_of(element, url):
            return value
    return None


def value_of(element: Part, name: str = "value") -> Any:
    """Return what stands in ``value[x]`` of ``element``, or None."""
    for key, value in element.items():
        if key.startswith(name) and key[len(name) : len(name) + 1].isupper():
            return value
    return None


def with_type(element: Part, name: str = "value") -> dict[str, Any]:
    """Return ``value[x]`` of ``element`` as it stands: ``{"valueCoding": {…}}``; empty if none."""
    for key, value in element.items():
        if key.startswith(name) and key[len(name) : len(name) + 1].isupper():
            return {f"value{key[len(name) :]}": value}
    return {}


def without(element: dict[str, Any], url: str) -> None:
    """Take the extensions ``url`` off ``element``."""
    left = [one for one in element.get("extension", ()) if one.get("url") != url]
    if left:
        element["extension"] = left
    else:
        element.pop("extension", None)


def translations(element: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    """Return the translations of the primitive ``name`` of ``element``."""
    found = []
    for one in (element.get(f"_{name}") or {}).get("extension", ()):
        if one.get("url") == TRANSLATION:
            parts = {part["url"]: value_of(part) for part in one.get("extension", ())}
            lang, content = parts.get("lang"), parts.get("content")
            if isinstance(lang, str) and isinstance(content, str):
                found.append((lang, content))
    return tuple(found)
