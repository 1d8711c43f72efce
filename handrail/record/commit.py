"""The life of a change: checked, appended, chained, indexed, projected, reacted to. All or nothing.

This is the only way to write. See docs/architecture.md, "The life of a change".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection
from psycopg.errors import DeadlockDetected, UniqueViolation

from handrail.access.database import acting, writing
from handrail.access.decide import require
from handrail.access.narrowing import is_narrow, require_let
from handrail.access.principal import Principal
from handrail.fhir import text
from handrail.fhir.errors import CollidedError, NotFoundError, VersionConflictError
from handrail.fhir.resource import Resource
from handrail.record import guard
from handrail.record.appending import append
from handrail.record.known import Proposed, RecordKnown, known
from handrail.record.prepare import Prepared, Submitted, compose, reference_of, submit, whose
from handrail.record.projecting import project
from handrail.record.reactions import MAX_DERIVED, RunawayReactionError, proposals
from handrail.record.registry import registry
from handrail.record.stored import Committed, Draft, Stored
from handrail.record.writing import Act, Head, bodies, heads

MAX_DEPTH = 8


def commit(  # noqa: PLR0913 - who, what, why: the one write path says it all
    drafts: Iterable[Draft | Submitted | Resource],
    *,
    by: Principal,
    reason: str,
    room: str = "",
    as_of: datetime | None = None,
    origin: str = "",
    correcting: bool = False,
) -> Committed:
    """Append ``drafts`` and all that follows from them, or nothing at all.

    Args:
        drafts: resources to store (a plain mapping counts as ``Draft(resource)``), drafts that
            were checked before (:func:`handrail.record.prepare.submit`), or deletions.
        by: who acts.
        reason: why, in words for the audit; no health information.
        room: the room that writes; empty only for adapters.
        as_of: the moment rules decide at, when it is not now (a message's own time, a test).
        origin: where it came from, e.g. ``hl7v2/123``.
        correcting: an undo; the state machine does not apply to it.

    Raises:
        InvalidResourceError: a draft is not valid R4; all faults are in it.
        BusinessRuleError: a rule of the house refuses a draft.
        VersionConflictError: somebody else saved first, or made the same at the same moment.
        ForbiddenError: ``by`` or ``room`` may not write this.
    """
    wanted = [Draft(draft) if isinstance(draft, dict) else draft for draft in drafts]
    nested = connection.in_atomic_block
    try:
        with acting(by), writing(savepoint=nested):
            writer = _Writer(by, room, known(by.org, as_of), correcting)
            writer.take(wanted)
            return writer.finish(reason, origin or by.app)
    except (UniqueViolation, DeadlockDetected) as error:
        # Both were new when the two looked, or reactions of each wanted what the other held.
        raise CollidedError(
            "Somebody else stored the same at the same moment. Nothing was saved; try again."
        ) from error


def _now() -> datetime:
    """Return now in UTC with the precision that is written into meta.lastUpdated."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass
class _Writer:
    """One commit in progress."""

    by: Principal
    room: str
    known: RecordKnown
    correcting: bool
    at: datetime = field(default_factory=_now)
    heads: dict[tuple[str, str], Head] = field(default_factory=dict)
    newest: dict[tuple[str, str], Prepared] = field(default_factory=dict)
    versions: list[Prepared] = field(default_factory=list)
    results: list[Prepared] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    derived: int = 0

    def take(self, drafts: Sequence[Draft | Submitted]) -> None:
        """Check the caller's drafts and everything that follows from them."""
        submitted: list[Submitted] = []
        deleted: list[tuple[tuple[str, str], int | None]] = []
        for draft in drafts:
            if isinstance(draft, Draft) and draft.delete:
                deleted.append((reference_of(draft.delete), draft.if_match))
            else:
                submitted.append(self._submit(draft))
        self.known.remember()
        known = [(one.resource_type, one.id) for one in submitted if not one.new]
        self._look_up([*known, *(reference for reference, _ in deleted)])
        fresh = [version for one in submitted if (version := self._accept(one)) is not None]
        fresh += [self._delete(reference, if_match) for reference, if_match in deleted]
        allowed = MAX_DERIVED * max(1, len(fresh))
        for _ in range(MAX_DEPTH):
            fresh = self._react(fresh)
            if not fresh:
                return
            self.derived += len(fresh)
            if self.derived > allowed:
                break
        raise RunawayReactionError("Reactions kept proposing; nothing was written.")

    def _submit(self, draft: Draft | Submitted) -> Submitted:
        one = draft if isinstance(draft, Submitted) else submit(draft)
        one.room, one.cause = self.room, draft.cause
        return one

    def _look_up(self, references: Iterable[tuple[str, str]]) -> None:
        """Hold what is current of the references, with texts where a rule compares."""
        unknown = [reference for reference in references if reference not in self.heads]
        if unknown:
            found = heads(self.by.org, unknown, {"Task", *registry.reactions})
            self.heads.update(found)
            if found or not self.versions:
                self.known.remember()  # others may have written while this waited for the rows

    def _accept(self, one: Submitted) -> Prepared | None:
        """Return the next version of what was submitted; None if it says nothing new."""
        key = (one.resource_type, one.id)
        head = self._head(key)
        self._allow(one, head)
        _match(one.reference, one.if_match, head)
        if head and not head.deleted and head.content == one.content:
            self.unchanged.append(one.reference)
            return None
        version = Prepared(
            one.resource_type,
            one.id,
            head.version + 1 if head else 1,
            self.at,
            compose(one, head.version + 1 if head else 1, self.at),
            one.content,
            one.cause,
            existed=key in self.heads,
            before=self._before(key, head, proposed=bool(one.cause)),
            submitted=one,
        )
        self._check(one, version)
        self._keep(key, version)
        return version

    def _head(self, key: tuple[str, str]) -> Head | None:
        pending = self.newest.get(key)
        if pending:
            patient = "" if pending.deleted else whose(pending)
            return Head(pending.version, pending.content, pending.deleted, patient)
        return self.heads.get(key)

    def _before(self, key: tuple[str, str], head: Head | None, *, proposed: bool) -> bytes | None:
        """Return the text this change starts from, where somebody will compare with it."""
        if head is None or head.deleted:
            return None
        if key in self.newest:
            return self.newest[key].body
        if key[0] != "Task" and key[0] not in registry.reactions and not proposed:
            return None
        return head.body or bodies(self.by.org, [(*key, head.version)]).get(key)

    def _allow(self, one: Submitted, head: Head | None) -> None:
        """Refuse what the principal may not write, into whose record it was and whose it is now."""
        if one.cause:
            return
        verb = "update" if head else "create"
        for patient in {head.patient, _of_whom(one)} if head else {_of_whom(one)}:
            require(self.by, verb, one.resource_type, patient)
        if is_narrow(self.by, one.resource_type, verb):
            body = compose(one, head.version + 1 if head else 1, self.at)
            wanted = Stored(one.resource_type, one.id, 0, body, self.at, whose(one))
            require_let(self.by, verb, wanted)
            self._require_present((one.resource_type, one.id), head, verb)

    def _require_present(self, key: tuple[str, str], head: Head | None, verb: str) -> None:
        """Refuse to change what the principal's scopes do not open as it is now."""
        if head is None or head.deleted or not is_narrow(self.by, key[0], verb):
            return
        body = bodies(self.by.org, [(*key, head.version)]).get(key, b"{}")
        if key in self.newest:
            body = self.newest[key].body
        present = Stored(*key, head.version, body, self.at, head.patient)
        require_let(self.by, verb, present)

    def _check(self, one: Submitted, version: Prepared) -> None:
        """Ask everybody else who may refuse."""
        before = text.parse(version.before) if version.before else None
        if one.cause:
            guard.check_proposal(one.room, before, version.resource)
        elif one.room:
            guard.check_room(one.room, version.quick)
        if one.resource_type == "Task" and not self.correcting:
            guard.check_task(before, version.quick)

    def _keep(self, key: tuple[str, str], version: Prepared) -> None:
        self.newest[key] = version
        self.versions.append(version)
        if not version.cause:
            self.results.append(version)
        patient = "" if version.deleted else version.indexed.patient
        self.known.changes.keep(version.reference, patient, None if version.deleted else version)

    def _delete(self, key: tuple[str, str], if_match: int | None) -> Prepared:
        head = self._head(key)
        reference = "/".join(key)
        if head is None or head.deleted:
            raise NotFoundError(f"There is no {reference} to delete.")
        _match(reference, if_match, head)
        require(self.by, "delete", key[0], head.patient)
        self._require_present(key, head, "delete")
        version = Prepared(*key, head.version + 1, self.at, b"", b"", deleted=True)
        version.existed = key in self.heads
        self._keep(key, version)
        return version

    def _react(self, fresh: Sequence[Prepared]) -> list[Prepared]:
        """Return the new versions that reactions propose on ``fresh``."""
        proposed: list[Submitted] = []
        for version in fresh:
            if version.resource_type not in registry.reactions:
                continue
            for room, cause, resource in proposals(version, self.known):
                one = submit(Draft(resource))
                one.cause, one.room = cause, room
                proposed.append(one)
                self.known.changes.keep(one.reference, one.indexed.patient, Proposed(resource))
        self._look_up((one.resource_type, one.id) for one in proposed)
        accepted = [self._accept(one) for one in proposed]
        return [version for version in accepted if version is not None]

    def finish(self, reason: str, origin: str) -> Committed:
        """Write everything down, in one statement; rows of rooms that go before go first."""
        if not self.versions:
            return Committed(0, (), tuple(self.unchanged))
        by = self.by
        act = Act(by.org, 0, self.at, by.person, by.name, reason, self.room, origin)
        rooms = project(by.org, list(self.newest.values()))
        pairs = [(version, self._patient(version)) for version in self.versions]
        first = self.versions[0]
        about = "" if first.deleted else first.indexed.patient
        number = append(act, pairs, rooms, by=by, about=about)
        ordered = [*self.results, *(version for version in self.versions if version.cause)]
        whose = {id(version): patient for version, patient in pairs}
        stored = tuple(_stored(version, number, whose[id(version)]) for version in ordered)
        return Committed(number, stored, tuple(self.unchanged))

    def _patient(self, version: Prepared) -> str:
        if not version.deleted:
            return whose(version)
        head = self.heads.get((version.resource_type, version.id))
        return head.patient if head else ""


def _stored(version: Prepared, transaction: int, patient: str) -> Stored:
    return Stored(
        version.resource_type,
        version.id,
        version.version,
        version.body,
        version.updated_at,
        patient,
        version.deleted,
        transaction,
        version.cause,
    )


def _of_whom(one: Submitted) -> str:
    """Return whose record a resource enters; a Patient who is new is nobody's yet."""
    return "" if one.resource_type == "Patient" else whose(one)


def _match(reference: str, if_match: int | None, head: Head | None) -> None:
    if if_match is None:
        return
    current = head.version if head else 0
    if current and not if_match:
        raise VersionConflictError(
            f"{reference} is there already, as version {current}, and was to be created only."
            " Nothing was overwritten."
        )
    if current != if_match:
        raise VersionConflictError(
            f"{reference} was changed meanwhile: you had version {if_match}, it is now"
            f" {current}. Nothing was overwritten; look at both and save again."
        )
