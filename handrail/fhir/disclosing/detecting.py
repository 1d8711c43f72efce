"""Is this fact sensitive? By label, code, form, source and words; nothing here is certain.

A fact is looked at whole: every code, every text and every reference inside of it counts. What is
not understood is called unread (:func:`unread`), never harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from handrail.fhir.disclosing.kinds import (
    PART_2,
    RESTRICTED,
    SUBSTANCE_USE,
    Kinds,
    kinds,
    plain,
)
from handrail.fhir.rulebook import Rulebook

_LABELS: Final = frozenset({"security", "securityLabel"})
_CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PLAIN_LABELS: Final = frozenset({"U", "L", "M", "N"})
_LOINC: Final = "http://loinc.org"
# What holds no words of people: addresses, ids, dates, codes of FHIR itself.
_SILENT: Final = frozenset(
    [
        "resourceType",
        "id",
        "system",
        "url",
        "reference",
        "profile",
        "versionId",
        "lastUpdated",
        "data",
        "contentType",
        "status",
        "intent",
        "use",
        "unit",
        "hash",
        "language",
        "linkId",
        "fullUrl",
        "valueUri",
        "valueUrl",
        "valueCanonical",
        "valueDate",
        "valueDateTime",
        "instantiatesCanonical",
        "instantiatesUri",
    ]
)
_SOURCES: Final = frozenset(
    [
        "author",
        "custodian",
        "performer",
        "asserter",
        "recorder",
        "source",
        "serviceProvider",
        "managingOrganization",
        "requester",
        "informationSource",
        "dispenser",
        "organization",
    ]
)
Found = Iterator[tuple[tuple[str, ...], Any]]


def sensitive(resource: Mapping[str, Any], rules: Rulebook) -> frozenset[str]:
    """Return which kinds of sensitive facts a resource holds; empty: none that is known here.

    What stands in ``contained`` and inside a Bundle counts as part of it.
    """
    book = kinds(rules)
    found = set(_of_parts(resource, book))
    if {RESTRICTED} < found:
        found.discard(RESTRICTED)
    return frozenset(found)


def _of_parts(resource: Mapping[str, Any], book: Kinds) -> Iterator[str]:
    for path, value in _every(resource, ()):
        if isinstance(value, Mapping):
            yield from _of_element(path, value, book)
        elif isinstance(value, str):
            yield from _of_text(path[-1] if path else "", value, book)


def _every(value: Any, path: tuple[str, ...]) -> Found:
    """Yield (path of names, value) of every element and text, without recursion."""
    waiting = [(path, value)]
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, Mapping):
            yield where, one
            waiting += [((*where, str(name)), inner) for name, inner in one.items()]
        elif isinstance(one, list | tuple):
            waiting += [(where, inner) for inner in one]
        else:
            yield where, one


def _of_element(path: tuple[str, ...], element: Mapping[str, Any], book: Kinds) -> Iterator[str]:
    code, system = element.get("code"), str(element.get("system", ""))
    if isinstance(code, str):
        if path and path[-1] in _LABELS:
            yield from _of_label(system, code, book)
        yield from (kind.code for kind in book.every if kind.coded(system, code))
    target = element.get("reference")
    if isinstance(target, str) and _literal(target) in book.programs:
        yield PART_2 if _SOURCES & set(path) else SUBSTANCE_USE


def _of_label(system: str, code: str, book: Kinds) -> Iterator[str]:
    found = [kind.code for kind in book.every if code in kind.labels]
    yield from found
    confidential = system == _CONFIDENTIALITY and code not in _PLAIN_LABELS
    if not found and (confidential or system == _ACT_CODE):
        yield RESTRICTED


def _of_text(name: str, text: str, book: Kinds) -> Iterator[str]:
    if name == "linkId":
        last = text.rpartition("/")[2]
        yield from (kind.code for kind in book.every if kind.coded(_LOINC, last))
    if name == "questionnaire":
        form = text.partition("|")[0].rpartition("/")[2].rpartition(":")[2].casefold()
        yield from (kind.code for kind in book.every if form in kind.questionnaires)
    elif name not in _SILENT:
        words = plain(text)
        yield from (kind.code for kind in book.every if kind.said(words))


def _literal(target: str) -> str:
    return "/".join(target.partition("/_history/")[0].split("/")[-2:])


def unread(resource: Mapping[str, Any], rules: Rulebook) -> bool:
    """Tell whether a resource is words, a picture or a code of a list that we do not know.

    Somebody has to read it before it leaves.
    """
    book = kinds(rules)
    if resource.get("resourceType") in book.types:
        return True
    subjects = [resource[name] for name in book.subjects if name in resource]
    return any(not _understood(subject, book) for subject in subjects)


def _understood(subject: Any, book: Kinds) -> bool:
    if not isinstance(subject, Mapping):
        return not isinstance(subject, str) or not subject.strip()
    found: list[Any] = list(subject.get("coding") or ())
    return any(
        isinstance(one, Mapping) and one.get("code") and one.get("system") in book.known_systems
        for one in found
    )
