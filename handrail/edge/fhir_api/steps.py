"""What each entry of a transaction is to do, and to which resource; its conditions are answered.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from handrail.edge.fhir_api.conditions import matched
from handrail.edge.fhir_api.criteria import condition_in
from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.operating import is_operation, methods
from handrail.edge.fhir_api.request import Request, is_id, pairs_of, split_path, version_of
from handrail.edge.fhir_api.update import refuse_other_id, refuse_ours
from handrail.fhir.bundle import Entry
from handrail.fhir.errors import NotFoundError, UnsupportedError
from handrail.fhir.r4 import MODULES

READS = frozenset({"GET", "HEAD", "ASK"})
"""What is answered at the end. ASK is an operation that is POSTed and changes nothing."""
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 3, "GET": 4, "HEAD": 4}
_TYPE_AND_ID = 2


@dataclass(slots=True)
class Step:
    """One entry: ``existing`` is what a conditional create found, so that nothing is to do.

    ``nothing``: a deletion that finds nothing to delete.
    """

    entry: Entry
    method: str
    kind: str
    identity: str = ""
    existing: str = ""
    if_match: int | None = None
    nothing: bool = False

    @property
    def reference(self) -> str:
        """Return ``Type/id`` of what the entry is about."""
        return self.existing or f"{self.kind}/{self.identity}"


@dataclass(slots=True)
class Plan:
    """The steps so far, in the order of the standard: what is deleted fits no condition."""

    request: Request
    deleted: set[str] = field(default_factory=set)
    created: dict[tuple[str, str], str] = field(default_factory=dict)

    def matched(self, kind: str, query: str) -> str:
        """Return the one resource that fits, unless this transaction deletes it."""
        found = matched(kind, query, by=self.request.by)
        return "" if found in self.deleted else found


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries in the order in which they are planned and carried out."""
    return sorted(entries, key=lambda entry: _ORDER.get(entry.method, 0))


def step(plan: Plan, entry: Entry) -> Step:
    """Return what an entry is to do.

    Raises:
        BadRequestError: it cannot be understood.
        SeveralMatchesError: its condition fits several resources.
    """
    if entry.method not in _PLANS:
        raise BadRequestError("request.method is one of DELETE, POST, PUT, PATCH, GET and HEAD.")
    path, _, query = entry.url.removeprefix(plan.request.base).partition("?")
    parts = split_path(path)
    if is_operation(parts) or entry.method in READS:
        return Step(entry, _read(entry, parts), "")
    if not parts or parts[0] not in MODULES:
        raise BadRequestError("request.url is relative to this server: Patient or Patient/123.")
    planned = Step(entry, entry.method, parts[0])
    if entry.if_match:
        planned.if_match = version_of(entry.if_match)
    _PLANS[entry.method](planned, parts, query, plan)
    return planned


def refuse_doubles(steps: Iterable[Step]) -> None:
    """Refuse a transaction that writes one resource twice."""
    seen: set[str] = set()
    for one in steps:
        if one.method in READS or one.existing or one.nothing:
            continue
        if one.reference in seen:
            raise BadRequestError(
                f"A transaction names each resource once; entry {one.entry.position} names one"
                " again."
            )
        seen.add(one.reference)


def _read(entry: Entry, parts: tuple[str, ...]) -> str:
    """Return the method of what is answered at the end, as if it had come alone.

    Raises:
        UnsupportedError: it is an operation that changes something.
    """
    if not is_operation(parts):
        return entry.method
    possible = methods(parts)
    if entry.method == "POST" and "GET" in possible:
        return "ASK"
    if entry.method not in ("GET", "HEAD") or "GET" not in possible:
        raise UnsupportedError(
            "An operation that changes something does not stand in a transaction. Ask it alone."
        )
    return entry.method


_PlanOf = Callable[[Step, Sequence[str], str, Plan], None]


def _get(_step: Step, _parts: Sequence[str], _query: str, _plan: Plan) -> None:
    """Reads are answered at the end, as if they had come alone."""


def _delete(planned: Step, parts: Sequence[str], query: str, plan: Plan) -> None:
    if len(parts) == 1:
        found = matched(planned.kind, condition_in(pairs_of(query)), by=plan.request.by)
        planned.identity, planned.nothing = found.partition("/")[2], not found
    elif query or len(parts) != _TYPE_AND_ID or not is_id(parts[1]):
        raise BadRequestError("Deleting needs an id or a condition: DELETE Patient/123.")
    else:
        planned.identity = parts[1]
    plan.deleted.add(planned.reference)


def _post(planned: Step, parts: Sequence[str], query: str, plan: Plan) -> None:
    _refuse_other_type(planned)
    if query or len(parts) != 1:
        raise BadRequestError("Creating needs the type alone: POST Patient.")
    planned.identity = uuid4().hex
    if condition := planned.entry.if_none_exist:
        asked = (planned.kind, condition)
        planned.existing = plan.created.get(asked, "") or plan.matched(*asked)
        plan.created.setdefault(asked, planned.reference)


def _put(planned: Step, parts: Sequence[str], query: str, plan: Plan) -> None:
    _refuse_other_type(planned)
    if planned.if_match is None and planned.entry.if_none_match.strip() == "*":
        planned.if_match = 0
    if len(parts) == _TYPE_AND_ID and not query:
        if not is_id(parts[1]):
            raise BadRequestError("This cannot be an id: letters, digits, - and . only.")
        refuse_other_id(parts[1], planned.entry.id)
        refuse_ours(planned.kind, parts[1])
        planned.identity = parts[1]
        return
    if len(parts) != 1 or not query:
        raise BadRequestError("Updating needs an id or a condition: PUT Patient/123.")
    found = plan.matched(planned.kind, condition_in(pairs_of(query))).partition("/")[2]
    if found and planned.entry.id:
        refuse_other_id(found, planned.entry.id)
    planned.identity = found or planned.entry.id or uuid4().hex


def _patch(planned: Step, parts: Sequence[str], query: str, plan: Plan) -> None:
    if planned.entry.resource_type not in ("Binary", "Parameters"):
        raise BadRequestError("Patching needs a Binary with a JSON Patch, or Parameters.")
    if len(parts) == _TYPE_AND_ID and not query and is_id(parts[1]):
        planned.identity = parts[1]
        return
    if len(parts) != 1 or not query:
        raise BadRequestError("Patching needs an id or a condition: PATCH Patient/123.")
    planned.identity = plan.matched(planned.kind, condition_in(pairs_of(query))).partition("/")[2]
    if not planned.identity:
        raise NotFoundError(f"No {planned.kind} fits the condition; there is nothing to patch.")


_PLANS: dict[str, _PlanOf] = {
    "GET": _get,
    "HEAD": _get,
    "DELETE": _delete,
    "POST": _post,
    "PUT": _put,
    "PATCH": _patch,
}


def _refuse_other_type(planned: Step) -> None:
    if planned.entry.resource_type != planned.kind:
        raise BadRequestError(
            f"request.url says {planned.kind}, the resource is"
            f" {planned.entry.resource_type[:60] or 'missing'}."
        )
