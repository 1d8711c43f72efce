"""What the parameters of the two operations have in common, and how they answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from handrail.fhir import text
from handrail.fhir.errors import Fault, HandrailError
from handrail.fhir.outcome import operation_outcome
from handrail.fhir.resource import Resource
from handrail.operation import Answer, Asked


class ParameterError(HandrailError):
    """A parameter of an operation cannot be understood, or is missing."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


def parameters(asked: Asked, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the parameters ``name`` of a Parameters body."""
    body = asked.body or {}
    if body.get("resourceType") == "Parameters":
        for one in body.get("parameter") or ():
            if isinstance(one, dict) and one.get("name") == name:
                yield one


def reference_in(asked: Asked, *names: str) -> str:
    """Return ``Type/id`` that is given as a Reference, or as text in the address; else nothing.

    An absolute address of this server is cut to what it names.
    """
    for name in names:
        for one in parameters(asked, name):
            reference = one.get("valueReference")
            if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
                return _literal(asked, reference["reference"])
        given = asked.value(name)
        if given:
            return _literal(asked, given)
    return ""


def _literal(asked: Asked, reference: str) -> str:
    return reference.strip().removeprefix(f"{asked.base}/")


def resource_in(asked: Asked, name: str, kind: str) -> Resource | None:
    """Return the resource given as the parameter ``name``; None: it is not given.

    Raises:
        ParameterError: it is of another type than ``kind``.
    """
    for one in parameters(asked, name):
        inner = one.get("resource")
        if isinstance(inner, dict):
            if inner.get("resourceType") != kind:
                raise ParameterError(f"{name} is a {kind}.")
            return dict(inner)
    return None


def truth(asked: Asked, name: str) -> bool:
    """Return a boolean parameter; False where it is not given.

    Raises:
        ParameterError: it is neither true nor false.
    """
    given = asked.value(name)
    if given not in {"", "true", "false"}:
        raise ParameterError(f"{name} is true or false.")
    return given == "true"


def answer(name: str, resource: Resource | None, issues: Iterable[Fault]) -> Answer:
    """Return Parameters with the resource under ``name``, and what is to be said about it."""
    told = list(issues)
    listed: list[Resource] = []
    if resource is not None:
        listed.append({"name": name, "resource": resource})
    if told:
        listed.append({"name": "issues", "resource": operation_outcome(told)})
    return Answer(body=text.write({"resourceType": "Parameters", "parameter": listed}))


def hint(words: str, *, path: str = "", warning: bool = False) -> Fault:
    """Return something to be said that stops nothing."""
    severity = "warning" if warning else "information"
    return Fault(path, words, "informational", severity)
