"""What was told, for other systems: VerificationResults, and a PractitionerRole by Plan-Net.

Da Vinci PDex Plan-Net 1.1.0 (http://hl7.org/fhir/us/davinci-pdex-plan-net): the extension
``newpatients`` once for each plan, ``network-reference`` for the network of a plan that is taken.
A Provenance says that the role was put together here, from which answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.directory.aging import Standing
from handrail.fhir.directory.telling import PLAN_NET, Answer, Told
from handrail.fhir.resource import Resource, concept, reference, reference_to, target_of

NEW_PATIENTS: Final = f"{PLAN_NET}/StructureDefinition/newpatients"
NETWORK: Final = f"{PLAN_NET}/StructureDefinition/network-reference"
PROFILE: Final = f"{PLAN_NET}/StructureDefinition/plannet-PractitionerRole"
_ACCEPTING: Final = f"{PLAN_NET}/CodeSystem/AcceptingPatientsCS"
_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_WORDS: Final = {
    "nopt": "Not Accepting",
    "newpt": "Accepting",
    "existptonly": "Accepting existing patients",
    "existptfam": "Accepting existing patients and their families",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """What goes out: the role, what it refers to, the answers, the plans (by id), who sends it."""

    role: Resource
    around: Sequence[Resource]
    answers: Sequence[Resource]
    standings: Sequence[Standing]
    plans: Mapping[str, Resource]
    by: tuple[str, str]
    at: str


def network_of(plan: Mapping[str, Any]) -> str:
    """Return the reference of the first network of an InsurancePlan; empty if it names none."""
    return next((target for one in plan.get("network", ()) if (target := target_of(one))), "")


def plan_net_role(role: Resource, told: Iterable[Told], plans: Mapping[str, Resource]) -> Resource:
    """Return the PractitionerRole with what was told in Plan-Net's extensions.

    Args:
        role: the PractitionerRole as it is kept.
        told: the answers that count, one for each plan, newest first.
        plans: the InsurancePlans, by id.
    """
    answers = list(told)
    ours = [one for answer in answers for one in _accepting(answer, plans.get(answer.plan, {}))]
    networks = (
        network_of(plans.get(answer.plan, {})) for answer in answers if answer.answer is Answer.YES
    )
    network = next((one for one in networks if one), "")
    kept = [one for one in role.get("extension", ()) if not network or one.get("url") != NETWORK]
    added = [{"url": NETWORK, "valueReference": reference(network)}] if network else []
    meta = {**role.get("meta", {}), "profile": [PROFILE]}
    out: Resource = {**role, "meta": meta, "active": role.get("active") is not False}
    extension = [*kept, *added, *ours]
    return {**out, "extension": extension} if extension else out


def _accepting(told: Told, plan: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yield the extension for one plan; nothing where nobody said anything about patients."""
    code = told.new_patients or ("existptonly" if told.answer is Answer.ONLY_EXISTING else "")
    if told.answer in {Answer.NO, Answer.UNSURE} or not code:
        return
    accepting = concept(_ACCEPTING, code, _WORDS[code])
    parts: list[dict[str, Any]] = [{"url": "acceptingPatients", "valueCodeableConcept": accepting}]
    network = network_of(plan)
    if network:
        parts.append({"url": "fromNetwork", "valueReference": reference(network)})
    said = [f"Plan: {told.plan_name}", f"told on {told.told_on}"]
    said += [f"wait {told.wait_days} days"] if told.wait_days is not None else []
    parts.append({"url": "characteristics", "valueString": "; ".join(said)})
    yield {"url": NEW_PATIENTS, "extension": parts}


def bundle(out: Exporting) -> Resource:
    """Return the collection: the role by Plan-Net, what it needs, the answers, where it is from."""
    told = [standing.newest for standing in out.standings if standing.newest is not None]
    role = out.role
    if role["resourceType"] == "PractitionerRole":
        role = plan_net_role(role, told, out.plans)
    every = [role, *out.around, *out.plans.values(), *out.answers, _provenance(out)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": out.at,
        "entry": [{"resource": one} for one in every],
    }


def _provenance(out: Exporting) -> Resource:
    who, name = out.by
    entities = [{"role": "source", "what": reference(one)} for one in out.answers]
    made: Resource = {
        "resourceType": "Provenance",
        "id": f"{out.role['id']}-told"[:64],
        "target": [reference(reference_to(out.role))],
        "recorded": out.at,
        "activity": concept(f"{_TERMS}/v3-DataOperation", "UPDATE", "revise"),
        "agent": [
            {
                "type": concept(f"{_TERMS}/provenance-participant-type", "assembler", "Assembler"),
                "who": reference(who, name),
            }
        ],
    }
    return {**made, "entity": entities} if entities else made
