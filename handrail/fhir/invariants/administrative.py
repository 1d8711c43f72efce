"""Invariants of people, organizations, appointments, tasks and consents."""

from __future__ import annotations

from handrail.fhir.invariants.rules import (
    Broken,
    Element,
    any_of,
    has,
    has_choice,
    in_order,
    not_both,
    resource_rule,
    rule,
)


@rule("Patient.contact")
def _contact(element: Element) -> Broken:
    yield from any_of(element, ("name", "telecom", "address", "organization"), "pat-1")


@resource_rule("Organization")
def _organization(element: Element) -> Broken:
    yield from any_of(element, ("identifier", "name"), "org-1")
    for name in ("telecom", "address"):
        for place, each in enumerate(element.get(name, ())):
            if each.get("use") == "home":
                yield f"{name}[{place}].use", "An organization has no home (org-2, org-3)."


@resource_rule("Appointment")
def _appointment(element: Element) -> Broken:
    status = element.get("status")
    if has(element, "start") != has(element, "end"):
        yield "", "An appointment has both start and end, or neither (app-2)."
    elif not has(element, "start") and status not in {"proposed", "cancelled", "waitlist"}:
        yield "start", f"An appointment that is {status} needs start and end (app-3)."
    if has(element, "cancelationReason") and status not in {"noshow", "cancelled"}:
        yield "cancelationReason", "Only cancelled or missed appointments have a reason (app-4)."


@rule("Appointment.participant")
def _participant(element: Element) -> Broken:
    yield from any_of(element, ("type", "actor"), "app-1")


@rule("AuditEvent.entity")
def _entity(element: Element) -> Broken:
    yield from not_both(element, "name", "query", "sev-1")


@resource_rule("Consent")
def _consent(element: Element) -> Broken:
    yield from any_of(element, ("policy", "policyRule"), "ppc-1")


@resource_rule("Group")
def _group(element: Element) -> Broken:
    if has(element, "member") and element.get("actual") is not True:
        yield "member", "Only an actual group has members (grp-1)."


@resource_rule("Linkage")
def _linkage(element: Element) -> Broken:
    if len(element.get("item", ())) == 1:
        yield "item", "A linkage needs two items or more (lnk-1)."


@rule("Parameters.parameter")
def _parameter(element: Element) -> Broken:
    given = (has_choice(element, "value"), has(element, "resource"), has(element, "part"))
    if sum(given) != 1:
        yield "", "A parameter has a value, a resource or parts: exactly one of them (inv-1)."


@rule("RequestGroup.action")
def _action(element: Element) -> Broken:
    if has(element, "resource") == has(element, "action"):
        yield "", "An action has a resource or actions: exactly one of them (rqg-1)."


@resource_rule("Task")
def _task(element: Element) -> Broken:
    authored, modified = element.get("authoredOn"), element.get("lastModified")
    if authored and modified and not in_order(authored, modified):
        yield "lastModified", "The task was modified before it was written (inv-1)."
