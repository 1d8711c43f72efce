"""A change to the record, the trigger that waits for one, and what a pure rule may know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from handrail.fhir.calendar import Calendar
from handrail.fhir.resource import Resource, codings
from handrail.fhir.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Change:
    """One resource before and after a commit. ``before`` is None for a new resource."""

    before: Resource | None
    after: Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The trigger of a reaction: narrow, declared, printable.

    ``becomes``: statuses this very change brings about (any of them); empty: every change.
    ``leaves``: statuses this very change ends. ``code``: code of ``Resource.code``.
    ``category``: a code in any ``category``. ``class_``: codes of ``Encounter.class``.
    ``existing``: only what was there before; a load of what is new is not looked through for it.
    """

    resource_type: str
    becomes: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    class_: tuple[str, ...] = ()
    existing: bool = False

    def matches(self, change: Change) -> bool:
        """Tell whether ``change`` is what we wait for."""
        after, before = change.after, change.before or {}
        status, was = after.get("status"), before.get("status")
        return (
            after["resourceType"] == self.resource_type
            and not (self.existing and change.before is None)
            and (not self.becomes or (status in self.becomes and status != was))
            and (not self.leaves or (was in self.leaves and status != was))
            and (not self.code or _has(after.get("code"), self.code))
            and (
                not self.category or any(_has(c, self.category) for c in after.get("category", ()))
            )
            and (not self.class_ or (after.get("class") or {}).get("code") in self.class_)
        )


def _has(codeable: Resource | None, wanted: tuple[str, ...]) -> bool:
    return any(code in wanted for _, code in codings(codeable))


class Known(Protocol):
    """All that a pure rule may know besides the change: handed in, never fetched by the rule.

    ``as_of`` is the moment the rule decides at, aware, in the organization's time zone.
    """

    @property
    def as_of(self) -> datetime:
        """Return the moment the rule decides at."""

    @property
    def calendar(self) -> Calendar:
        """Return the organization's business days."""

    @property
    def rules(self) -> Rulebook:
        """Return the dated rules."""

    @property
    def pool(self) -> str:
        """Return the organization's intake pool ("CareTeam/…"), for work nobody owns yet."""

    def read(self, reference: str) -> Resource | None:
        """Return the current version of ``Type/id``, this commit's own changes included."""

    def of_patient(self, patient: str, resource_type: str) -> Sequence[Resource]:
        """Return the current resources of this type in the patient's compartment."""

    def coded(
        self, patient: str, resource_type: str, system: str, codes: Collection[str]
    ) -> Sequence[Resource]:
        """Return those whose ``code`` is one of these: cheaper than to read all and look."""

    def defined(self, resource_type: str, canonical: str) -> Resource | None:
        """Return the newest definition (a Questionnaire) with this url, or ``url|version``."""


def stamp(known: Known) -> str:
    """Return the moment a rule decides at, to the second, as FHIR writes it."""
    return known.as_of.replace(microsecond=0).isoformat()


Decide = Callable[[Change, Known], Iterable[Resource]]
