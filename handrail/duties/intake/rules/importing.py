"""Forms that come from elsewhere: read, judged and made ready before anything is stored.

A form is a FHIR R4 Questionnaire, by itself or in a Bundle with the value sets its answers come
from, as JSON or XML. Sources: http://hl7.org/fhir/R4/questionnaire.html,
http://hl7.org/fhir/uv/sdc (Structured Data Capture).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir import text, xml_reading
from handrail.fhir.errors import Fault, InvalidResourceError, TooLargeError, UnreadableError
from handrail.fhir.forms import begin, evaluate
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource
from handrail.fhir.validation import faults

MOST_BYTES: Final = 2_000_000
MANY_ITEMS: Final = 300
"""From here on a form is slow to fill in; it is said, and not refused."""
TERMS: Final = frozenset({"ValueSet", "CodeSystem"})
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_MOST_FAULTS: Final = 50


class NoFormError(InvalidResourceError):
    """There is no questionnaire in what was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What was found in a text. ``left_out``: what is neither form nor value set, with how many."""

    forms: tuple[Resource, ...]
    terms: tuple[Resource, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()


def opened(typed: str) -> Package:
    """Return the forms in a text, and the value sets and code systems that came with them.

    Raises:
        TooLargeError: it is longer than two million bytes.
        UnreadableError: it is no JSON or XML; with the line.
        NoFormError: there is no Questionnaire in it.
    """
    raw = typed.strip().removeprefix("\ufeff").encode()
    if len(raw) > MOST_BYTES:
        raise TooLargeError(
            f"This text has {len(raw) / 1_000_000:.1f} million bytes; at most 2 million are read."
            " Divide the form, or leave pictures out. Nothing was saved."
        )
    if not raw:
        raise NoFormError("There is nothing here yet. Paste the form or choose its file.")
    resources = list(_inside(_parsed(raw)))
    forms = tuple(one for one in resources if one.get("resourceType") == "Questionnaire")
    if not forms:
        found = ", ".join(dict.fromkeys(_kind(one) for one in resources)) or "nothing"
        raise NoFormError(
            f"There is no Questionnaire in it, but {found[:200]}. Give a FHIR R4 Questionnaire, or"
            " a Bundle that has one."
        )
    terms = tuple(one for one in resources if one.get("resourceType") in TERMS)
    others = Counter(
        _kind(one) for one in resources if one.get("resourceType") not in TERMS | {"Questionnaire"}
    )
    return Package(forms=forms, terms=terms, left_out=tuple(sorted(others.items())))


def _kind(resource: Mapping[str, Any]) -> str:
    kind = resource.get("resourceType")
    return kind[:60] if isinstance(kind, str) and kind else "no resource"


def _parsed(raw: bytes) -> Resource:
    if raw.startswith(b"<"):
        return text.parse(xml_reading.to_json(raw))
    try:
        return text.parse(raw)
    except UnreadableError as error:
        raise UnreadableError(
            "This is neither FHIR JSON nor FHIR XML. Nothing was saved.",
            [Fault("", _with_line(one.text, raw), one.code) for one in error.faults],
        ) from error


def _with_line(said: str, raw: bytes) -> str:
    """Return what a parser said with the line and column instead of the byte."""
    found = _BYTE.search(said)
    if not found:
        return said
    before = raw[: int(found[1])].decode(errors="replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return _BYTE.sub(f"(line {line}, column {column})", said)


def _inside(resource: Resource) -> Iterator[Resource]:
    """Yield the resource, or those in its entries where it is a Bundle."""
    if resource.get("resourceType") != "Bundle":
        yield resource
        return
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield inner


def refuse_invalid(resources: Iterable[Resource]) -> None:
    """Refuse what does not follow R4; every fault says where it is.

    Raises:
        InvalidResourceError: with the first fifty faults.
    """
    found = []
    for one in resources:
        kind = str(one["resourceType"])
        found += [f for f in faults(text.write(one), kind) if f.severity in {"error", "fatal"}]
    if found:
        raise InvalidResourceError(
            "This form does not follow FHIR R4, so it cannot be brought in. Nothing was saved."
            " Correct these places, or ask whoever made the form.",
            found[:_MOST_FAULTS],
        )


def refuse_endless(form: Form, at: str) -> None:
    """Work the form out once, unanswered, as of an instant.

    Raises:
        LoopError: items wait for each other's answers, so that none can be worked out.
    """
    response = begin(form, patient="Patient/nobody", author="Practitioner/nobody", at=at)
    evaluate(form, response)


def count_items(form: Form) -> int:
    """Return how many items the form has, groups and texts included."""
    return sum(1 for _ in form.walk())
