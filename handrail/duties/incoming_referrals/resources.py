"""What a filled form and another system's request say, read for the person who sorts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

import orjson

from handrail.fhir.arrival import content_of
from handrail.fhir.moments import day_of
from handrail.fhir.resource import Resource, words_of

FORM: Final = "application/vnd.handrail.referral+json"
"""The media type of what was typed into the public form."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, and of whom it is said to be. Empty: it does not say."""

    what: str = ""
    note: str = ""
    given: str = ""
    family: str = ""
    birth_date: str = ""
    phone: str = ""
    language: str = ""
    sender: str = ""
    organization: str = ""
    answer_to: str = ""
    herself: bool = False
    consented: bool = False

    @property
    def person(self) -> Resource:
        """Return the Patient it describes, as far as it does, to look for."""
        patient: Resource = {"resourceType": "Patient"}
        name = {"family": self.family, "given": self.given.split()}
        if self.family or self.given:
            patient["name"] = [{key: value for key, value in name.items() if value}]
        if self.birth_date and is_birth_date(self.birth_date):
            patient["birthDate"] = self.birth_date
        if self.phone:
            patient["telecom"] = [{"system": "phone", "value": self.phone}]
        return patient


def is_birth_date(text: str) -> bool:
    """Tell whether a text is a birth date as FHIR writes it: a day, a month or a year."""
    whole = f"{text}-01-01"[:10] if len(text) in {4, 7} else text
    return bool(_DAY.fullmatch(whole)) and day_of(whole, UTC) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of what arrived: its place (from 1), media type, title, size in bytes."""

    place: int
    media: str
    title: str
    size: int
    text: str = field(default="", repr=False)


def filled(binary: Mapping[str, Any]) -> Asked:
    """Return what was typed into the public form."""
    typed = orjson.loads(content_of(binary))
    plain = Asked()
    kept: dict[str, Any] = {
        name: value
        for name, value in typed.items()
        if isinstance(value, type(getattr(plain, name, None)))
    }
    return Asked(**kept)


def requested(task: Resource, request: Resource | None, patient: Resource | None) -> Asked:
    """Return what another system asks in a Task, with its ServiceRequest and Patient if known."""
    request, patient = request or {}, patient or {}
    names = patient.get("name") or [{}]
    name = names[0]
    phones = (
        point.get("value", "")
        for point in patient.get("telecom", ())
        if point.get("system") == "phone"
    )
    reasons = (words_of(one) for one in request.get("reasonCode", ()))
    notes = [one.get("text", "") for one in (*task.get("note", ()), *request.get("note", ()))]
    return Asked(
        what=words_of(request.get("code")) or str(task.get("description", "")),
        note=" ".join(filter(None, [*reasons, *notes])),
        given=" ".join(name.get("given", ())),
        family=str(name.get("family", "") or name.get("text", "")),
        birth_date=str(patient.get("birthDate", "")),
        phone=str(next(phones, "")),
        sender=str((task.get("requester") or {}).get("display", "")),
    )
