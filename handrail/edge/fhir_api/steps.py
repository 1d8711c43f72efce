"""What each entry of a transaction is to do, and to which resource; its conditions are answered.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from handrail.access.principal import Principal
from handrail.edge.fhir_api.conditions import matched
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Request, is_id, split_path, version_of
from handrail.edge.fhir_api.update import refuse_other_id, refuse_ours
from handrail.fhir.bundle import Entry
from handrail.fhir.r4 import MODULES

_TYPE_AND_ID = 2


@dataclass(slots=True)
class Step:
    """One entry: ``existing`` is what a conditional create found, so that nothing is to do."""

    entry: Entry
    method: str
    kind: str
    identity: str = ""
    existing: str = ""
    if_match: int | None = None

    @property
    def reference(self) -> str:
        """Return ``Type/id`` of what the entry is about."""
        return self.existing or f"{self.kind}/{self.identity}"


def step(request: Request, entry: Entry) -> Step:
    """Return what an entry is to do.

    Raises:
        BadRequestError: it cannot be understood.
        SeveralMatchesError: its condition fits several resources.
    """
    if entry.method not in _PLANS:
        raise BadRequestError("request.method is one of DELETE, POST, PUT and GET.")
    path, _, query = entry.url.removeprefix(request.base).partition("?")
    parts = split_path(path)
    if not parts or parts[0] not in MODULES:
        raise BadRequestError("request.url is relative to this server: Patient or Patient/123.")
    planned = Step(entry, entry.method, parts[0])
    if entry.if_match:
        planned.if_match = version_of(entry.if_match)
    _PLANS[entry.method](planned, parts, query, request.by)
    return planned


def refuse_doubles(steps: Iterable[Step]) -> None:
    """Refuse a transaction that writes one resource twice."""
    seen: set[str] = set()
    for one in steps:
        if one.method == "GET" or one.existing:
            continue
        if one.reference in seen:
            raise BadRequestError(
                f"A transaction names each resource once; entry {one.entry.position} names one"
                " again."
            )
        seen.add(one.reference)


_Plan = Callable[[Step, Sequence[str], str, Principal], None]


def _get(_step: Step, _parts: Sequence[str], _query: str, _by: Principal) -> None:
    """Reads are answered at the end, as if they had come alone."""


def _delete(planned: Step, parts: Sequence[str], query: str, _by: Principal) -> None:
    if query or len(parts) != _TYPE_AND_ID or not is_id(parts[1]):
        raise BadRequestError("Deleting needs the id: DELETE Patient/123.")
    planned.identity = parts[1]


def _post(planned: Step, parts: Sequence[str], query: str, by: Principal) -> None:
    _refuse_other_type(planned)
    if query or len(parts) != 1:
        raise BadRequestError("Creating needs the type alone: POST Patient.")
    if planned.entry.if_none_exist:
        planned.existing = matched(planned.kind, planned.entry.if_none_exist, by=by)
    planned.identity = uuid4().hex


def _put(planned: Step, parts: Sequence[str], query: str, by: Principal) -> None:
    _refuse_other_type(planned)
    if len(parts) == _TYPE_AND_ID and not query:
        if not is_id(parts[1]):
            raise BadRequestError("This cannot be an id: letters, digits, - and . only.")
        refuse_other_id(parts[1], planned.entry.id)
        refuse_ours(planned.kind, parts[1])
        planned.identity = parts[1]
        return
    if len(parts) != 1 or not query:
        raise BadRequestError("Updating needs an id or a condition: PUT Patient/123.")
    found = matched(planned.kind, query, by=by).partition("/")[2]
    if found and planned.entry.id:
        refuse_other_id(found, planned.entry.id)
    planned.identity = found or planned.entry.id or uuid4().hex


_PLANS: dict[str, _Plan] = {"GET": _get, "DELETE": _delete, "POST": _post, "PUT": _put}


def _refuse_other_type(planned: Step) -> None:
    if planned.entry.resource_type != planned.kind:
        raise BadRequestError(
            f"request.url says {planned.kind}, the resource is"
            f" {planned.entry.resource_type[:60] or 'missing'}."
        )
