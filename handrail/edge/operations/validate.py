"""``$validate``: is this resource valid, and does it follow its profiles?

The resource is sent as it is or in Parameters; without one, at an instance, the stored one is
judged. ``profile`` (several times, if need be) says which profiles; without it those that
``meta.profile`` names. ``mode`` is create, update or delete: what is about to be done with it.

The answer lists every fault and has status 200 whatever they are. What could not be checked (code
sets that are not kept here, profiles of other guides) is named as information.

Source: http://hl7.org/fhir/R4/resource-operation-validate.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from handrail.access.decide import allows
from handrail.edge.operations import asking
from handrail.fhir import profiles, text
from handrail.fhir.errors import Fault
from handrail.fhir.outcome import operation_outcome
from handrail.fhir.resource import Resource
from handrail.fhir.validation import faults
from handrail.operation import Answer, Asked, Operation
from handrail.record import store

_MOST = 1000
_MANY = 20
_MODES = ("create", "update", "delete", "profile")
_HARMLESS = frozenset({"required", "code-invalid", "invariant"})
"""Faults in R4 that leave the shape of a resource whole, so that profiles can be checked."""


def validate(asked: Asked) -> Answer:
    """Answer with an OperationOutcome of all faults."""
    mode = asked.value("mode")
    if mode and mode not in _MODES:
        raise asking.ParameterError(f"mode is one of {', '.join(_MODES)}.")
    found = _of_mode(asked, mode)
    resource, raw = _sent(asked)
    if resource is None and mode != "delete":
        resource, raw = _stored(asked)
    if resource is not None:
        found += _judged(asked, resource, raw)
    if not [fault for fault in found if fault.severity != "information"]:
        found.insert(0, _well(asked, resource))
    return Answer(body=text.write(operation_outcome(found, most=_MOST)))


def _sent(asked: Asked) -> tuple[Resource | None, bytes]:
    """Return what was sent, and its text: as it came, where that is known."""
    resource = asked.resource("resource")
    if resource is None or (resource is asked.body and asked.raw.lstrip()[:1] == b"{"):
        return resource, asked.raw
    return resource, text.write(resource)


def _stored(asked: Asked) -> tuple[Resource, bytes]:
    if not asked.id:
        raise asking.ParameterError(
            "Send the resource: as it is, or as the parameter “resource” of Parameters."
        )
    stored = store.read(f"{asked.resource_type}/{asked.id}", by=asked.by)
    return stored.resource, stored.body


def _judged(asked: Asked, resource: Resource, raw: bytes) -> list[Fault]:
    found = faults(raw, asked.resource_type)
    if any(fault.code not in _HARMLESS for fault in found):
        if _wanted(asked, resource):
            text_ = "The profiles were not checked. Correct the other faults first."
            found.append(Fault("", text_, "informational", "information"))
        return found
    given = list(dict.fromkeys(asked.values("profile")))
    if len(given) > _MANY:
        raise asking.ParameterError(f"Ask for {_MANY} profiles at most in one request.")
    for profile in given:
        found += [_told(fault) for fault in profiles.faults(resource, profile)]
    if not given:
        found += profiles.faults(resource)
    return list(dict.fromkeys(found))


def _told(fault: Fault) -> Fault:
    """Make it an error that a profile which was asked for is not known."""
    return replace(fault, severity="error") if fault.code == "not-supported" else fault


def _wanted(asked: Asked, resource: Resource) -> list[str]:
    return asked.values("profile") or profiles.claimed(resource)


def _of_mode(asked: Asked, mode: str) -> list[Fault]:
    """Return why what is about to be done would be refused."""
    found: list[Fault] = []
    kind = asked.resource_type
    if mode in {"create", "update", "delete"} and not allows(asked.by, mode, kind):
        found.append(Fault("", f"You may not {mode} resources of type {kind}.", "forbidden"))
    if mode in {"update", "delete"}:
        found += _of_instance(asked, mode)
    if mode == "create" and asked.id:
        found.append(Fault("", f"Ask {kind}/$validate: what is created has no id yet.", "invalid"))
    return found


def _of_instance(asked: Asked, mode: str) -> Iterable[Fault]:
    sent = asked.resource("resource") or {}
    identity = asked.id or str(sent.get("id", ""))
    if not identity:
        yield Fault(f"{asked.resource_type}.id", f"To {mode} it, say its id.", "required")
    elif asked.id and sent and sent.get("id") != asked.id:
        yield Fault(f"{asked.resource_type}.id", f"The id has to be {asked.id}.", "value")
    if asked.id and mode == "delete":
        store.read(f"{asked.resource_type}/{asked.id}", by=asked.by)  # or it is not there, or gone


def _well(asked: Asked, resource: Resource | None) -> Fault:
    if resource is None:
        return Fault("", "Nothing speaks against it.", "informational", "information")
    known = []
    for canonical in _wanted(asked, resource):
        profile = profiles.profile_of(canonical)
        if profile is not None:
            known.append(f"{profile.url}|{profile.versions[-1]}")
    listed = ", ".join(["FHIR R4 4.0.1", *known])
    return Fault("", f"No faults. Checked against {listed}.", "informational", "information")


VALIDATE = Operation(
    name="validate",
    definition="http://hl7.org/fhir/OperationDefinition/Resource-validate",
    does="Tells every fault of a resource, in R4 and in US Core and SDOHCC profiles.",
    answer=validate,
    types=frozenset({"*"}),
    on_type=True,
    on_instance=True,
)
