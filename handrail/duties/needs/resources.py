"""Frozen views of what this room reads: a need, an answer, a goal. Parse, do not dig.

A need or a strength is a Condition (US Core problems and health concerns, and SDOH Clinical Care
where it has a domain). An answer is an item of a QuestionnaireResponse, or an Observation that was
made of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, code_of, codings, id_of, target_of, words_of

CONCERN: Final = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
SDOHCC: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
)
ICD10: Final = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC: Final = "http://loinc.org"
ITEM: Final = "urn:handrail:intake"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ASSERTED: Final = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
PERTAINS: Final = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
ORDINAL: Final = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
ROLE: Final = "urn:handrail:concern-role"
RULE: Final = "urn:handrail:need-rule"
WISH: Final = "urn:handrail:help-wish"
CARRIED: Final = "urn:handrail:carried-from"
STRENGTH: Final = "protective-factor"
DONE: Final = frozenset({"completed", "amended"})
STATUSES: Final = frozenset(
    {"sdoh", "functional-status", "disability-status", "cognitive-status"},
)

_FIRST, _LAST = "Z55", "Z65"  # ICD-10-CM: socioeconomic and psychosocial circumstances

DOMAINS: Final = (
    "food-insecurity",
    "housing-instability",
    "homelessness",
    "inadequate-housing",
    "utility-insecurity",
    "transportation-insecurity",
    "financial-insecurity",
    "material-hardship",
    "medical-cost-burden",
    "health-insurance-coverage-status",
    "employment-status",
    "educational-attainment",
    "personal-health-literacy",
    "digital-access",
    "digital-literacy",
    "language-access",
    "social-connection",
    "stress",
    "intimate-partner-violence",
    "elder-abuse",
    "incarceration-status",
    "veteran-status",
    "sdoh-category-unspecified",
)
"""The domains of need of SDOH Clinical Care 3.0.0, without the one for strengths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need or a strength. ``state``: proposed, open, resolved, refuted.

    ``since`` is the day it was first known, ``until`` the day it ended, ``wish`` what the person
    said about help. ``rules`` are the rules that proposed it. ``is_concern``: it belongs among the
    needs, not only on the list of diagnoses.
    """

    id: str
    patient: str
    version: int
    kind: str
    state: str
    domain: str
    category: str
    codes: tuple[tuple[str, str], ...]
    text: str
    since: str
    until: str
    by: str
    evidence: tuple[str, ...]
    rules: tuple[str, ...]
    wish: str
    is_concern: bool

    @property
    def reference(self) -> str:
        """Return ``Condition/id``."""
        return f"Condition/{self.id}"

    @property
    def area(self) -> str:
        """Return what it is sorted under: its domain, else its category, else "health"."""
        return self.domain or (self.category if self.category != "sdoh" else "") or "health"

    @property
    def icd10(self) -> str:
        """Return its ICD-10-CM code; empty if it has none."""
        return next((code for system, code in self.codes if system == ICD10), "")


def need_of(condition: Resource) -> Need | None:
    """Return the view of a Condition; None if it is a barrier to a goal, or a mistake."""
    categories = {pair for each in condition.get("category", ()) for pair in codings(each)}
    state = _state(condition)
    if not state or (ROLE, "barrier") in categories:
        return None
    codes = tuple(pair for pair in codings(condition.get("code")) if pair[1])
    domains = [code for system, code in sorted(categories) if system == SDOHCC]
    recorder = condition.get("recorder") or {}
    return Need(
        id=str(condition.get("id", "")),
        patient=id_of(condition.get("subject"), "Patient"),
        version=int((condition.get("meta") or {}).get("versionId", 0) or 0),
        kind="strength" if STRENGTH in domains else "need",
        state=state,
        domain=next((code for code in domains if code in DOMAINS), ""),
        category=next((code for s, code in sorted(categories) if s == CATEGORY), ""),
        codes=codes,
        text=words_of(condition.get("code")),
        since=_since(condition),
        until=str(condition.get("abatementDateTime", ""))[:10],
        by=str(recorder.get("display", "")),
        evidence=tuple(evidence_of(condition)),
        rules=tuple(extensions(condition, RULE)),
        wish=next(extensions(condition, WISH), ""),
        is_concern=_is_concern(categories, codes),
    )


def is_concern(condition: Resource) -> bool:
    """Tell whether a Condition belongs among the needs, without reading the rest of it."""
    categories = {pair for each in condition.get("category", ()) for pair in codings(each)}
    return _is_concern(categories, codings(condition.get("code")))


def _is_concern(categories: set[tuple[str, str]], codes: Iterable[tuple[str, str]]) -> bool:
    systems = {system for system, _ in categories}
    social = (code for system, code in codes if system == ICD10)
    return (
        any(_FIRST <= code[:3].upper() <= _LAST for code in social)
        or (CONCERN, "health-concern") in categories
        or SDOHCC in systems
        or any((CATEGORY, code) in categories for code in STATUSES)
    )


def _state(condition: Resource) -> str:
    verified = code_of(condition.get("verificationStatus"))
    if verified == "entered-in-error":
        return ""
    if verified == "refuted":
        return "refuted"
    if not is_active(condition):
        return "resolved"
    return "proposed" if verified in {"unconfirmed", "provisional", "differential"} else "open"


def is_active(condition: Resource) -> bool:
    """Tell whether a Condition is there now; one that does not say so counts as active."""
    active = {"", "active", "recurrence", "relapse"}
    return code_of(condition.get("clinicalStatus")) in active and not (
        condition.get("abatementDateTime") or condition.get("abatementString")
    )


def _since(condition: Resource) -> str:
    asserted = next(extensions(condition, ASSERTED), "")
    return str(asserted or condition.get("onsetDateTime") or condition.get("recordedDate") or "")


def evidence_of(condition: Resource) -> Iterator[str]:
    """Yield what a Condition rests on, as ``Type/id``."""
    for evidence in condition.get("evidence", ()):
        for detail in evidence.get("detail", ()):
            if target_of(detail):
                yield target_of(detail)


def extensions(element: Mapping[str, Any], url: str) -> Iterator[str]:
    """Yield the values of the extensions with this url, as text."""
    for extension in element.get("extension", ()):
        if extension.get("url") == url:
            for name, value in extension.items():
                if name.startswith("value"):
                    yield str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answered question. ``codes`` name the question, ``values`` are the codes chosen.

    ``words`` are what was answered, each with its code (empty where it has none). ``source`` is
    ``Type/id`` of the QuestionnaireResponse or Observation that says it.
    """

    source: str
    codes: frozenset[str]
    question: str
    values: frozenset[str] = frozenset()
    numbers: tuple[Decimal, ...] = ()
    words: tuple[tuple[str, str], ...] = ()


