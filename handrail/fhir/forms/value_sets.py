"""The codings of the value sets that a questionnaire's answers come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from handrail.fhir.forms.extensions import TRANSLATION

Coding = Mapping[str, Any]
Codings = Iterable[Coding]


class ValueSets:
    """The value sets contained in a questionnaire, and those that were given along."""

    def __init__(
        self, questionnaire: Mapping[str, Any], given: Mapping[str, Sequence[Coding]]
    ) -> None:
        """Look at what ``questionnaire`` contains; ``given`` is codings by canonical."""
        self._given = given
        self._kept: dict[str, Mapping[str, Any]] = {}
        for one in questionnaire.get("contained", ()):
            if one.get("resourceType") == "ValueSet":
                self._kept |= dict.fromkeys(_names(one), one)

    def of(self, canonical: str) -> tuple[Coding, ...] | None:
        """Return the codings of a value set; None: they are not known here."""
        bare = canonical.partition("|")[0]
        for name in (canonical, bare):
            if name in self._given:
                return tuple(self._given[name])
        kept = self._kept.get(canonical) or self._kept.get(bare)
        found = tuple(_listed(kept)) if kept else ()
        return found or None


def _names(value_set: Mapping[str, Any]) -> Iterator[str]:
    if "id" in value_set:
        yield f"#{value_set['id']}"
    if "url" in value_set:
        yield value_set["url"]
        yield f"{value_set['url']}|{value_set.get('version', '')}"


def _listed(value_set: Mapping[str, Any]) -> Iterator[Coding]:
    """Yield what is listed: in the expansion if there is one, else in ``compose``."""
    waiting = list(reversed(value_set.get("expansion", {}).get("contains", ())))
    if not waiting:
        yield from _composed(value_set.get("compose", {}))
    while waiting:
        one = waiting.pop()
        waiting += reversed(one.get("contains", ()))
        if "code" in one and not one.get("abstract"):
            yield {
                key: value for key, value in one.items() if key not in {"contains", "designation"}
            }


def _composed(compose: Mapping[str, Any]) -> Iterator[Coding]:
    left_out = {
        (part.get("system", ""), one["code"])
        for part in compose.get("exclude", ())
        for one in part.get("concept", ())
    }
    for part in compose.get("include", ()):
        for one in part.get("concept", ()):
            system = part.get("system", "")
            if (system, one["code"]) not in left_out:
                named = {key: value for key, value in one.items() if key != "designation"}
                yield {"system": system, **named, **_translated(one)}


def _translated(concept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the designations of a concept as translations of its display."""
    found = [
        {
            "url": TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": one["language"]},
                {"url": "content", "valueString": one["value"]},
            ],
        }
        for one in concept.get("designation", ())
        if "language" in one
    ]
    return {"_display": {"extension": found}} if found else {}
