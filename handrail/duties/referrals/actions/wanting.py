"""What one could ask somebody else for, for a person, and who could do it."""

from __future__ import annotations

from dataclasses import dataclass

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.referrals.rules.wanting import (
    Askable,
    Circumstances,
    Kept,
    askables,
    circumstances,
)
from handrail.fhir.directory.candidates import Candidate, Wanted
from handrail.record.known import known
from handrail.room import house

_READ = ("Condition", "Goal", "Task", "ServiceRequest", "Coverage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """What could be asked for, and what of the person narrows the search; ``today`` is ISO 8601."""

    askables: tuple[Askable, ...]
    circumstances: Circumstances
    today: str


def see_wanting(by: Principal, patient: str) -> Wanting:
    """Return the open needs and steps of a person, with what the record knows for the search.

    Raises:
        ForbiddenError: ``by`` may not refer this patient.
    """
    with acting(by):
        require(by, "create", "ServiceRequest", patient)
        facts = known(by.org)
        facts.remember()
        person = facts.read(f"Patient/{patient}") or {}
        found = {name: facts.of_patient(patient, name) for name in _READ}
        audit.read(by, [f"{name}?patient" for name in _READ], None, patient)
        kept = Kept(
            conditions=found["Condition"],
            goals=found["Goal"],
            tasks=found["Task"],
            requests=found["ServiceRequest"],
        )
    return Wanting(
        askables=tuple(askables(kept)),
        circumstances=circumstances(person, found["Coverage"]),
        today=facts.as_of.date().isoformat(),
    )


def candidates(by: Principal, wanted: Wanted) -> list[Candidate]:
    """Return who could do what is wanted, best first; none where no room knows anybody."""
    with acting(by):
        answered = house.ask("candidates", by, wanted)
    return [one for answer in answered for one in answer][: wanted.at_most]
