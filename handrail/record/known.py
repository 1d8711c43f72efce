"""What pure rules may know, read from the record inside the running transaction."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol, cast
from zoneinfo import ZoneInfo

from handrail.access.models import Closure, Organization
from handrail.fhir import text
from handrail.fhir.calendar import Calendar
from handrail.fhir.resource import Resource, codings
from handrail.fhir.rulebook import Rulebook
from handrail.fhir.searching.hashing import SYSTEM_AND_CODE, URI, token
from handrail.record.rulebook import rulebook
from handrail.record.statements import rows
from handrail.record.terminology import Shelf

_KEPT_SECONDS = 20.0
_SHARED: Final = frozenset({"Questionnaire"})
_shelf = Shelf(32 * 1024 * 1024)
_facts: dict[int, tuple[float, Calendar, str]] = {}


def forget() -> None:
    """Read the organizations' calendars anew; called when settings were changed."""
    _facts.clear()


def organization_facts(org: int) -> tuple[Calendar, str]:
    """Return the organization's calendar and its intake pool; kept for some seconds."""
    kept = _facts.get(org)
    if kept and kept[0] > time.monotonic():
        return kept[1], kept[2]
    row = Organization.objects.filter(id=org).first()
    if row is None:
        return Calendar(), ""
    closures = frozenset(Closure.objects.filter(org=org).values_list("day", flat=True))
    calendar = Calendar(ZoneInfo(row.time_zone), closures, row.opens_at, row.closes_at)
    _facts[org] = (time.monotonic() + _KEPT_SECONDS, calendar, row.intake_pool)
    return calendar, row.intake_pool


class Pending(Protocol):
    """A resource that the running commit is about to write."""

    @property
    def resource(self) -> Resource:
        """Return it, parsed without loss."""


@dataclass(frozen=True)
class Proposed:
    """A resource that a reaction just proposed."""

    resource: Resource


@dataclass
class Changes:
    """What the running commit changes, on top of what is stored.

    ``now`` is what a reference means by then, None where it was deleted; ``whose`` lists the
    references (in order) by patient and type, so that a large commit is not walked for each rule.
    """

    now: dict[str, Pending | None] = field(default_factory=dict)
    whose: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    _patients: dict[str, tuple[str, str]] = field(default_factory=dict)

    def keep(self, reference: str, patient: str, pending: Pending | None) -> None:
        """Note a change; ``patient`` (an id) is whose record it is in by then."""
        key = (patient, reference.partition("/")[0])
        former = self._patients.get(reference, key)
        if former != key:
            del self.whose[former][reference]
        self._patients[reference] = key
        self.whose.setdefault(key, {})[reference] = None
        self.now[reference] = pending

    def of_patient(self, patient: str, resource_type: str) -> Iterable[tuple[str, Resource]]:
        """Yield (reference, resource) of what enters or stays in the patient's record."""
        for reference in self.whose.get((patient, resource_type), ()):
            pending = self.now[reference]
            if pending is not None:
                yield reference, pending.resource


