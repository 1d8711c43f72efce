"""From a resource to its one search row: tokens, whose it is, and when it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from handrail.fhir.errors import InvalidResourceError
from handrail.fhir.resource import Resource
from handrail.fhir.searching import lists
from handrail.fhir.searching.parameters import Compiled, compiled


@dataclass(frozen=True, slots=True)
class Indexed:
    """One search row.

    ``tokens`` are in ascending order, each once (see ``hashing.token``); ``_id`` and
    ``_lastUpdated`` have none, they are columns of the record. ``patient`` is the id of the patient
    whose compartment the resource is in: the first compartment parameter that names a patient
    decides (patient, subject, beneficiary, individual, then the others), so a message to a mother
    about her child is the child's. It is empty when there is none, or when that parameter names
    several. ``starts`` and ``ends`` are the main date in UTC, up to but not including ``ends``;
    both None when the resource has none, ``times.FIRST`` and ``times.LAST`` where it is open.
    ``number`` is the main number as it is written and ``amount`` the same in canonical UCUM units;
    ``listed`` is the token of the list the resource stands in (a Task's owner and status), and
    ``due`` the second date such a list is ordered by (the end of a Task's restriction).
    """

    tokens: list[int]
    patient: str
    starts: datetime | None
    ends: datetime | None
    number: float | None = None
    amount: float | None = None
    listed: int | None = None
    due: datetime | None = None


KIND: LiteralString = "3"
"""What kind of search rows this makes. Count up when a resource gets another row: stored rows
are then made anew when Handrail starts. A test reminds of it."""

_NOT_LISTED = (None, None)
_known: dict[str, Compiled] = {}


def index(resource: Resource) -> Indexed:
    """Return the search row of a valid ``resource``.

    Raises:
        UnsupportedError: the type is not one of R4.
        InvalidResourceError: an element has the wrong shape, so the resource was not validated.
    """
    resource_type = resource.get("resourceType", "")
    module = _known.get(resource_type)
    if module is None:
        module = _known[resource_type] = compiled(str(resource_type))
    out: list[int] = []
    try:
        module.extract(resource, out)
        span = module.dates(resource)
        patient = module.patient(resource)
        number, amount = module.amount(resource)
        in_list = lists.place_of(resource) if resource_type == lists.TYPE else _NOT_LISTED
    except (AttributeError, TypeError, KeyError) as error:
        raise InvalidResourceError(
            f"This {resource_type} cannot be indexed: an element has the wrong shape. "
            "Validate it first; the validator says which."
        ) from error
    starts, ends = span or (None, None)
    return Indexed(sorted(set(out)), patient, starts, ends, number, amount, *in_list)
