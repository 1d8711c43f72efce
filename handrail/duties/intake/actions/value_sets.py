"""The answers of a form that stand elsewhere: value sets in the record, or brought along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from handrail.access.principal import Principal
from handrail.fhir.forms import read_form
from handrail.fhir.forms.extensions import TRANSLATION
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource
from handrail.fhir.terminology import CodeSystem, Concept, TooCostlyError, UnknownTermsError, expand
from handrail.record.terminology import Kept

MOST: Final = 500
"""Answers that one question offers; of a longer value set none are offered, it is written in."""


def form_of(questionnaire: Resource, *, by: Principal, along: Sequence[Resource] = ()) -> Form:
    """Return the form with the answers that its questions take from value sets.

    Args:
        questionnaire: a Questionnaire.
        by: who asks; their organization's value sets are used.
        along: ValueSets and CodeSystems that are not in the record (yet); the record comes first.

    Raises:
        UnreadableFormError: the questionnaire does not follow FHIR R4.
    """
    shelf = _Shelf(by, along)
    found: dict[str, Sequence[Resource]] = {}
    for canonical in dict.fromkeys(_named(questionnaire)):
        codings = shelf.codings(canonical)
        if codings:
            found[canonical] = codings
    return read_form(questionnaire, value_sets=found)


def _named(questionnaire: Mapping[str, Any]) -> Iterator[str]:
    """Yield the canonicals of the value sets that are not contained."""
    waiting: list[Any] = [*_list(questionnaire.get("item"))]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, dict):
            continue
        canonical = item.get("answerValueSet")
        if isinstance(canonical, str) and not canonical.startswith("#"):
            yield canonical
        waiting += _list(item.get("item"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _Shelf:
    """A :class:`handrail.fhir.terminology.Library` of what is kept and what came along."""

    def __init__(self, by: Principal, along: Iterable[Resource]) -> None:
        self.kept = Kept(by)
        self.along = {(one["resourceType"], str(one.get("url", ""))): one for one in along}

    def value_set(self, canonical: str) -> Mapping[str, Any] | None:
        return self.kept.value_set(canonical) or self._came("ValueSet", canonical)

    def code_system(self, canonical: str) -> CodeSystem | None:
        came = self._came("CodeSystem", canonical)
        return self.kept.code_system(canonical) or (CodeSystem(came) if came else None)

    def _came(self, kind: str, canonical: str) -> Resource | None:
        return self.along.get((kind, canonical.partition("|")[0]))

    def codings(self, canonical: str) -> Sequence[Resource]:
        """Return the codings of a value set; none where it is not known or too long."""
        value_set = self.value_set(canonical)
        if value_set is None:
            return ()
        try:
            concepts = expand(value_set, self, most=MOST)
        except (UnknownTermsError, TooCostlyError):
            return ()
        return [_coding(one) for one in concepts.values() if not one.abstract]


def _coding(concept: Concept) -> Resource:
    coding: Resource = {"system": concept.system, "code": concept.code}
    if concept.display:
        coding["display"] = concept.display
    translations = [
        {
            "url": TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": each["language"]},
                {"url": "content", "valueString": each["value"]},
            ],
        }
        for each in concept.designations
        if each.get("language") and each.get("value")
    ]
    return {**coding, "_display": {"extension": translations}} if translations else coding
