"""What one could ask somebody else for, for a person, who could do it, and on which basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.referrals.rules.enclosing import enclosures
from handrail.duties.referrals.rules.wanting import (
    Askable,
    Circumstances,
    Kept,
    askables,
    circumstances,
    receiver,
)
from handrail.fhir.directory.candidates import Candidate, Wanted
from handrail.fhir.disclosing import Disclosable, disclosable
from handrail.record.known import known
from handrail.room import house

_READ = (
    "AllergyIntolerance",
    "CarePlan",
    "Condition",
    "Consent",
    "Coverage",
    "Goal",
    "MedicationRequest",
    "MedicationStatement",
    "ServiceRequest",
    "Task",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """What could be asked for.

    ``circumstances`` of the person narrow the search; ``today`` is ISO 8601; ``consents`` are those
    in force; ``enclosed`` are references of what may go along, by part of the record; ``named`` are
    the receivers that were named from elsewhere.
    """

    askables: tuple[Askable, ...]
    circumstances: Circumstances
    today: str
    consents: tuple[Disclosable, ...] = ()
    enclosed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: tuple[Candidate, ...] = ()


def see_wanting(by: Principal, patient: str, named: Sequence[str] = ()) -> Wanting:
    """Return the open needs and steps of a person, with what the record knows for the search.

    Args:
        by: who asks.
        patient: the id of whom it is for.
        named: references of receivers somebody has chosen already.

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
        receivers = facts.several(list(named))
        day = facts.as_of.date()
    kept = Kept(
        conditions=found["Condition"],
        goals=found["Goal"],
        tasks=found["Task"],
        requests=found["ServiceRequest"],
    )
    agreed = (disclosable(one) for one in found["Consent"])
    return Wanting(
        askables=tuple(askables(kept)),
        circumstances=circumstances(person, found["Coverage"]),
        today=day.isoformat(),
        consents=tuple(one for one in agreed if one is not None and one.holds(day)),
        enclosed=enclosures(found),
        named=tuple(receiver(one) for one in receivers.values()),
    )


def candidates(by: Principal, wanted: Wanted) -> list[Candidate]:
    """Return who could do what is wanted, best first; none where no room knows anybody."""
    with acting(by):
        answered = house.ask("candidates", by, wanted)
    return [one for answer in answered for one in answer][: wanted.at_most]
