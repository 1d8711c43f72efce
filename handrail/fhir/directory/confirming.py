"""Who said that a fact of the directory is so, and when: kept as FHIR R4 VerificationResult.

One VerificationResult is one act of confirming: some facts of one resource, what they were then
(``urn:handrail:confirmed``), who asked (``attestation``), who told it (``primarySource``). What is
confirmed stands beside the resource: a confirmation makes no new version of it, and an import that
changes the fact leaves the confirmation to the former words, where it can be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.fhir.moments import day_in
from handrail.fhir.resource import Resource, code_of, concept, reference, target_of
from handrail.fhir.rulebook import Rule

PROCESS: Final = "urn:handrail:verification"
FACT_CONFIRMED: Final = "fact-confirmed"
CONFIRMED: Final = "urn:handrail:confirmed"
CONTACT: Final = "urn:handrail:contact"

PLACES: Final[Mapping[str, str]] = {
    "name": "HealthcareService.name",
    "about": "HealthcareService.comment",
    "phone": "HealthcareService.telecom",
    "address": "HealthcareService.location",
    "hours": "HealthcareService.availableTime",
    "languages": "HealthcareService.communication",
    "cost": "HealthcareService.serviceProvisionCode",
    "eligibility": "HealthcareService.eligibility",
    "documents": "HealthcareService.extension",
    "applying": "HealthcareService.referralMethod",
    "capacity": "HealthcareService.extension",
}
"""Facts that are confirmed, in the order they are shown, and where they are (FHIRPath)."""

WAYS: Final = ("phone", "visit", "message", "letter")
"""How it was asked; codes of ``urn:handrail:contact``."""

LONGEST: Final = 300
"""Characters of a fact that are kept with its confirmation; a change after them is not noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who confirmed: ``by`` (reference) asked on the day ``on``; ``told_by`` is a name."""

    by: str
    by_name: str
    on: date
    how: str = "phone"
    told_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """One fact of one resource (``target``, Type/id) as it was confirmed."""

    target: str
    fact: str
    value: str
    on: date
    by_name: str = ""
    told_by: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a fact can be relied on.

    ``age``: "fresh", "old" (doubt it), "changed" (since it was confirmed) or "never" (nobody
    confirmed it here). ``days`` since it was confirmed.
    """

    age: str
    days: int = 0
    confirmed: Confirmed | None = None


def verification(target: str, facts: Mapping[str, str], said: Confirmation) -> Resource:
    """Return the VerificationResult that says that these facts are so.

    Args:
        target: whose facts, Type/id.
        facts: what was confirmed, by code of :data:`PLACES`, in its words now.
        said: by whom, when, how.
    """
    places = dict.fromkeys(PLACES[fact] for fact in facts)
    made: Resource = {
        "resourceType": "VerificationResult",
        "extension": [_confirmed(fact, value) for fact, value in facts.items()],
        "target": [reference(target)],
        "targetLocation": list(places),
        "status": "attested",
        "statusDate": said.on.isoformat(),
        "validationProcess": [concept(PROCESS, FACT_CONFIRMED)],
        "attestation": {
            "communicationMethod": concept(CONTACT, said.how),
            "date": said.on.isoformat(),
        },
    }
    if said.by.startswith(("Practitioner/", "PractitionerRole/", "Organization/")):
        made["attestation"]["who"] = reference(said.by, said.by_name)
    if said.told_by:
        made["primarySource"] = [
            {"who": {"display": said.told_by}, "validationDate": said.on.isoformat()}
        ]
    return made


def _confirmed(fact: str, value: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"url": "fact", "valueCode": fact}]
    if value:
        parts.append({"url": "value", "valueString": value[:LONGEST].strip()})
    return {"url": CONFIRMED, "extension": parts}


def confirmed_in(result: Mapping[str, Any]) -> Iterator[Confirmed]:
    """Yield what a VerificationResult of ours confirms; nothing for those of others."""
    processes = result.get("validationProcess", ())
    if not any(code_of(one, PROCESS) == FACT_CONFIRMED for one in processes):
        return
    attestation = result.get("attestation") or {}
    on = day_in(attestation.get("date") or result.get("statusDate"))
    if on is None or result.get("status") not in {"attested", "validated"}:
        return
    told = next((one.get("who") or {} for one in result.get("primarySource", ())), {})
    for target in result.get("target", ()):
        for extension in result.get("extension", ()):
            parts = {part["url"]: part for part in extension.get("extension", ())}
            fact = str(parts.get("fact", {}).get("valueCode", ""))
            if extension.get("url") == CONFIRMED and fact in PLACES:
                yield Confirmed(
                    target=target_of(target),
                    fact=fact,
                    value=str(parts.get("value", {}).get("valueString", "")),
                    on=on,
                    by_name=str((attestation.get("who") or {}).get("display", "")),
                    told_by=str(told.get("display", "")),
                    how=code_of(attestation.get("communicationMethod"), CONTACT),
                )


def newest(confirmed: Iterable[Confirmed]) -> dict[str, Confirmed]:
    """Return the last confirmation of each fact."""
    found: dict[str, Confirmed] = {}
    for one in confirmed:
        if one.fact not in found or found[one.fact].on <= one.on:
            found[one.fact] = one
    return found


def standing(fact: str, value: str, held: Confirmed | None, today: date, rule: Rule) -> Standing:
    """Return how far a fact can be relied on.

    Args:
        fact: which, a code of :data:`PLACES`.
        value: what it says now, in words.
        held: its last confirmation, if any.
        today: the day it is asked.
        rule: ``directory.confirm``: after how many days each fact is doubted.
    """
    if held is None:
        return Standing(age="never")
    days = max((today - held.on).days, 0)
    if held.value != value[:LONGEST].strip():
        return Standing(age="changed", days=days, confirmed=held)
    old = days > int(rule.values["days"].get(fact, rule.values["otherwise_days"]))
    return Standing(age="old" if old else "fresh", days=days, confirmed=held)
