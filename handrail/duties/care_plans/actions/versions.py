"""The versions of a person's plan: which there are, and what two of them say side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions.agreeing import plan_of
from handrail.duties.care_plans.resources import is_plan
from handrail.duties.care_plans.rules import agreeing
from handrail.duties.care_plans.rules.comparing import Line, Row, compared, said
from handrail.fhir import work
from handrail.fhir.errors import GoneError, NotFoundError
from handrail.fhir.resource import Resource, reference_to, target_of
from handrail.record import store
from handrail.record.known import RecordKnown, known


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the plan: a CarePlan, when it was begun and agreed, by whom."""

    id: str
    title: str
    status: str
    created: str
    agreed_at: str
    signed: tuple[tuple[str, str], ...]


def see_versions(by: Principal, patient: str) -> list[Version]:
    """Return every plan that was made here for a person, the newest first."""
    with acting(by):
        require(by, "read", "Patient", patient)
        plans = [one.resource for one in store.of_patient(patient, "CarePlan", by=by)]
        facts = known(by.org)
        signed = _signatures(facts, patient)
    found = [_version(plan, signed.get(reference_to(plan), [])) for plan in plans if is_plan(plan)]
    return sorted(found, key=lambda one: (one.created, one.status == "draft"), reverse=True)


def _signatures(facts: RecordKnown, patient: str) -> dict[str, list[tuple[str, str]]]:
    """Return (when, who) of the signatures of each plan, in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for task in facts.of_patient(patient, "Task"):
        signature = agreeing.signature_of(task) if work.kind_of(task) == agreeing.KIND else None
        if signature:
            who = str((signature.get("who") or {}).get("display", ""))
            about = target_of(task.get("focus"))
            found.setdefault(about, []).append((str(signature.get("when", "")), who))
    return {plan: sorted(every) for plan, every in found.items()}


def _version(plan: Resource, signed: Sequence[tuple[str, str]]) -> Version:
    agreed = plan.get("status") in {"active", "completed"} and signed
    return Version(
        id=str(plan["id"]),
        title=str(plan.get("title", "")),
        status=str(plan.get("status", "")),
        created=str(plan.get("created", "")),
        agreed_at=signed[-1][0] if agreed else "",
        signed=tuple(signed),
    )


def compare(by: Principal, patient: str, before: str, after: str) -> list[Row]:
    """Return two plans of a person side by side, each as it was when it was agreed.

    Raises:
        NotFoundError: this person has no such plan.
    """
    versions = {one.id: one for one in see_versions(by, patient)}
    with acting(by):
        sides = [_said(by, patient, one, versions) for one in (before, after)]
    return compared(*sides)


def _said(by: Principal, patient: str, plan: str, versions: dict[str, Version]) -> list[Line]:
    found = plan_of(by, patient, plan)
    at = versions[plan].agreed_at if plan in versions else ""
    refs = [target_of(one) for one in (*found.get("addresses", ()), *found.get("goal", ()))]
    refs += [target_of(one.get("reference")) for one in found.get("activity", ())]
    return said(found, list(_parts(by, refs, at)))


def _parts(by: Principal, refs: Sequence[str], at: str) -> Iterator[Resource]:
    """Yield each part as it was at a moment (ISO 8601); as it is now for an empty one."""
    facts = known(by.org)
    for ref in refs:
        part = _then(by, ref, at) if at else facts.read(ref)
        if part is not None:
            yield part


def _then(by: Principal, ref: str, at: str) -> Resource | None:
    try:
        history = store.history(ref, by=by)
    except (NotFoundError, GoneError):
        return None
    moment = agreeing.moment(at)
    then = (one for one in history if one.updated_at <= moment and not one.deleted)
    oldest = next((one for one in reversed(history) if not one.deleted), None)
    found = next(then, oldest)
    return found.resource if found else None
