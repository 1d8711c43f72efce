"""A FHIR resource is a plain mapping; these functions read and build the parts we use most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Resource = dict[str, Any]


def reference_to(resource: Mapping[str, Any]) -> str:
    """Return ``Type/id`` of ``resource``."""
    return f"{resource['resourceType']}/{resource['id']}"


def reference(target: Mapping[str, Any] | str, display: str = "") -> dict[str, str]:
    """Return a literal Reference to ``target``, a resource or a ``Type/id``."""
    literal = target if isinstance(target, str) else reference_to(target)
    return {"reference": literal, "display": display} if display else {"reference": literal}


def concept(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    """Return a CodeableConcept with one coding."""
    coding = {"system": system, "code": code}
    if display:
        coding["display"] = display
    return {"coding": [coding], "text": text} if text else {"coding": [coding]}


def codings(codeable: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield (system, code) of every coding in a CodeableConcept."""
    for coding in (codeable or {}).get("coding", ()):
        yield str(coding.get("system", "")), str(coding.get("code", ""))


def code_of(codeable: Mapping[str, Any] | None, system: str = "") -> str:
    """Return the first code (of ``system``, if one is given), or an empty string."""
    for where, code in codings(codeable):
        if not system or where == system:
            return code
    return ""


def words_of(codeable: Mapping[str, Any] | None) -> str:
    """Return the words of a CodeableConcept: its text, else the first display, else a code."""
    concept = codeable or {}
    listed = [one for one in concept.get("coding", ()) if one]
    shown = [one["display"] for one in listed if one.get("display")]
    codes = [one["code"] for one in listed if one.get("code")]
    return str(next(iter((*filter(None, [concept.get("text")]), *shown, *codes)), ""))


def target_of(ref: Mapping[str, Any] | None) -> str:
    """Return the literal reference in a Reference, or an empty string."""
    return str((ref or {}).get("reference", ""))


def id_of(ref: Mapping[str, Any] | str | None, resource_type: str = "") -> str:
    """Return the id a Reference points at, if it is of ``resource_type``; else an empty string."""
    literal = ref if isinstance(ref, str) else target_of(ref)
    kind, _, identity = literal.rpartition("/")
    kind = kind.rpartition("/")[2]
    return identity if kind and (not resource_type or kind == resource_type) else ""


def survivor_of(patient: Mapping[str, Any]) -> str:
    """Return the id of the Patient that replaced this one when the two were merged, or empty."""
    links = (link for link in patient.get("link", ()) if link.get("type") == "replaced-by")
    return next((id_of(link.get("other"), "Patient") for link in links), "")


def is_deceased(patient: Mapping[str, Any] | None) -> bool:
    """Tell whether a Patient is known to have died. Unknown counts as alive."""
    patient = patient or {}
    return bool(patient.get("deceasedBoolean") or patient.get("deceasedDateTime"))
