"""From method and path to the interaction. Nothing that is not listed here is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from handrail.edge.fhir_api.create import create
from handrail.edge.fhir_api.delete import delete, delete_where
from handrail.edge.fhir_api.errors import MethodNotAllowedError, UnknownAddressError
from handrail.edge.fhir_api.history import history
from handrail.edge.fhir_api.operating import is_operation, methods, operate
from handrail.edge.fhir_api.patch import patch, patch_where
from handrail.edge.fhir_api.read import read
from handrail.edge.fhir_api.request import Request, is_id
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.search import search
from handrail.edge.fhir_api.searched import EVERY
from handrail.edge.fhir_api.update import update, update_where
from handrail.edge.fhir_api.vread import vread
from handrail.fhir.errors import NotFoundError
from handrail.fhir.r4 import MODULES

Interaction = Callable[[Request], Response]
_TYPE: Mapping[str, Interaction] = {
    "GET": search,
    "POST": create,
    "PUT": update_where,
    "PATCH": patch_where,
    "DELETE": delete_where,
}
_SEARCH: Mapping[str, Interaction] = {"POST": search}
_INSTANCE: Mapping[str, Interaction] = {
    "GET": read,
    "PUT": update,
    "PATCH": patch,
    "DELETE": delete,
}
_HISTORY: Mapping[str, Interaction] = {"GET": history}
_VERSION: Mapping[str, Interaction] = {"GET": vread}
_COMPARTMENT: Mapping[str, Interaction] = {"GET": search}
_SYSTEM: Mapping[tuple[str, ...], Mapping[str, Interaction]] = {
    (): {"GET": search},
    ("_history",): _HISTORY,
    ("_search",): _SEARCH,
}
_OF_TYPE: Mapping[tuple[str, ...], Mapping[str, Interaction]] = {
    ("_search",): _SEARCH,
    ("_history",): _HISTORY,
}
_PAST: Mapping[int, Mapping[str, Interaction]] = {3: _HISTORY, 4: _VERSION}  # by parts of the path
_IN_COMPARTMENT = 3  # type, id, type


def interaction(request: Request) -> Interaction:
    """Return what answers this request.

    Raises:
        UnknownAddressError: nothing does.
        MethodNotAllowedError: nothing does with this method.
        NotFoundError: the path holds no possible id.
    """
    if is_operation(request.path):
        return operate
    possible = _possible(request.path)
    method = "GET" if request.method == "HEAD" else request.method
    if method not in possible:
        raise MethodNotAllowedError(request.method, allowed(request.path))
    return possible[method]


def allowed(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the methods that a path answers."""
    known = methods(path) if is_operation(path) else tuple(_possible(path))
    if not path:
        known = (*known, "POST")  # Bundles, see transaction.py
    return (*known, "HEAD", "OPTIONS") if "GET" in known else (*known, "OPTIONS")


def _possible(path: tuple[str, ...]) -> Mapping[str, Interaction]:
    if path in _SYSTEM:
        return _SYSTEM[path]
    if path[0] not in MODULES:
        raise UnknownAddressError(
            f"“{path[0][:60]}” is no resource type of FHIR R4. /fhir/metadata lists what is here."
        )
    if len(path) == 1:
        return _TYPE
    if path[1:] in _OF_TYPE:
        return _OF_TYPE[path[1:]]
    return _below(path)


def _below(path: tuple[str, ...]) -> Mapping[str, Interaction]:
    if path[1][:1] == "_":
        raise UnknownAddressError(f"{path[1][:60]} is not supported. /fhir/metadata lists what is.")
    if not is_id(path[1]):
        raise NotFoundError("This cannot be an id: letters, digits, - and . only, at most 64.")
    if len(path) == 2:  # noqa: PLR2004 - type and id
        return _INSTANCE
    if path[2] == "_history":
        return _PAST.get(len(path)) or _nothing()
    return _compartment(path)


def _compartment(path: tuple[str, ...]) -> Mapping[str, Interaction]:
    """Return what answers ``Patient/[id]/[type]``."""
    if path[2] in {*MODULES, EVERY}:
        if len(path) == _IN_COMPARTMENT:
            return _COMPARTMENT
        if path[_IN_COMPARTMENT:] == ("_search",):
            return _SEARCH
    return _nothing()


def _nothing() -> NoReturn:
    raise UnknownAddressError("Nothing answers at this address. /fhir/metadata lists what does.")
