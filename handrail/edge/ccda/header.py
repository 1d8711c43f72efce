"""The header of the document: US Realm Header and what a Care Plan adds to it.

Source: HL7 C-CDA R2.1, templates 2.16.840.1.113883.10.20.22.1.1 and 2.16.840.1.113883.10.20.22.1.15
(August 2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered
from handrail.edge.ccda.people import addresses, assigned, organization, person_name, telecoms
from handrail.edge.ccda.writing import (
    LOINC,
    SNOMED,
    SYSTEMS,
    code,
    concept,
    el,
    ids,
    own_id,
    own_root,
    span,
    stamp,
    template,
    time,
)
from handrail.fhir.resource import Resource, reference_to, target_of

_VERSION: Final = "2015-08-01"
_GENDER: Final = {"male": ("M", "Male"), "female": ("F", "Female"), "other": ("UN", "Other")}
_GENDERS: Final = ("2.16.840.1.113883.5.1", "AdministrativeGender")
_RACES: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
_ETHNICITY: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity"
_MARITAL: Final = ("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",)
_ROLES: Final = ("2.16.840.1.113883.5.111", "RoleCode")
_HOUSE: Final = "Organization/handrail"
_SELF: Final = ("ONESELF", "self")


def header(gathered: Gathered, now: datetime) -> Iterator[Element]:
    """Yield the elements of the header, in the order of CDA."""
    plan = gathered.plan
    version = str((plan.get("meta") or {}).get("versionId", "1"))
    title = str(plan.get("title") or "Care plan")
    yield el("realmCode", code="US")
    yield el("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    yield template("2.16.840.1.113883.10.20.22.1.1", _VERSION)
    yield template("2.16.840.1.113883.10.20.22.1.15", _VERSION)
    yield el("id", root=own_root(f"{reference_to(plan)}/_history/{version}#{now.isoformat()}"))
    yield code("code", "52521-2", LOINC, "Overall Plan of Care/Advance Care Directives")
    yield el("title", title)
    yield el("effectiveTime", value=stamp(now.isoformat(timespec="seconds")))
    yield code("confidentialityCode", "N", ("2.16.840.1.113883.5.25", "Confidentiality"), "normal")
    yield el("languageCode", code=str(plan.get("language") or "en-US"))
    yield el("setId", root=own_root(f"{_first(gathered)}#set"))
    yield el("versionNumber", value=version if version.isdigit() else "1")
    yield _record_target(gathered)
    yield _author(gathered, now)
    yield el(
        "custodian",
        el("assignedCustodian", _house(gathered, "representedCustodianOrganization")),
    )
    yield from (_authenticator(gathered, one) for one in gathered.signatures)
    yield from _review(gathered)
    yield from _supporters(gathered)
    yield _service(gathered)
    yield from _replaced(plan)


def _first(gathered: Gathered) -> str:
    """Return the plan that the versions of the set begin with, as far as it is known."""
    seen, plan = {""}, gathered.plan
    while (before := _before(plan)) not in seen and gathered.resource(before):
        seen.add(before)
        plan = gathered.resource(before)
    return reference_to(plan)


def _before(plan: Resource) -> str:
    return next((target_of(one) for one in plan.get("replaces", ())), "")


def _record_target(gathered: Gathered) -> Element:
    reference = f"Patient/{gathered.patient}"
    patient = gathered.resource(reference)
    return el(
        "recordTarget",
        el(
            "patientRole",
            ids(patient, reference),
            addresses(patient),
            telecoms(patient),
            el(
                "patient",
                person_name(patient),
                _gender(str(patient.get("gender", ""))),
                time("birthTime", str(patient.get("birthDate", ""))),
                concept("maritalStatusCode", patient.get("maritalStatus"), _MARITAL)
                if patient.get("maritalStatus")
                else None,
                _races(patient),
                _ethnicity(patient),
                _languages(patient),
            ),
            _house(gathered, "providerOrganization"),
        ),
    )


def _gender(said: str) -> Element:
    if said not in _GENDER:
        return el("administrativeGenderCode", nullFlavor="UNK")
    return code("administrativeGenderCode", _GENDER[said][0], _GENDERS, _GENDER[said][1])


def _races(patient: Resource) -> Iterator[Element]:
    found = list(_categories(patient, _RACES))
    yield _of_cdc("raceCode", found[0]) if found else el("raceCode", nullFlavor="UNK")
    yield from (_of_cdc("sdtc:raceCode", one) for one in found[1:])


def _ethnicity(patient: Resource) -> Element:
    found = next(_categories(patient, _ETHNICITY), None)
    return _of_cdc("ethnicGroupCode", found) if found else el("ethnicGroupCode", nullFlavor="UNK")


def _categories(patient: Resource, url: str) -> Iterator[Mapping[str, Any]]:
    for extension in patient.get("extension", ()):
        if extension.get("url") == url:
            for part in extension.get("extension", ()):
                if part.get("url") == "ombCategory" and part.get("valueCoding"):
                    yield part["valueCoding"]


def _of_cdc(tag: str, coding: Mapping[str, Any]) -> Element:
    system = str(coding.get("system", ""))
    if system not in SYSTEMS:
        flavour = str(coding.get("code", ""))
        return el(tag, nullFlavor=flavour if flavour in {"UNK", "ASKU"} else "UNK")
    return code(tag, str(coding.get("code", "")), SYSTEMS[system], str(coding.get("display", "")))


def _languages(patient: Resource) -> Iterator[Element]:
    for one in patient.get("communication", ()):
        codings = (one.get("language") or {}).get("coding", ())
        spoken = next((str(c["code"]) for c in codings if c.get("code")), "")
        said = el("languageCode", code=spoken) if spoken else el("languageCode", nullFlavor="UNK")
        preferred = el("preferenceInd", value="true") if one.get("preferred") else None
        yield el("languageCommunication", said, preferred)


def _house(gathered: Gathered, tag: str) -> Element:
    found = next(iter(gathered.all("Organization")), {})
    own = found if found.get("name") == gathered.house else {}
    return organization(tag, own, reference_to(own) if own else _HOUSE, gathered.house)


def _author(gathered: Gathered, now: datetime) -> Element:
    author = gathered.plan.get("author") or {}
    reference = target_of(author)
    at = str(gathered.plan.get("created") or now.isoformat(timespec="seconds"))
    found = gathered.resource(reference)
    house = _house(gathered, "representedOrganization")
    display = str(author.get("display", "")) or gathered.house
    made = assigned("assignedAuthor", found, reference, display, house)
    return el("author", time("time", at), made)


def _authenticator(gathered: Gathered, signature: Mapping[str, Any]) -> Element:
    who = signature.get("who") or {}
    reference = target_of(who)
    made = assigned(
        "assignedEntity", gathered.resource(reference), reference, str(who.get("display", ""))
    )
    if reference == f"Patient/{gathered.patient}":
        at = len(made.findall("id"))
        made.insert(at, code("code", _SELF[0], _ROLES, _SELF[1]))
    return el(
        "authenticator",
        time("time", str(signature.get("when", ""))),
        el("signatureCode", code="S"),
        made,
    )


def _review(gathered: Gathered) -> Iterator[Element]:
    if gathered.review_on:
        yield el(
            "participant",
            code("functionCode", "425268008", SNOMED, "Review of care plan"),
            time("time", gathered.review_on),
            el(
                "associatedEntity",
                own_id(target_of(gathered.plan.get("author")) or _HOUSE),
                classCode="ASSIGNED",
            ),
            typeCode="VRF",
        )


def _supporters(gathered: Gathered) -> Iterator[Element]:
    for one in gathered.all("RelatedPerson"):
        if one.get("active") is False:
            continue
        yield el(
            "participant",
            el(
                "associatedEntity",
                own_id(reference_to(one)),
                addresses(one),
                telecoms(one),
                el("associatedPerson", person_name(one)),
                classCode="CAREGIVER",
            ),
            typeCode="IND",
        )


def _service(gathered: Gathered) -> Element:
    period = gathered.plan.get("period") or {}
    begins = str(period.get("start") or gathered.plan.get("created") or "")
    performers = [
        el("performer", assigned("assignedEntity", one, reference_to(one), ""), typeCode="PRF")
        for one in gathered.all("Practitioner")
    ]
    event = el(
        "serviceEvent",
        span("effectiveTime", begins, str(period.get("end", ""))),
        performers,
        classCode="PCPR",
    )
    return el("documentationOf", event)


def _replaced(plan: Resource) -> Iterator[Element]:
    if before := _before(plan):
        yield el(
            "relatedDocument",
            el("parentDocument", own_id(before)),
            typeCode="RPLC",
        )
