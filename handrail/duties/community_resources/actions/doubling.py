"""Entries that may be one: found, laid side by side, merged or told apart. Nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.community_resources.actions.keeping import ROOM, ReplacedServiceError
from handrail.duties.community_resources.actions.looking import Seen, look, read
from handrail.duties.community_resources.projections import NAME, PHONE
from handrail.duties.community_resources.rules.writing import profiled
from handrail.fhir.directory.duplicates import (
    Entry,
    Pair,
    address_key,
    merged_into,
    pairs,
    phone_key,
    replaced_by,
    told_apart,
)
from handrail.fhir.errors import BusinessRuleError
from handrail.record import store
from handrail.record.known import known
from handrail.record.statements import rows
from handrail.record.stored import Committed, Draft

_BLOCKS_SQL = """
SELECT w.word, array_agg(w.source) FROM community_word w
JOIN community_service s ON s.org = w.org AND s.source = w.source AND s.active
WHERE w.org = %s AND w.source_type = 'HealthcareService'
  AND ((w.word >= %s COLLATE "C" AND w.word < %s COLLATE "C")
    OR (w.word >= %s COLLATE "C" AND w.word < %s COLLATE "C"))
GROUP BY w.word HAVING count(*) BETWEEN 2 AND %s
UNION ALL
SELECT min(p.address) || p.postal_code, array_agg(a.source) FROM community_place p
JOIN community_at a ON a.org = p.org AND a.place = p.source
JOIN community_service s ON s.org = a.org AND s.source = a.source AND s.active
WHERE p.org = %s AND p.postal_code <> ''
GROUP BY p.postal_code, lower(left(p.address, 12)) HAVING count(*) BETWEEN 2 AND %s
"""
_ENTRIES_SQL = """
SELECT s.source, s.name, s.organization, coalesce(nullif(s.organization_name, ''), o.name, ''),
  s.different,
  array_agg(DISTINCT coalesce(s.phone, '')) || array_agg(DISTINCT coalesce(p.phone, '')),
  array_agg(DISTINCT coalesce(p.address, '') || '|' || coalesce(p.postal_code, ''))
FROM community_service s
LEFT JOIN community_at a ON a.org = s.org AND a.source = s.source
LEFT JOIN community_place p ON p.org = a.org AND p.source = a.place
LEFT JOIN community_provider o ON o.org = s.org AND o.source = s.organization
WHERE s.org = %s AND s.source IN (SELECT unnest(%s::text[]))
GROUP BY s.source, s.name, s.organization, s.organization_name, o.name, s.different
"""


class SameServiceError(BusinessRuleError):
    """An entry cannot be merged with itself."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Pairs of entries that may be one, the surest first, and the entries by id."""

    pairs: Sequence[Pair]
    entries: dict[str, Entry]


def suspects(by: Principal) -> Suspects:
    """Return the pairs of services in the directory that may be one."""
    require(by, "search", "HealthcareService")
    with acting(by):
        facts = known(by.org)
        rule = facts.rules.rule("directory.duplicates", facts.as_of.date())
        largest = int(rule.values["largest_block"])
        spans = (PHONE, f"{PHONE}\x7f", NAME, f"{NAME}\x7f")
        blocks = rows(_BLOCKS_SQL, (by.org, *spans, largest, by.org, largest))
        entries = _entries(by.org, sorted({one for _, ids in blocks for one in ids}))
        audit.note(by, audit.Event(action="R", what="search", reference="HealthcareService"))
    grouped = ([entries[one] for one in sorted(set(ids)) if one in entries] for _, ids in blocks)
    found = pairs(grouped, rule)[: int(rule.values["most_pairs"])]
    return Suspects(found, entries)


def _entries(org: int, ids: Sequence[str]) -> dict[str, Entry]:
    made = {}
    for source, name, who, who_name, different, phones, addresses in rows(
        _ENTRIES_SQL, (org, list(ids))
    ):
        keys = (address.rpartition("|") for address in addresses)
        made[source] = Entry(
            id=source,
            name=name,
            organization=who,
            organization_name=who_name,
            phones=frozenset(filter(None, map(phone_key, phones))),
            addresses=frozenset(
                filter(None, (address_key(line.partition(",")[0], zip5) for line, _, zip5 in keys))
            ),
            different=frozenset(filter(None, different.split(";"))),
        )
    return made


def side_by_side(by: Principal, one: str, other: str) -> tuple[Seen, Seen]:
    """Return two services to be compared."""
    with acting(by):
        return look(by, one), look(by, other)


def merge(by: Principal, keep: str, drop: str) -> Committed:
    """Make ``drop`` inactive, with a link to ``keep``; both keep their histories.

    Raises:
        SameServiceError: they are one entry.
        ReplacedServiceError: one of them was merged already.
    """
    require(by, "update", "HealthcareService")
    if keep == drop:
        raise SameServiceError("An entry cannot be merged with itself. Choose two.")
    with acting(by):
        kept, dropped = read(by, keep).stored, read(by, drop).stored
        if replaced_by(kept.resource) or replaced_by(dropped.resource):
            raise ReplacedServiceError("One of the two was merged already. Look again.")
        made = profiled(merged_into(dropped.resource, keep))
        drafts = [Draft(made, if_match=dropped.version)]
        return store.commit(drafts, by=by, reason="two entries are one", room=ROOM)


def tell_apart(by: Principal, one: str, other: str) -> Committed:
    """Write down that two entries are not the same; they are not shown as a pair again."""
    require(by, "update", "HealthcareService")
    if one == other:
        raise SameServiceError("An entry is always itself. Choose two.")
    with acting(by):
        found = read(by, one).stored
        read(by, other)
        drafts = [Draft(told_apart(found.resource, other), if_match=found.version)]
        return store.commit(drafts, by=by, reason="two entries are not one", room=ROOM)
