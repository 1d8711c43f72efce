"""Takes back one transaction by a compensating one: nothing is erased, both stay in the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handrail.access.database import acting, writing
from handrail.access.principal import Principal
from handrail.fhir.errors import ForbiddenError, NotFoundError, VersionConflictError
from handrail.record.commit import commit
from handrail.record.reading import written_in
from handrail.record.stored import Committed, Draft, Stored
from handrail.record.writing import bodies, heads

_ERROR_STATUS = frozenset(
    {
        "Appointment", "CarePlan", "Communication", "Consent", "DocumentReference", "Encounter",
        "EpisodeOfCare", "Goal", "List", "Observation", "Procedure", "ServiceRequest", "Task",
    }
)  # fmt: skip


def undo(transaction: int, *, by: Principal, reason: str = "Undone") -> Committed:
    """Take back what ``transaction`` wrote, what followed from it included.

    A resource that was new becomes ``entered-in-error`` (or is deleted where its type has no such
    status); a changed one gets its former text back as a new version.

    Raises:
        NotFoundError: there is no such transaction, or ``by`` may see nothing of it.
        ForbiddenError: part of it is in a record that ``by`` may not see or change.
        VersionConflictError: something was changed again since; nothing is taken back.
    """
    with acting(by):
        seen = written_in(transaction, by=by)
        if not seen:
            raise NotFoundError("There is nothing to undo.")
        with writing():
            written = written_in(transaction, by=by)
            if len(written) != len(seen):
                raise ForbiddenError(
                    "Part of this is in a record you may not see. Nothing was taken back;"
                    " ask somebody who may see all of it."
                )
            return _undo(transaction, written, by, reason)


def _undo(transaction: int, written: Sequence[Stored], by: Principal, reason: str) -> Committed:
    first, last = _span(written)
    current = heads(by.org, [(v.resource_type, v.id) for v in last])
    for version in last:
        if current[version.resource_type, version.id].version != version.version:
            raise VersionConflictError(
                f"{version.reference} was changed again since. Nothing was taken back;"
                " open it and correct it there."
            )
    former = bodies(by.org, [(v.resource_type, v.id, v.version - 1) for v in first])
    drafts = [
        _taken_back(version, former)
        for version in last
        if not version.deleted or (version.resource_type, version.id) in former
    ]
    return commit(drafts, by=by, reason=reason, origin=f"undo/{transaction}", correcting=True)


def _span(written: Iterable[Stored]) -> tuple[list[Stored], list[Stored]]:
    """Return the first and the last version of each resource, in the same order."""
    first: dict[str, Stored] = {}
    last: dict[str, Stored] = {}
    for version in written:
        first.setdefault(version.reference, version)
        last[version.reference] = version
    return list(first.values()), list(last.values())


def _taken_back(version: Stored, former: dict[tuple[str, str], bytes]) -> Draft:
    body = former.get((version.resource_type, version.id))
    if body:
        return Draft(raw=body, if_match=version.version)
    if version.resource_type not in _ERROR_STATUS or version.deleted:
        return Draft(delete=version.reference, if_match=version.version)
    status = "lifecycleStatus" if version.resource_type == "Goal" else "status"
    return Draft({**version.resource, status: "entered-in-error"}, if_match=version.version)
