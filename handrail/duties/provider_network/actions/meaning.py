"""What is meant by a plan's name, a specialty's name, a family name or an office's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from handrail.duties.provider_network.projections.sites import name_key
from handrail.fhir.directory.telling import plan_key
from handrail.record.statements import rows

_MOST: Final = 300  # people and offices of a name that are looked at
_LONGEST: Final = 100  # characters of words that are looked for
_PAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class MeantPlan:
    """The plan that is asked for, as the directory knows it."""

    name: str = ""
    keys: tuple[str, ...] = ()
    networks: tuple[int, ...] = ()
    siblings: tuple[int, ...] = ()


_SPECIALTIES: Final = """
with recursive codes(code) as (
  (select specialty from provider_network_near where org = %(org)s and specialty > ''
    order by specialty limit 1)
  union all
  select (select n.specialty from provider_network_near n where n.org = %(org)s
    and n.specialty > c.code order by n.specialty limit 1) from codes c where c.code is not null)
select c.code, coalesce(
  (select s.name from provider_network_specialty s where s.org = %(org)s and s.code = c.code
    limit 1),
  (select s.specialty_words from (select * from provider_network_near n where n.org = %(org)s
      and n.specialty = c.code limit 20) n
    join provider_network_site s on s.org = n.org and s.source = n.site and s.place = n.place
    where cardinality(s.specialties) = 1 limit 1))
from codes c where c.code is not null limit 2000
"""
_PLAN: Final = """
select p.source, p.name, p.key, p.owner, p.network_key from provider_network_plan p
where p.org = %(org)s and (p.source = %(id)s or p.key = %(key)s)
"""
_SIBLINGS: Final = """
select distinct p.network_key from provider_network_plan p
where p.org = %(org)s and p.owner = any(%(owners)s::text[]) and p.network <> ''
"""


def plan_meant(org: int, asked: str) -> MeantPlan:
    """Return what is known of a plan, by reference or by name."""
    if not asked:
        return MeantPlan()
    kind, _, identity = asked.rpartition("/")
    by_id = identity if kind == "InsurancePlan" else ""
    found = rows(_PLAN, {"org": org, "id": by_id, "key": "" if by_id else plan_key(asked)})
    names = [name for _, name, *_ in found if name]
    name = names[0] if names else "" if by_id else asked
    networks = {key for *_, key in found if key}
    owners = sorted({owner for *_, owner, _ in found if owner})
    siblings = {key for (key,) in rows(_SIBLINGS, {"org": org, "owners": owners})}
    return MeantPlan(
        name=name,
        keys=tuple(filter(None, dict.fromkeys([plan_key(name), *(row[2] for row in found)]))),
        networks=tuple(sorted(networks)),
        siblings=tuple(sorted(siblings - networks)),
    )


def words_meant(org: int, words: str) -> tuple[tuple[str, ...], Sequence[str]]:
    """Return the specialties that words name; else the sites of people and offices so named."""
    asked = name_key(words[:_LONGEST])
    if not asked:
        return (), ()
    codes = _specialties_called(org, asked)
    return codes, () if codes else _named(org, asked)


def specialty_names(org: int) -> list[tuple[str, str]]:
    """Return the specialties there are, as (code, name); the name is empty if nobody gives one."""
    return [(code, name or "") for code, name in rows(_SPECIALTIES, {"org": org})]


def _specialties_called(org: int, words: str) -> tuple[str, ...]:
    """Return the codes of specialties whose name has all of the words."""
    found = rows(
        "select s.code, s.key from provider_network_specialty s where s.org = %s", (org,)
    ) or [(code, name_key(name)) for code, name in specialty_names(org)]
    asked = words.split()
    return tuple(code for code, key in found if all(_begins(key, word) for word in asked))


def _begins(key: str, word: str) -> bool:
    return any(part.startswith(word) for part in key.split())


# "offset 0" keeps PostgreSQL at looking sites up one by one: there are few people, and many sites.
_NAMED: Final = """
with named(kind, source) as (
  (select 'person', source from provider_network_person
    where org = %(org)s and key >= %(family)s and key < %(family_end)s order by key limit %(most)s)
  union all
  (select source_type, source from provider_network_place where org = %(org)s
    and source_type = 'Location' and key >= %(words)s and key < %(end)s order by key limit %(most)s)
  union all
  (select source_type, source from provider_network_place where org = %(org)s
    and source_type = 'Organization' and key >= %(words)s and key < %(end)s
    order by key limit %(most)s))
select distinct found.source from named n
cross join lateral (
  (select s.source from provider_network_site s where n.kind = 'person' and s.org = %(org)s
    and s.practitioner = n.source limit %(most)s)
  union all
  (select s.source from provider_network_site s where n.kind = 'Location' and s.org = %(org)s
    and s.location = n.source limit %(most)s)
  union all
  (select s.source from provider_network_site s where n.kind = 'Organization' and s.org = %(org)s
    and s.organization = n.source limit %(most)s) offset 0) found
limit %(most)s
"""


def _named(org: int, words: str) -> Sequence[str]:
    """Return the sites of people whose family name, or offices whose name, begins so."""
    family = words.rsplit(maxsplit=1)[-1]
    values: dict[str, object] = {
        "org": org,
        "family": family,
        "family_end": family + _PAST,
        "words": words,
        "end": words + _PAST,
        "most": _MOST,
    }
    return [site for (site,) in rows(_NAMED, values)]