def answers_in(response: Resource, questionnaire: Resource | None) -> list[Answer]:
    """Return the answers of a QuestionnaireResponse.

    A question is named by the codes that the Questionnaire gives its item, and by the last part of
    its linkId, which is its code in many published forms ("/93041-2/93031-3"). What was only
    carried forward from an earlier time and not said again is left out.
    """
    asked = dict(_asked((questionnaire or {}).get("item", ())))
    source = f"QuestionnaireResponse/{response.get('id', '')}"
    return list(_answers(response.get("item", ()), asked, source))


def _asked(items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in items:
        yield str(item.get("linkId", "")), item
        yield from _asked(item.get("item", ()))


def _answers(
    items: Iterable[Mapping[str, Any]], asked: Mapping[str, Mapping[str, Any]], source: str
) -> Iterator[Answer]:
    for item in items:
        link = str(item.get("linkId", ""))
        given = [one for one in item.get("answer", ()) if _is_said(one)]
        if given and not any(extensions(item, CARRIED)):
            form = asked.get(link, {})
            codes = {str(c["code"]) for c in form.get("code", ()) if c.get("code")}
            question = str(item.get("text") or form.get("text") or "")
            yield _answer(source, codes | {link.rpartition("/")[2]}, question, given)
        yield from _answers(item.get("item", ()), asked, source)
        for one in item.get("answer", ()):
            yield from _answers(one.get("item", ()), asked, source)


def _is_said(answer: Mapping[str, Any]) -> bool:
    return any(name.startswith("value") for name in answer)


def _answer(
    source: str, codes: Iterable[str], question: str, given: Iterable[Mapping[str, Any]]
) -> Answer:
    given = list(given)
    read = [_value(one) for one in given]
    return Answer(
        source=source,
        codes=frozenset(code for code in codes if code),
        question=question,
        values=frozenset(code for values, _, _ in read for code in values),
        numbers=tuple(number for _, numbers, _ in read for number in numbers),
        words=tuple(("".join(values[:1]), words) for values, _, words in read if words),
    )


def _value(said: Mapping[str, Any]) -> tuple[list[str], list[Decimal], str]:
    """Return (codes, numbers, words) of a value[x], in an answer or an Observation."""
    name = next((name for name in said if name.startswith("value")), "")
    value = said.get(name)
    if isinstance(value, dict):
        return _structured(name, value)
    if isinstance(value, bool):
        return [str(value).lower()], [], ""
    if name in {"valueInteger", "valueDecimal"}:
        return [], [*_numbers([value])], str(value)
    return [], [], str(value or "")


def _structured(name: str, value: Mapping[str, Any]) -> tuple[list[str], list[Decimal], str]:
    if name == "valueCoding":
        shown = str(value.get("display") or value.get("code", ""))
        return [str(value.get("code", ""))], [*_numbers(extensions(value, ORDINAL))], shown
    if name == "valueQuantity":
        shown = f"{value.get('value', '')} {value.get('unit', '')}".strip()
        return [], [*_numbers([value.get("value", "")])], shown
    return [code for _, code in codings(value)], [], words_of(value)


def _numbers(values: Iterable[Any]) -> Iterator[Decimal]:
    for value in values:
        try:
            yield Decimal(str(value))
        except InvalidOperation:
            continue


def observed(observation: Resource) -> Answer | None:
    """Return the answer that an Observation keeps; None if it has no value or was a mistake.

    How it was interpreted (``POS``) counts as what was answered: a score may be read by sex.
    """
    if observation.get("status") in {"entered-in-error", "cancelled"} or not _is_said(observation):
        return None
    answer = _answer(
        f"Observation/{observation.get('id', '')}",
        {code for _, code in codings(observation.get("code"))},
        words_of(observation.get("code")),
        [observation],
    )
    read = {code for each in observation.get("interpretation", ()) for _, code in codings(each)}
    return replace(answer, values=answer.values | read)


def derived_from(observation: Resource, response: str) -> bool:
    """Tell whether an Observation was made of this QuestionnaireResponse (an id)."""
    wanted = f"QuestionnaireResponse/{response}"
    return any(target_of(one) == wanted for one in observation.get("derivedFrom", ()))


def instant(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment in FHIR date or dateTime ``text``; a day alone is its midnight there."""
    padded = f"{text}-01-01"[:10] if len(text) in {4, 7} else text
    try:
        found = believable(datetime.fromisoformat(padded))
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=zone)


def day_of(text: str, zone: tzinfo) -> date | None:
    """Return the day of FHIR date or dateTime ``text`` where ``zone`` is."""
    found = instant(text, zone)
    return found.astimezone(zone).date() if found else None


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal that a need leads to, as far as a list of needs tells it."""

    id: str
    text: str
    status: str
    needs: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still works towards it."""
        return self.status not in {"completed", "cancelled", "rejected", "entered-in-error"}


def aim_of(goal: Resource) -> Aim:
    """Return the view of a Goal; ``needs`` are the ids of the Conditions it addresses."""
    addressed = (id_of(one, "Condition") for one in goal.get("addresses", ()))
    return Aim(
        str(goal.get("id", "")),
        words_of(goal.get("description")),
        str(goal.get("lifecycleStatus", "")),
        frozenset(one for one in addressed if one),
    )


def pertains_to(resource: Resource) -> Iterator[str]:
    """Yield the ids of the Goals that a step is for."""
    for extension in resource.get("extension", ()):
        if extension.get("url") == PERTAINS:
            found = id_of(extension.get("valueReference"), "Goal")
            if found:
                yield found
