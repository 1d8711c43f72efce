"""The timeline: what happened to a patient, newest first, by filter and words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import LiteralString, NamedTuple

from handrail.access.database import cursor
from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.desk.words import FILTERS
from handrail.record.registry import registry

PAGE = 50


class Happened(NamedTuple):
    """One line of the timeline."""

    source_type: str
    source: str
    at: datetime
    timed: bool
    kind: str
    title: str
    detail: str
    who: str
    about: str

    @property
    def when(self) -> datetime | date:
        """Return the instant, or the date where the record gave no time."""
        return self.at if self.timed else self.at.astimezone(UTC).date()


_SELECT: LiteralString = """
select source_type, source, at, timed, kind, title, detail, who, about from desk_moment
where org = %(org)s and patient = %(patient)s and source_type = any(%(types)s)
  and (%(kinds)s::text[] is null or kind = any(%(kinds)s))
  and (%(words)s = '' or
    position(lower(%(words)s) in lower(title || ' ' || detail || ' ' || who)) > 0)
  and (%(since)s::timestamptz is null or at >= %(since)s)
  and (%(until)s::timestamptz is null or at < %(until)s)
order by at desc, source_type, source, kind limit %(limit)s offset %(offset)s"""


class Asked(NamedTuple):
    """What of the timeline is wanted."""

    filter: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    offset: int = 0
    limit: int = PAGE


def timeline(principal: Principal, patient: str, asked: Asked) -> list[Happened]:
    """Return what happened; one more than ``limit`` tells that there is more.

    Types that the principal's role does not read are left out.
    """
    every = {projection.of for each in registry.projections.values() for projection in each}
    values = {
        "org": principal.org,
        "patient": patient,
        "types": [name for name in sorted(every) if allows(principal, "read", name)],
        "kinds": list(FILTERS[asked.filter][1]) if asked.filter in FILTERS else None,
        "words": asked.words,
        "since": asked.since,
        "until": asked.until,
        "limit": asked.limit + 1,
        "offset": asked.offset,
    }
    return [Happened(*row) for row in cursor().execute(_SELECT, values, prepare=True)]


def folded(found: Sequence[Happened]) -> list[Happened]:
    """Return the lines with each note joined to the contact it documents, where both are there."""
    notes = {each.about: each for each in found if each.kind == "note" and each.about}
    here = {each.source for each in found if each.kind == "contact"}
    lines = []
    for each in found:
        if each.kind == "note" and each.about in here:
            continue
        note = notes.get(each.source) if each.kind == "contact" else None
        detail = _once(each.title, note.detail) if note else each.detail
        lines.append(each._replace(detail=detail))
    return lines


def _once(title: str, detail: str) -> str:
    """Return the note of a contact without the words its title says already."""
    first, more, rest = detail.partition("\n")
    if not first.replace(": ", ", ", 1).startswith(title):
        return detail
    left = first[len(title) :].strip(" ,")
    return f"{left}{more}{rest}" if left else rest
