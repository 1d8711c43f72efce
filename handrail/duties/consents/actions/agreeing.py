"""Writing down that a person agreed to a disclosure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import colleagues, organization_name
from handrail.access.principal import Principal
from handrail.duties.consents.rules import agreeing as rule
from handrail.duties.consents.rules.proving import proof
from handrail.fhir.disclosing import Agreement, consent_for, disclosable
from handrail.fhir.disclosing.minimum import age_of
from handrail.fhir.errors import NotFoundError
from handrail.fhir.instants import written
from handrail.fhir.resource import Resource, is_deceased, target_of
from handrail.record import store
from handrail.record.known import RecordKnown, known

ROOM: Final = "consents"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was written down: the reference of the Consent, and the transaction to take it back."""

    consent: str
    transaction: int


def agree(by: Principal, patient: str, agreed: Agreement) -> str:
    """Write down what a person agreed to; return ``Consent/id``. Other rooms ask for this.

    Where nothing is said of the end, it holds as long as the rule ``disclosing.agreement`` says.

    Raises:
        UnclearAgreementError: something is missing or may not be; nothing was saved.
        ForbiddenError: ``by`` may not write this down.
    """
    return record(by, patient, agreed).consent


def record(by: Principal, patient: str, agreed: Agreement) -> Agreed:
    """Write down what a person agreed to, with what proves it."""
    with acting(by):
        require(by, "create", "Consent", patient)
        facts = known(by.org)
        on = facts.as_of.date()
        wanted = replace(agreed, ends_on=agreed.ends_on or proposed_end(facts))
        rule.check(wanted, person_of(facts, patient), on, facts.rules)
        consent, document, binary = (uuid4().hex for _each in range(3))
        made: list[Resource] = [
            *proof(
                patient,
                wanted,
                at=written(facts.as_of),
                by=(by.person, by.name),
                ids=(document, binary),
            ),
            {
                **consent_for(
                    patient,
                    wanted,
                    on=on,
                    organization={"type": "Organization", "display": organization_name(by.org)},
                    source=f"DocumentReference/{document}",
                ),
                "id": consent,
            },
        ]
        saved = store.commit(made, by=by, reason="agreed to a disclosure", room=ROOM)
    return Agreed(f"Consent/{consent}", saved.transaction)


def consents(by: Principal, patient: str) -> list[Resource]:
    """Return the Consents of a person for disclosures, in force or not. Other rooms ask for this.

    What family may know is not among them.
    """
    with acting(by):
        require(by, "read", "Consent", patient)
        found = [stored.resource for stored in store.of_patient(patient, "Consent", by=by)]
    return [one for one in found if disclosable(one)]


def person_of(facts: RecordKnown, patient: str) -> rule.Person:
    """Return what of a person decides who may agree.

    Raises:
        NotFoundError: there is no such person.
    """
    person = facts.read(f"Patient/{patient}")
    if person is None:
        raise NotFoundError(_("There is no such person here."))
    return rule.Person(
        deceased=is_deceased(person),
        age=age_of(str(person.get("birthDate", "")), facts.as_of.date()),
    )


def proposed_end(facts: RecordKnown) -> str:
    """Return the day until which an agreement is proposed to hold."""
    on = facts.as_of.date()
    days = int(facts.rules.rule(rule.RULE, on).values["proposed_days"])
    return (on + timedelta(days=days)).isoformat()


def receivers(facts: RecordKnown, patient: str) -> list[tuple[str, str]]:
    """Return (reference, name) of who was asked or named for this person, who works elsewhere."""
    ours = colleagues(facts.org)
    named = [
        ref
        for kind, listed in _NAMING.items()
        for one in facts.of_patient(patient, kind)
        for ref in listed(one)
    ]
    found = {
        target_of(ref): str(ref["display"])
        for ref in named
        if ref.get("display") and target_of(ref).partition("/")[0] in RECEIVERS
    }
    return sorted((pair for pair in found.items() if pair[0] not in ours), key=lambda one: one[1])


def _actors(consent: Resource) -> list[Mapping[str, Any]]:
    provision: Mapping[str, Any] = consent.get("provision") or {}
    return [one.get("reference") or {} for one in provision.get("actor", ())]


_NAMING: Final[Mapping[str, Callable[[Resource], Iterable[Mapping[str, Any]]]]] = {
    "Task": lambda one: [one.get("owner") or {}],
    "ServiceRequest": lambda one: one.get("performer", ()),
    "Consent": _actors,
}
RECEIVERS: Final = frozenset(
    {"Organization", "HealthcareService", "PractitionerRole", "Practitioner"}
)
