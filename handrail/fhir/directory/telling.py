"""What people were told: one answer about a provider or a site and an insurance plan.

An answer is a FHIR VerificationResult (http://hl7.org/fhir/R4/verificationresult.html): ``target``
is what it is about and the InsurancePlan, ``attestation`` who said it on whose behalf and when,
``primarySource`` the office that was asked and whether it could say. What has no element there is
in the extension ``urn:handrail:told``. An answer is never changed: a new one stands beside it, and
one that was written down by mistake is taken back (``val-fail``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from handrail.fhir.resource import Resource, concept, id_of, reference, target_of

TOLD: Final = "urn:handrail:told"
PLAN_NET: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net"
ABOUT: Final = ("PractitionerRole", "Location", "HealthcareService", "Organization")
NEW_PATIENTS: Final = ("newpt", "nopt", "existptonly", "existptfam")
"""Codes of Plan-Net's AcceptingPatientsCS."""
VIA: Final = ("phone", "in-person", "message", "portal", "patient")

_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_TAKEN_BACK: Final = "val-fail"


class Answer(StrEnum):
    """What was said to "do you take this plan?"."""

    YES = "yes"
    NO = "no"
    ONLY_EXISTING = "only-existing"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer. ``about`` are references, ``plan`` is an InsurancePlan's id.

    ``new_patients`` is a code of :data:`NEW_PATIENTS`, ``wait_days`` whole days until the next
    visit and ``earliest_on`` its day (ISO 8601), each empty or None where nobody said.
    ``told_by`` is who answered, by name or role; ``recorder`` who wrote it down here; ``told_at``
    an instant. ``stands`` is false once it was taken back.
    """

    about: tuple[str, ...]
    plan: str
    plan_name: str
    answer: Answer
    told_at: str
    recorder: str = ""
    recorder_name: str = ""
    new_patients: str = ""
    wait_days: int | None = None
    earliest_on: str = ""
    languages: tuple[str, ...] = ()
    told_by: str = ""
    reference_number: str = ""
    via: str = "phone"
    stands: bool = True
    id: str = ""
    version: int = 0

    @property
    def told_on(self) -> str:
        """Return the day of it."""
        return self.told_at[:10]

    @property
    def plan_key(self) -> str:
        """Return the plan's name as names are compared."""
        return plan_key(self.plan_name)


def plan_key(name: str) -> str:
    """Return a plan's name as names are compared: letters and digits alone, in one case.

    "Blue-Shield  HMO" and "BlueShield hmo" are one plan; "&" is "and".
    """
    text = unicodedata.normalize("NFKD", name).casefold().replace("&", "and")
    return "".join(letter for letter in text if letter.isalnum())


def verification(told: Told, *, ask_again_on: str = "") -> Resource:
    """Return the VerificationResult of an answer. ``ask_again_on``: the day it grows old."""
    office = told.about[0]
    result: Resource = {
        "resourceType": "VerificationResult",
        "extension": [{"url": TOLD, "extension": list(_parts(told))}],
        "target": [
            *(reference(one) for one in told.about),
            reference(f"InsurancePlan/{told.plan}", told.plan_name),
        ],
        "status": "attested" if told.stands else _TAKEN_BACK,
        "statusDate": told.told_at,
        "validationType": concept(f"{_TERMS}/validation-type", "primary", "Primary Source"),
        "lastPerformed": told.told_at,
        "primarySource": [_source(told, office)],
        "attestation": _attestation(told, office),
    }
    if ask_again_on:
        result["nextScheduled"] = ask_again_on
    return result


