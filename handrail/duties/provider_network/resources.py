"""Typed views of what this room reads: plans, offices, and its own work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir import work
from handrail.fhir.directory.telling import plan_key
from handrail.fhir.people import spoken_name
from handrail.fhir.resource import Resource, code_of, concept, id_of, reference, target_of, words_of

RECHECK: Final = "network-recheck"
CALL: Final = "provider-call"
PLAN: Final = "plan"
MADE_HERE: Final = "urn:handrail:provider"
NPI: Final = "http://hl7.org/fhir/sid/us-npi"
NUCC: Final = "http://nucc.org/provider-taxonomy"

_OVER: Final = frozenset({"cancelled", "entered-in-error"})
_MARKETING: Final = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An insurance plan as people name it: ``name`` of the product, ``payer`` whose it is.

    ``id`` is the InsurancePlan's, empty where it is known from a Coverage alone.
    """

    name: str
    payer: str = ""
    id: str = ""

    @property
    def key(self) -> str:
        """Return the name as names are compared."""
        return plan_key(self.name)


def plans_of(coverages: Iterable[Resource]) -> list[Plan]:
    """Return the plans of a person, the first to pay first; what ended or was cancelled is out.

    The product is the class "plan" of a Coverage (its name, else its value), else its type in
    words, else the payer.
    """
    counted = [one for one in coverages if one.get("status", "active") == "active"]
    counted.sort(key=lambda one: int(one.get("order") or 99))
    found: dict[str, Plan] = {}
    for coverage in counted:
        plan = _plan_of(coverage)
        if plan.key:
            found.setdefault(plan.key, plan)
    return list(found.values())


def _plan_of(coverage: Resource) -> Plan:
    payer = next((str(one["display"]) for one in coverage.get("payor", ()) if "display" in one), "")
    classes = (one for one in coverage.get("class", ()) if code_of(one.get("type")) == _MARKETING)
    named = next((str(one.get("name") or one.get("value") or "") for one in classes), "")
    typed = str((coverage.get("type") or {}).get("text", ""))
    return Plan(name=named or typed or payer, payer=payer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A provider at a place, or a site: what the directory says of it.

    ``as_of`` is when the directory last said so (instant), ``source`` who keeps it; ``typed_here``:
    somebody here wrote it down. ``listed`` is a code of Plan-Net's AcceptingPatientsCS.
    """

    reference: str
    version: int
    name: str
    organization: str
    specialties: tuple[str, ...]
    places: tuple[str, ...]
    phones: tuple[str, ...]
    faxes: tuple[str, ...]
    emails: tuple[str, ...]
    languages: tuple[str, ...]
    listed: str
    active: bool
    as_of: str
    source: str
    typed_here: bool


ACCEPTING: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/newpatients"


def office(role: Resource, around: Mapping[str, Resource]) -> Office:
    """Return what is known of a PractitionerRole (or a site), with what it refers to by reference.

    Args:
        role: the PractitionerRole, HealthcareService, Location or Organization.
        around: the resources it refers to, as far as they are there.
    """
    person = _there(role.get("practitioner"), around)
    organization = _there(role.get("organization") or role.get("providedBy"), around)
    places = [_there(one, around) for one in role.get("location", ())]
    sites = [role] if role["resourceType"] == "Location" else places
    points = [p for one in (role, *places, organization, person) for p in one.get("telecom", ())]
    meta = role.get("meta") or {}
    shown = str((role.get("practitioner") or {}).get("display", ""))
    return Office(
        reference=f"{role['resourceType']}/{role.get('id', '')}",
        version=int(meta.get("versionId", 0)),
        name=name_of(person) or shown or name_of(role) or name_of(organization),
        organization=name_of(organization)
        or str((role.get("organization") or {}).get("display", "")),
        specialties=tuple(w for one in role.get("specialty", ()) if (w := words_of(one))),
        places=tuple(line for one in sites if (line := address_of(one))),
        phones=_values(points, "phone"),
        faxes=_values(points, "fax"),
        emails=_values(points, "email"),
        languages=tuple(code for one in person.get("communication", ()) if (code := code_of(one))),
        listed=_listed(role),
        active=role.get("active") is not False,
        as_of=str(meta.get("lastUpdated", "")),
        source=str(meta.get("source", "")),
        typed_here=any(one.get("system") == MADE_HERE for one in role.get("identifier", ())),
    )


def _there(ref: Mapping[str, Any] | None, around: Mapping[str, Resource]) -> Resource:
    return around.get(target_of(ref), {})


def refers_to(role: Resource) -> list[str]:
    """Return the references that :func:`office` would have by its side."""
    found = [role.get("practitioner"), role.get("organization"), role.get("providedBy")]
    literal = [target_of(one) for one in (*found, *role.get("location", ()))]
    return list(dict.fromkeys(one for one in literal if one.count("/") == 1))


def _values(points: Iterable[Mapping[str, Any]], system: str) -> tuple[str, ...]:
    ranked = [p for p in points if p.get("system") == system and p.get("value")]
    current = (str(p["value"]) for p in ranked if p.get("use") != "old")
    return tuple(dict.fromkeys(current))


def _listed(role: Resource) -> str:
    for extension in role.get("extension", ()):
        if extension.get("url") == ACCEPTING:
            for part in extension.get("extension", ()):
                if part.get("url") == "acceptingPatients":
                    return code_of(part.get("valueCodeableConcept"))
    return ""


def name_of(resource: Mapping[str, Any]) -> str:
    """Return the name of a person, an organization or a site; empty if it has none."""
    text = spoken_name(resource)
    if isinstance(resource.get("name"), str):
        return text
    names = [one for one in resource.get("name", ()) if one.get("use") != "old"]
    after = ", ".join(part for one in names[:1] for part in one.get("suffix", ()) if part)
    return f"{text}, {after}" if after and after not in text else text


def address_of(place: Mapping[str, Any]) -> str:
    """Return the address of a Location in one line; its name if it has none."""
    address = place.get("address") or {}
    if isinstance(address, list):
        address = next(iter(address), {})
    town = " ".join(str(part) for part in (address.get("state"), address.get("postalCode")) if part)
    parts = [*address.get("line", ()), address.get("city"), town]
    line = ", ".join(str(part) for part in parts if part)
    return line or str(place.get("name", ""))


def asking_task(step: work.Step, plan: Plan) -> Resource:
    """Return the Task to ask an office about a plan."""
    task = work.open_task(step)
    about = reference(f"InsurancePlan/{plan.id}", plan.name) if plan.id else {"display": plan.name}
    entry = {"type": concept(work.TASK_INPUT, PLAN), "valueReference": about}
    return {**task, "input": [*task.get("input", []), entry]}


def plan_of_task(task: Resource) -> Plan:
    """Return the plan that a Task of this room asks about."""
    for entry in task.get("input", ()):
        if code_of(entry.get("type"), work.TASK_INPUT) == PLAN:
            about = entry.get("valueReference") or {}
            return Plan(name=str(about.get("display", "")), id=id_of(about, "InsurancePlan"))
    return Plan(name="")
