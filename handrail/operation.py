"""FHIR operations beyond CRUD (``$everything``): what a room or an adapter offers under ``/fhir``.

Whoever offers one declares it with :func:`offer` from its AppConfig; the FHIR API finds it here,
authenticates, reads what was sent, and lists it in the CapabilityStatement and the OpenAPI
description. An operation decides for itself what its principal may see, as every action does.

Source: http://hl7.org/fhir/R4/operations.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handrail.access.principal import Principal

FHIR_JSON = "application/fhir+json; charset=utf-8"
ANY = frozenset({"*"})
"""Every resource type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call of an operation.

    ``resource_type`` and ``id`` are empty above the type and instance level. ``pairs`` are the
    parameters of the address (and of a form), decoded, in order; ``body`` is what was POSTed as
    JSON, parsed without loss (:mod:`handrail.fhir.text`), None when nothing was; ``raw`` its text.
    ``base`` is the address of the API (``https://host/fhir``); ``headers`` has the keys of a WSGI
    environment.
    """

    method: str
    resource_type: str
    id: str
    pairs: list[tuple[str, str]]
    body: dict[str, Any] | None
    raw: bytes
    base: str
    headers: Mapping[str, object]
    by: Principal

    def header(self, name: str) -> str:
        """Return a header (``Prefer``), or an empty string."""
        return str(self.headers.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    def values(self, name: str) -> list[str]:
        """Return what was given for a simple parameter, in the address or in a Parameters body."""
        found = [value for key, value in self.pairs if key == name]
        for parameter in self._parameters(name):
            found += [
                str(value).lower() if isinstance(value, bool) else str(value)
                for key, value in parameter.items()
                if key.startswith("value") and not isinstance(value, dict | list)
            ]
        return found

    def value(self, name: str) -> str:
        """Return the first of :meth:`values`, or an empty string."""
        return next(iter(self.values(name)), "")

    def resource(self, name: str) -> dict[str, Any] | None:
        """Return a resource parameter of a Parameters body; else the body, if it is no Parameters.

        None: neither was sent.
        """
        for parameter in self._parameters(name):
            inner = parameter.get("resource")
            if isinstance(inner, dict):
                return dict(inner)
        if self.body is not None and self.body.get("resourceType") != "Parameters":
            return self.body
        return None

    def _parameters(self, name: str) -> Iterable[dict[str, Any]]:
        if self.body is None or self.body.get("resourceType") != "Parameters":
            return []
        listed = self.body.get("parameter") or []
        return [one for one in listed if isinstance(one, dict) and one.get("name") == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an operation says: a status, FHIR JSON, headers.

    ``stream`` (an iterable of pieces) takes the place of ``body`` for what is too long to hold,
    with ``content_type`` for what is not FHIR JSON.
    """

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    stream: Iterable[bytes] | None = None
    content_type: str = FHIR_JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation that is offered.

    ``name`` has no ``$``. ``types`` are the resource types it can be asked of, at type level when
    ``on_type`` and at instance level when ``on_instance``; ``on_system`` at ``/fhir/$name``.
    ``affects_state``: only POST. ``deletes``: answers DELETE too (a status that can be cancelled).
    ``definition`` is the canonical of its OperationDefinition;
    ``does`` one plain sentence for the documentation.
    """

    name: str
    definition: str
    does: str
    answer: Callable[[Asked], Answer]
    types: frozenset[str] = frozenset()
    on_system: bool = False
    on_type: bool = False
    on_instance: bool = False
    affects_state: bool = False
    deletes: bool = False

    def stands_at(self, resource_type: str, identity: str) -> bool:
        """Tell whether it can be asked there."""
        if not resource_type:
            return self.on_system
        if not self.types & {resource_type, "*"}:
            return False
        return self.on_instance if identity else self.on_type


offered: list[Operation] = []
"""Every operation of the house."""


topics: list[str] = []
"""The canonicals of every topic that can be subscribed to."""


def announce(*canonicals: str) -> None:
    """Announce subscription topics; announcing the same one again changes nothing."""
    topics.extend(one for one in canonicals if one not in topics)


def offer(*operations: Operation) -> None:
    """Offer operations; offering the same one again changes nothing."""
    offered.extend(one for one in operations if one not in offered)


def find(name: str, resource_type: str, identity: str) -> Operation | None:
    """Return the operation of that name there; None: there is none."""
    return next(
        (o for o in offered if o.name == name and o.stands_at(resource_type, identity)), None
    )
