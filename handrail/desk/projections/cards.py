"""Every Patient as the worklist and the banner show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handrail.desk.models import PatientCard
from handrail.fhir.resource import Resource, code_of, is_deceased, survivor_of
from handrail.record.registry import Projection

_INTERPRETER_NEEDED = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed"
_INTERPRETER_REQUIRED = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
_PRONOUNS = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"
_YES = frozenset({"Y", "373066001"})
_RANK = {"official": 0, "usual": 1, "": 2, "nickname": 3, "maiden": 5, "old": 6}
_OURS = "urn:handrail:mrn"
_HIDDEN = frozenset({"SS", "SB", "DL", "PPN"})


def card_rows(patient: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the patient's card."""
    name = _name(patient.get("name", ()))
    family = str(name.get("family") or ("" if name.get("given") else name.get("text", "")))
    given = " ".join(part for part in name.get("given", ()) if part)
    language = _language(patient)
    return [
        {
            "patient": patient["id"],
            "name": ", ".join(part for part in (family, given) if part),
            "family": family,
            "given": given,
            "birth_date": str(patient.get("birthDate", "")),
            "deceased": is_deceased(patient),
            "deceased_on": str(patient.get("deceasedDateTime", ""))[:10],
            "language": language,
            **_extensions(patient),
            "gender": str(patient.get("gender", "")),
            "mrn": _mrn(patient.get("identifier", ())),
            "replaced_by": survivor_of(patient),
        }
    ]


def _name(names: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    ranked = sorted(names, key=lambda name: _RANK.get(str(name.get("use", "")), 4))
    return ranked[0] if ranked else {}


def _language(patient: Resource) -> str:
    """Return the language the patient prefers, as BCP 47."""
    spoken = patient.get("communication") or ()
    best: Mapping[str, Any] = next(
        (each for each in spoken if each.get("preferred")), next(iter(spoken), {})
    )
    return code_of(best.get("language"))


def _extensions(patient: Resource) -> dict[str, Any]:
    """Return the interpreter need and the pronouns."""
    found: dict[str, Any] = {"interpreter": False, "pronouns": ""}
    for extension in patient.get("extension", ()):
        url = extension.get("url")
        if url == _INTERPRETER_NEEDED:
            found["interpreter"] = (extension.get("valueCoding") or {}).get("code") in _YES
        elif url == _INTERPRETER_REQUIRED:
            found["interpreter"] = bool(extension.get("valueBoolean"))
        elif url == _PRONOUNS:
            found["pronouns"] = _pronouns(extension)
    return found


def _pronouns(extension: Mapping[str, Any]) -> str:
    for part in extension.get("extension", ()):
        concept = part.get("valueCodeableConcept")
        if part.get("url") == "value" and concept:
            first: Mapping[str, Any] = next(iter(concept.get("coding", ())), {})
            return str(concept.get("text") or first.get("display") or "")
    return ""


def _mrn(identifiers: Iterable[Mapping[str, Any]]) -> str:
    """Return the medical record number to show: our own, else one of type MR, else nothing."""
    best = ""
    for identifier in identifiers:
        value, kind = identifier.get("value"), code_of(identifier.get("type"))
        if not value or identifier.get("use") == "old" or kind in _HIDDEN:
            continue
        if identifier.get("system") == _OURS:
            return str(value)
        if kind == "MR" and not best:
            best = str(value)
    return best


CARD = Projection(of="Patient", into=PatientCard, rows=card_rows)