def _parts(told: Told) -> Iterator[dict[str, Any]]:
    """Yield what VerificationResult has no element for."""
    yield {"url": "answer", "valueCode": told.answer.value}
    if told.new_patients:
        yield {"url": "new-patients", "valueCode": told.new_patients}
    if told.wait_days is not None:
        days = {"value": told.wait_days, "unit": "days", "code": "d"}
        yield {"url": "wait", "valueDuration": {"system": "http://unitsofmeasure.org", **days}}
    if told.earliest_on:
        yield {"url": "earliest", "valueDate": told.earliest_on}
    for language in told.languages:
        yield {"url": "language", "valueCode": language}
    if told.reference_number:
        yield {"url": "reference-number", "valueString": told.reference_number}
    yield {"url": "via", "valueCode": told.via}
    if told.recorder:
        who = reference(told.recorder, told.recorder_name)
        yield {"url": "recorder", "valueReference": who}


def _source(told: Told, office: str) -> dict[str, Any]:
    known = told.answer is not Answer.UNSURE
    source: dict[str, Any] = {
        "communicationMethod": [_method(told)],
        "validationStatus": concept(
            f"{_TERMS}/validation-status", "successful" if known else "unknown"
        ),
        "validationDate": told.told_at,
    }
    return {"who": reference(office), **source} if _may_speak(office) else source


def _attestation(told: Told, office: str) -> dict[str, Any]:
    said: dict[str, Any] = {"communicationMethod": _method(told), "date": told.told_on}
    if told.told_by:
        said["who"] = {"display": told.told_by}
    return {**said, "onBehalfOf": reference(office)} if _may_speak(office) else said


def _may_speak(office: str) -> bool:
    """Tell whether R4 lets such a resource be who said something."""
    return office.partition("/")[0] in {"PractitionerRole", "Organization"}


def _method(told: Told) -> dict[str, Any]:
    method = "portal" if told.via == "portal" else "manual"
    return concept(f"{_TERMS}/verificationresult-communication-method", method)


def told_of(result: Mapping[str, Any]) -> Told | None:
    """Return the answer in a VerificationResult; None if it is about something else."""
    parts = _told_parts(result)
    targets = [target_of(one) for one in result.get("target", ())]
    about = tuple(one for one in targets if one.partition("/")[0] in ABOUT)
    plan = next((t for t in result.get("target", ()) if id_of(t, "InsurancePlan")), None)
    answer = _first(parts, "answer", "valueCode")
    if not (about and plan and answer in set(Answer)):
        return None
    recorder = _first(parts, "recorder", "valueReference") or {}
    days = (_first(parts, "wait", "valueDuration") or {}).get("value")
    return Told(
        about=about,
        plan=id_of(plan, "InsurancePlan"),
        plan_name=str(plan.get("display", "")),
        answer=Answer(answer),
        told_at=str(result.get("lastPerformed") or result.get("statusDate") or ""),
        recorder=target_of(recorder),
        recorder_name=str(recorder.get("display", "")),
        new_patients=str(_first(parts, "new-patients", "valueCode") or ""),
        wait_days=int(days) if days is not None else None,
        earliest_on=str(_first(parts, "earliest", "valueDate") or ""),
        languages=tuple(str(p.get("valueCode", "")) for p in parts if p.get("url") == "language"),
        told_by=str(((result.get("attestation") or {}).get("who") or {}).get("display", "")),
        reference_number=str(_first(parts, "reference-number", "valueString") or ""),
        via=str(_first(parts, "via", "valueCode") or "phone"),
        stands=result.get("status") != _TAKEN_BACK,
        id=str(result.get("id", "")),
        version=int((result.get("meta") or {}).get("versionId", 0)),
    )


def _told_parts(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        part
        for extension in result.get("extension", ())
        if extension.get("url") == TOLD
        for part in extension.get("extension", ())
    ]


def _first(parts: list[Mapping[str, Any]], url: str, value: str) -> Any:
    return next((part.get(value) for part in parts if part.get("url") == url), None)


def taken_back(result: Resource, at: str) -> Resource:
    """Return the answer as one that does not stand: it was written down by mistake."""
    return {**result, "status": _TAKEN_BACK, "statusDate": at}
