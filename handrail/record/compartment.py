"""Everything the record keeps about a patient, or about one encounter, as texts, page by page.

One statement for the page, one or two for what it refers to; nothing is parsed. The rows come from
the index over (org, patient, resource type); the texts from ``record_version``, which row-level
security guards.

Source: http://hl7.org/fhir/R4/patient-operation-everything.html and encounter-operation-everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, LiteralString

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import allows, require
from handrail.access.narrowing import lets
from handrail.access.principal import Principal
from handrail.fhir.r4 import MODULES
from handrail.fhir.searching.hashing import reference
from handrail.fhir.searching.parameters import parameters, types
from handrail.record.statements import rows
from handrail.record.stored import Stored

MOST: Final = 1000
"""Resources on one page, and how many others it may bring along."""
_LEVELS: Final = 2
"""A PractitionerRole brings its Practitioner, a Location its Organization."""
_LASTING: Final = [
    "AllergyIntolerance",
    "Condition",
    "Consent",
    "Device",
    "FamilyMemberHistory",
    "Goal",
]
"""What begins on its date and goes on: only the end of a time of care leaves it out."""
_UNDATED: Final = ["Patient", "RelatedPerson", "Person"]
"""Their date is a birth date, which says nothing about care."""
_ABOUT_NOBODY: Final = (
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
    "HealthcareService",
    "Medication",
    "Substance",
    "Device",
)
_LITERAL: Final = re.compile(
    rb'"reference":"((?:%b|Patient)\\?/[A-Za-z0-9.-]{1,64})["/\\]'
    % "|".join(_ABOUT_NOBODY).encode()
)
_PLACE: LiteralString = "(CASE c.resource_type WHEN 'Patient' THEN '' ELSE c.resource_type END)"

Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of a compartment.

    ``types`` (all when empty); ``starts`` and ``ends``, the time of care (from, up to but not
    including); ``since``, the moment after which it was stored; ``encounter``, the id of the one
    visit; at most ``count`` resources behind ``after``, where the page before ended.
    """

    types: tuple[str, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    since: datetime | None = None
    encounter: str = ""
    count: int = MOST
    after: Place | None = None


@dataclass(slots=True)
class Everything:
    """A page: what is in the compartment, and what that refers to. ``after``: there is more."""

    entries: list[Stored] = field(default_factory=list)
    referenced: list[Stored] = field(default_factory=list)
    after: Place | None = None


def compartment(patients: Sequence[str], wanted: Wanted, *, by: Principal) -> Everything:
    """Return a page of what is in the records of ``patients`` (ids), the Patient first.

    Types that ``by`` may not read are left out, unless they were asked for by name.

    Raises:
        ForbiddenError: ``by`` may not read a patient, or a type that was asked for.
    """
    for resource_type in wanted.types:
        require(by, "read", resource_type)
    count = min(max(wanted.count, 1), MOST)
    with acting(by):
        for patient in patients:
            require(by, "read", "Encounter" if wanted.encounter else "Patient", patient)
        found = Everything(_page(patients, wanted, count + 1, by))
        if len(found.entries) > count:
            found.entries.pop()
            last = found.entries[-1]
            found.after = (last.resource_type.replace("Patient", ""), last.id)
        found.entries = [one for one in found.entries if lets(by, "read", one)]
        found.referenced = _referenced(found.entries, wanted, patients, by)
        _note(by, patients, wanted)
    return found


def _note(by: Principal, patients: Sequence[str], wanted: Wanted) -> None:
    kind, one = ("Encounter", wanted.encounter) if wanted.encounter else ("Patient", "")
    if not one and len(patients) != 1:
        audit.saw_many(by, "everything Patient", patients)
        return
    patient = patients[0] if patients else ""
    about = f"{kind}/{one or patient}"
    audit.note(by, audit.Event(action="R", what="everything", reference=about, patient=patient))


def _page(patients: Sequence[str], wanted: Wanted, limit: int, by: Principal) -> list[Stored]:
    conditions: list[LiteralString] = ["c.org = %s", "NOT c.deleted"]
    parameters: list[Any] = [by.org]
    for condition, *values in (*_about(patients, wanted), *_during(wanted), *_kinds(wanted, by)):
        conditions.append(condition)
        parameters += values
    statement: LiteralString = (
        "SELECT v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted,"  # noqa: S608 - constant parts
        " v.transaction, v.cause FROM record_current c JOIN record_version v"
        f" USING (org, resource_type, id, version) WHERE {' AND '.join(conditions)}"
        f" ORDER BY {_PLACE}, c.id LIMIT %s"
    )
    return [_stored(row) for row in rows(statement, [*parameters, limit])]


_Condition = tuple[Any, ...]


def _about(patients: Sequence[str], wanted: Wanted) -> Iterable[_Condition]:
    if len(patients) == 1:
        yield "c.patient = %s", patients[0]
    elif patients or not wanted.encounter:
        yield "c.patient = ANY((SELECT %s::text[])::text[])", list(patients)
    if wanted.encounter:
        yield (
            "(c.tokens && (SELECT %s::bigint[]) OR (c.resource_type = 'Encounter' AND c.id = %s))",
            [reference(*one, f"Encounter/{wanted.encounter}") for one in _of_encounters()],
            wanted.encounter,
        )


def _during(wanted: Wanted) -> Iterable[_Condition]:
    if wanted.since:
        yield "c.updated_at > %s", wanted.since
    if wanted.starts:
        yield (
            (
                "(c.starts IS NULL OR c.ends > %s"
                " OR c.resource_type = ANY((SELECT %s::text[])::text[]))"
            ),
            wanted.starts,
            _UNDATED + _LASTING,
        )
    if wanted.ends:
        yield (
            (
                "(c.starts IS NULL OR c.starts < %s"
                " OR c.resource_type = ANY((SELECT %s::text[])::text[]))"
            ),
            wanted.ends,
            _UNDATED,
        )
    if wanted.after:
        yield f"({_PLACE}, c.id) > (%s, %s)", *wanted.after


def _kinds(wanted: Wanted, by: Principal) -> Iterable[_Condition]:
    kinds = list(wanted.types) or [kind for kind in MODULES if allows(by, "read", kind)]
    if wanted.types or len(kinds) < len(MODULES):
        yield "c.resource_type = ANY((SELECT %s::text[])::text[])", kinds


@cache
def _of_encounters() -> list[tuple[str, str]]:
    """Return (type, search parameter) of everything that can belong to an encounter."""
    return [
        (kind, name)
        for kind in sorted(types())
        for name in ("encounter", "context", "part-of")
        if (one := parameters(kind).get(name))
        and one.kind == "reference"
        and "Encounter" in one.targets
    ]


def _referenced(
    entries: Sequence[Stored], asked: Wanted, patients: Sequence[str], by: Principal
) -> list[Stored]:
    """Return who and what the entries name: of patients, the one an encounter is about alone."""
    found: list[Stored] = []
    seen = {entry.reference.encode() for entry in entries}
    own = {f"Patient/{one}".encode() for one in patients if asked.encounter}
    fresh: Iterable[Stored] = entries
    for _ in range(_LEVELS):
        wanted: set[bytes] = set()
        for one in fresh:
            wanted.update(_LITERAL.findall(one.body))
        wanted = {literal.replace(b"\\", b"") for literal in wanted} - seen
        wanted = {one for one in wanted if one in own or not one.startswith(b"Patient/")}
        if asked.types:
            wanted = {one for one in wanted if one.partition(b"/")[0].decode() in asked.types}
        current = _current(sorted(wanted)[: MOST - len(found)], by)
        fresh = [one for one in current if lets(by, "read", one)]
        seen |= wanted
        found += fresh
    return found


def _current(wanted: Iterable[bytes], by: Principal) -> list[Stored]:
    literals = (literal.decode().partition("/") for literal in wanted)
    pairs = [(kind, identity) for kind, _, identity in literals if allows(by, "read", kind)]
    if not pairs:
        return []
    found = rows(
        "SELECT v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted,"
        " v.transaction, v.cause FROM record_current c JOIN record_version v"
        " USING (org, resource_type, id, version) WHERE c.org = %s AND NOT c.deleted"
        " AND (c.resource_type = 'Patient' OR c.patient = '') AND (c.resource_type, c.id) IN"
        " (SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])))",
        (by.org, [kind for kind, _ in pairs], [identity for _, identity in pairs]),
    )
    return [_stored(row) for row in found]


def _stored(row: Sequence[Any]) -> Stored:
    kind, identity, version, body, *rest = row
    return Stored(kind, identity, version, body.encode(), *rest)
