"""Whether a service can take somebody: what it told, and what its last answers let suppose. Pure.

What is told is the extension of SDOH Clinical Care 3.0.0, SDOHCC-ExtensionHealthcareServiceCapacity
Status; what is supposed is never written down, and always shown with its age.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from handrail.fhir.resource import Resource, code_of, concept
from handrail.fhir.rulebook import Rule

SDOHCC: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare"
URL: Final = f"{SDOHCC}/StructureDefinition/SDOHCC-ExtensionHealthcareServiceCapacityStatus"
CODES: Final = f"{SDOHCC}/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
STATUSES: Final[Mapping[str, str]] = {
    "capacity": "Has Capacity",
    "waitlist": "No Capacity - Has Waitlist",
    "no-capacity": "No Capacity",
    "additional-assessment-required": "Additional Assessment Required",
}
"""SDOHCC-ValueSetCapacityStatus: code and display."""

NOT_KNOWN: Final = "Not known"
ACCEPTED, WAITLISTED, FULL = "accepted", "waitlisted", "full"
_MEANS: Final = {ACCEPTED: "capacity", WAITLISTED: "waitlist", FULL: "no-capacity"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a service (or somebody for it) said of its capacity: a code of :data:`STATUSES`."""

    status: str
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """How a service answered a referral that was about room: accepted, waitlisted or full."""

    on: date
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What the last answers let suppose. ``on``: the day of the newest of them.

    ``accepted`` of ``answers`` were taken; ``mixed``: newer and older answers differ.
    """

    status: str
    on: date
    days: int
    answers: int
    accepted: int
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What is shown: ``status`` (empty: unknown), from ``source`` "told" or "answers".

    ``differs``: what is told and what was answered since contradict; both are shown.
    """

    status: str = ""
    source: str = ""
    on: date | None = None
    days: int = 0
    note: str = ""
    supposed: Supposed | None = None
    differs: bool = False


def told_of(service: Mapping[str, Any]) -> Told | None:
    """Return what the service says of its capacity; None: nothing."""
    for extension in service.get("extension", ()):
        if extension.get("url") == URL:
            parts = {part.get("url"): part for part in extension.get("extension", ())}
            code = code_of((parts.get("capacityStatus") or {}).get("valueCodeableConcept"), CODES)
            note = str((parts.get("capacityNotes") or {}).get("valueString", ""))
            return Told(code, note) if code else None
    return None


def is_said(service: Mapping[str, Any]) -> bool:
    """Tell whether the service has the extension, if only with the words that it is not known."""
    return any(one.get("url") == URL for one in service.get("extension", ()))


def with_told(service: Resource, told: Told | None) -> Resource:
    """Return the service with what it says of its capacity; None: not known.

    SDOHCC-HealthcareServiceForReferralManagement asks for the extension, and its value set is
    extensible: what is not known is said in words.
    """
    others = [one for one in service.get("extension", ()) if one.get("url") != URL]
    words = concept(CODES, told.status, STATUSES[told.status]) if told else {"text": NOT_KNOWN}
    parts: list[dict[str, Any]] = [{"url": "capacityStatus", "valueCodeableConcept": words}]
    if told is not None and told.note:
        parts.append({"url": "capacityNotes", "valueString": told.note})
    return {**service, "extension": [*others, {"url": URL, "extension": parts}]}


def suppose(answers: Iterable[Answer], today: date, rule: Rule) -> Supposed | None:
    """Return what recent answers let suppose; None: there were none lately.

    The newest answer speaks: who is full today took somebody last month all the same.

    Args:
        answers: what was answered.
        today: the day it is asked.
        rule: ``directory.capacity``: how far back (``days``), how many answers (``answers``).
    """
    since = today - timedelta(days=int(rule.values["days"]))
    recent = sorted((one for one in answers if since <= one.on <= today), reverse=True)
    recent = [one for one in recent if one.kind in _MEANS][: int(rule.values["answers"])]
    if not recent:
        return None
    first = recent[0]
    return Supposed(
        status=_MEANS[first.kind],
        on=first.on,
        days=(today - first.on).days,
        answers=len(recent),
        accepted=sum(one.kind == ACCEPTED for one in recent),
        mixed=any(one.kind != first.kind for one in recent),
    )


def capacity(
    told: Told | None, told_on: date | None, answers: Sequence[Answer], today: date, rule: Rule
) -> Capacity:
    """Return what is known of a service's capacity, with its age.

    What was told stands for ``told_days`` of the rule; answers given after it, or once it is too
    old, speak instead.
    """
    supposed = suppose(answers, today, rule)
    if told is not None and _stands(told_on, supposed, today, rule):
        return Capacity(
            status=told.status,
            source="told",
            on=told_on,
            days=max((today - told_on).days, 0) if told_on else 0,
            note=told.note,
            supposed=supposed,
        )
    if supposed is None:
        return Capacity()
    differs = told is not None and told.status != supposed.status
    return Capacity(
        status=supposed.status,
        source="answers",
        on=supposed.on,
        days=supposed.days,
        supposed=supposed,
        differs=differs,
    )


def _stands(told_on: date | None, supposed: Supposed | None, today: date, rule: Rule) -> bool:
    """Tell whether what was told speaks: nothing else does, or it is young and the newest."""
    if supposed is None:
        return True
    if told_on is None or supposed.on > told_on:
        return False
    return (today - told_on).days <= int(rule.values["told_days"])