@dataclass
class RecordKnown:
    """:class:`handrail.fhir.change.Known`, with the running commit's own changes on top."""

    org: int
    as_of: datetime
    calendar: Calendar
    pool: str
    changes: Changes = field(default_factory=Changes)
    _texts: dict[tuple[str, str, tuple[int, ...]], dict[str, str]] | None = None

    def remember(self) -> None:
        """Ask the database for the same thing once, from now on; forget what it said before.

        For a commit, which writes after its rules are done: it says this again whenever it waited
        for others.
        """
        self._texts = {}

    @property
    def rules(self) -> Rulebook:
        """Return the rule book."""
        return rulebook(self.org)

    def read(self, reference: str) -> Resource | None:
        """Return the current version of ``Type/id``, this commit's own changes included.

        A stored Questionnaire is large and read by every rule about its answers: it is parsed once
        for each version and shared, so nobody changes it.
        """
        if reference in self.changes.now:
            pending = self.changes.now[reference]
            return pending.resource if pending else None
        resource_type, _, identity = reference.partition("/")
        if resource_type in _SHARED:
            return self._shared(resource_type, identity)
        found = rows(
            "SELECT v.body FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version)"
            " WHERE c.org = %s AND c.resource_type = %s AND c.id = %s AND NOT c.deleted",
            (self.org, resource_type, identity),
        )
        return text.parse(found[0][0]) if found else None

    def several(self, references: Collection[str]) -> dict[str, Resource]:
        """Return what :meth:`read` returns of those of ``references`` that are there."""
        changes = self.changes.now
        pairs = [one.split("/", 1) for one in references if "/" in one and one not in changes]
        found: dict[str, Resource] = {
            one: pending.resource for one in references if (pending := changes.get(one))
        }
        if pairs:
            stored = rows(
                "SELECT v.resource_type, v.id, v.body FROM record_current c JOIN record_version v"
                " USING (org, resource_type, id, version) WHERE c.org = %s AND NOT c.deleted"
                " AND (c.resource_type, c.id) IN"
                " (SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])))",
                (self.org, [kind for kind, _ in pairs], [identity for _, identity in pairs]),
            )
            found |= {f"{kind}/{identity}": text.parse(body) for kind, identity, body in stored}
        return found

    def contents(self, references: Collection[str]) -> dict[str, bytes]:
        """Return the hash of what is stored, as commits compare it, of those that are there."""
        pairs = [one.split("/", 1) for one in references]
        found = rows(
            "SELECT resource_type, id, content FROM record_current WHERE org = %s AND NOT deleted"
            " AND (resource_type, id) IN"
            " (SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])))",
            (self.org, [kind for kind, _ in pairs], [identity for _, identity in pairs]),
        )
        return {f"{kind}/{identity}": bytes(content) for kind, identity, content in found}

    def of_patient(self, patient: str, resource_type: str) -> Sequence[Resource]:
        """Return the current resources of this type in the patient's record.

        This commit's own changes are among them; what it deletes, or moves into another record,
        is not.
        """
        return self._kept(patient, resource_type, ())

    def coded(
        self, patient: str, resource_type: str, system: str, codes: Collection[str]
    ) -> Sequence[Resource]:
        """Return those of them whose ``code`` is one of these of ``system``."""
        tokens = (token(resource_type, "code", SYSTEM_AND_CODE, system, code) for code in codes)
        found = self._kept(patient, resource_type, tuple(sorted(tokens)))
        wanted = {(system, code) for code in codes}
        return [one for one in found if not wanted.isdisjoint(codings(one.get("code")))]

    def defined(self, resource_type: str, canonical: str) -> Resource | None:
        """Return the newest definition with this url, or ``url|version``; None: there is none."""
        url, _, version = canonical.partition("|")
        changed = dict(self.changes.of_patient("", resource_type))
        found = rows(
            "SELECT id FROM record_current WHERE org = %s AND resource_type = %s"
            " AND tokens @> (SELECT %s::bigint[]) AND NOT deleted ORDER BY updated_at DESC, id",
            (self.org, resource_type, [token(resource_type, "url", URI, url)]),
        )
        stored = (f"{resource_type}/{identity}" for (identity,) in found)
        kept = (self.read(one) for one in stored if one not in self.changes.now)
        for one in (*changed.values(), *kept):
            if one and one.get("url") == url and version in {"", one.get("version", "")}:
                return one
        return None

    def _shared(self, resource_type: str, identity: str) -> Resource | None:
        """Return a stored definition, parsed once for each version."""
        key = (self.org, resource_type, identity)
        found = rows(
            "SELECT version, content FROM record_current"
            " WHERE org = %s AND resource_type = %s AND id = %s AND NOT deleted",
            key,
        )
        if not found:
            return None
        version, content = found[0]
        place = (resource_type, f"{self.org}|{identity}|{version}", bytes(content))
        kept = _shelf.find(place)
        if kept is None:
            body = rows(
                "SELECT body FROM record_version WHERE org = %s AND resource_type = %s AND id = %s"
                " AND version = %s",
                (*key, version),
            )[0][0]
            kept = text.parse(body)
            _shelf.put(place, kept, len(body))
        return cast("Resource", kept)

    def _kept(
        self, patient: str, resource_type: str, tokens: tuple[int, ...]
    ) -> Sequence[Resource]:
        """Return what is stored, with one of the tokens if any are given, and what changes."""
        stored = self._stored(patient, resource_type, tokens)
        changed = dict(self.changes.of_patient(patient, resource_type))
        kept = (
            changed.pop(reference) if reference in changed else text.parse(body)
            for reference, body in stored.items()
            if reference in changed or reference not in self.changes.now
        )
        return [*kept, *changed.values()]

    def _stored(self, patient: str, resource_type: str, tokens: tuple[int, ...]) -> dict[str, str]:
        """Return the current texts by reference: each caller parses its own copy."""
        key = (patient, resource_type, tokens)
        if self._texts is not None and key in self._texts:
            return self._texts[key]
        found = rows(
            "SELECT c.id, v.body FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version)"
            " WHERE c.org = %s AND c.patient = %s AND c.resource_type = %s AND NOT c.deleted"
            " AND (%s OR arrayoverlap(c.tokens, (SELECT %s::bigint[])))"
            " ORDER BY c.starts NULLS FIRST, c.id",
            (self.org, patient, resource_type, not tokens, list(tokens)),
        )
        texts = {f"{resource_type}/{identity}": body for identity, body in found}
        if self._texts is not None:
            self._texts[key] = texts
        return texts


def known(org: int, as_of: datetime | None = None) -> RecordKnown:
    """Return what rules of this organization may know now (or as of another moment)."""
    calendar, pool = organization_facts(org)
    moment = (as_of or datetime.now(UTC)).astimezone(calendar.zone)
    return RecordKnown(org=org, as_of=moment, calendar=calendar, pool=pool)
