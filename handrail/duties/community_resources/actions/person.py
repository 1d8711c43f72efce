"""For whom services are looked for: what the record knows is not asked again (P7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.access.database import acting
from handrail.access.decide import allows, require
from handrail.access.principal import Principal
from handrail.fhir.directory.places import zip_of
from handrail.fhir.directory.shape import SDOHCC
from handrail.fhir.people import language_of, postal_code_of
from handrail.fhir.resource import Resource, code_of
from handrail.record import store

_OVER = frozenset({"resolved", "inactive", "remission"})
_UNSURE = frozenset({"refuted", "entered-in-error", "unconfirmed"})
_NO_NEED = frozenset({"sdoh-category-unspecified", "protective-factor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the record says of somebody: language (BCP-47, without region), ZIP, open needs."""

    id: str
    language: str = ""
    postal_code: str = ""
    needs: tuple[str, ...] = ()


def person(by: Principal, patient: str) -> Person:
    """Return what the record knows of a patient that matters here; the look is audited.

    Raises:
        NotFoundError: there is no such patient.
        ForbiddenError: ``by`` may not see this patient.
    """
    require(by, "read", "Patient", patient)
    with acting(by):
        found = store.read(f"Patient/{patient}", by=by).resource
        conditions: Iterable[Resource] = ()
        if allows(by, "read", "Condition"):
            conditions = [one.resource for one in store.of_patient(patient, "Condition", by=by)]
    return Person(
        id=patient,
        language=language_of(found).partition("-")[0].lower(),
        postal_code=zip_of(postal_code_of(found)),
        needs=tuple(dict.fromkeys(one for c in conditions for one in needs_in(c))),
    )


def needs_in(condition: Mapping[str, Any]) -> list[str]:
    """Return the SDOH categories of a need that is open and confirmed."""
    over = code_of(condition.get("clinicalStatus")) in _OVER
    if over or code_of(condition.get("verificationStatus")) in _UNSURE:
        return []
    codings = (one for c in condition.get("category", ()) for one in c.get("coding", ()))
    codes = [str(one.get("code", "")) for one in codings if one.get("system") == SDOHCC]
    return [code for code in codes if code and code not in _NO_NEED]
