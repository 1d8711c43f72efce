"""The statements that look for providers: one for who is there, one for what is known of them.

Row-level security is forced on every table here, so only comparisons PostgreSQL calls leakproof use
an index: specialty, cells as ranges, ids. All else is asked of the few rows those leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any, Final, LiteralString, NamedTuple

from handrail.fhir.directory.places import Point, cells_around
from handrail.fhir.directory.weighing import Scale
from handrail.record.statements import rows

CAP: Final = 20_000
"""Sites that are looked at, at most, for one answer."""
CLOSER: Final = 80
"""Sites that are ranked in earnest: those that come first by what the table holds."""
FILTERS: Final = ("plan", "language", "accepting", "within")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whom to look for. ``sites`` given: only among these. ``km`` 0: however far.

    ``language`` has a space on both sides. ``networks`` are the plan's, ``siblings`` the others of
    its payer; ``keys`` the names, as plans are compared, told answers are about.
    """

    org: int
    specialties: Sequence[str] = ()
    sites: Sequence[str] | None = None
    point: Point | None = None
    km: float = 0
    within: float = 0
    keys: Sequence[str] = ()
    networks: Sequence[int] = ()
    siblings: Sequence[int] = ()
    language: str = ""
    wanted: frozenset[str] = frozenset()


class Tally(NamedTuple):
    """How many sites pass which filters, in the order of :data:`FILTERS`."""

    passed: tuple[bool, ...]
    sites: int


_COLUMNS: Final[LiteralString] = (
    "n.site, n.place, n.location, n.accepting, n.latitude, n.longitude, n.languages, n.networks"
)
_BY_SPECIALTY: Final = """
  select {columns} from unnest(%(specialties)s::text[]) as s(code)
  cross join unnest(%(lows)s::int[], %(highs)s::int[]) as r(low, high)
  cross join lateral (select * from provider_network_near n where n.org = %(org)s
    and n.specialty = s.code and n.cell >= r.low and n.cell <= r.high offset 0) n
  limit %(cap)s"""
_BY_PLACE: Final = """
  select {columns} from unnest(%(lows)s::int[], %(highs)s::int[]) as r(low, high)
  cross join lateral (select * from provider_network_near n where n.org = %(org)s
    and n.cell >= r.low and n.cell <= r.high offset 0) n
  where n.first limit %(cap)s"""
_BY_SITE: Final = """
  select {columns} from unnest(%(sites)s::text[]) as s(id)
  cross join lateral (select * from provider_network_near n where n.org = %(org)s
    and n.site = s.id offset 0) n
  where n.first or cardinality(%(specialties)s::text[]) > 0
    and n.specialty = any(%(specialties)s::text[])
  limit %(cap)s"""
_FOUND: Final = """
with told as materialized (
  select distinct on (t.about) split_part(t.about, '/', 1) as kind,
    split_part(t.about, '/', 2) as id, t.answer, t.new_patients from provider_network_told t
  where t.org = %(org)s and t.stands and t.plan_key = any(%(keys)s::text[])
  order by t.about, t.answer = 'unsure', t.told_on desc, t.source desc),
raw as ({source}),
seen as materialized (
  select {distinct} r.site, r.place,
    case when r.latitude is null then null else {km} end as km,
    case coalesce(a.answer, b.answer)
      when 'yes' then 0 when 'no' then 3 when 'only-existing' then 2
      else case when r.networks && %(networks)s::bigint[] then 1
        when r.networks && %(siblings)s::bigint[] then 5 else 4 end end as takes,
    case when r.languages = '' then null
      else position(%(language)s in r.languages) > 0 end as speaks,
    case coalesce(nullif(a.new_patients, ''), b.new_patients, '')
      when '' then r.accepting when 'newpt' then 1 else 0 end as accepting
  from raw r
  left join told a on a.kind = 'PractitionerRole' and a.id = r.site
  left join told b on b.kind = 'Location' and b.id = r.location
  {order}),
judged as materialized (
  select *, takes <= 1 as ok_plan, coalesce(speaks, false) as ok_language,
    accepting = 1 as ok_accepting, coalesce(km <= %(within)s, %(within)s = 0) as ok_within
  from seen where %(km)s = 0 or coalesce(km <= %(km)s, true)),
tally as (select ok_plan, ok_language, ok_accepting, ok_within, count(*) as sites from judged
  group by 1, 2, 3, 4),
best as (select site, place from judged
  where (ok_plan or not %(want_plan)s) and (ok_language or not %(want_language)s)
    and (ok_accepting or not %(want_accepting)s) and (ok_within or not %(want_within)s)
  order by coalesce(km, %(far)s) + (%(costs)s::float8[])[takes + 1] * %(asks_plan)s
    + case when speaks then 0 when speaks is null then %(unknown_speaks)s else %(no_speaks)s end
      * %(asks_language)s
    + case accepting when 1 then 0 when 0 then %(no_new)s else %(unknown_new)s end,
    site, place
  limit %(closer)s)
select (select json_agg(json_build_array(ok_plan, ok_language, ok_accepting, ok_within, sites))
  from tally), (select json_agg(json_build_array(site, place)) from best)
"""
# Kilometres on a plane as wide as the earth is halfway there: within a thousandth of the great
# circle over such distances. What is shown is measured by handrail.fhir.directory.places.
_KM: Final = """111.19508 * sqrt(power(r.latitude - %(latitude)s, 2) + power(
      least(abs(r.longitude - %(longitude)s), 360 - abs(r.longitude - %(longitude)s))
      * cos(radians((r.latitude + %(latitude)s) / 2)), 2))"""


def _statement(source: LiteralString, *, near: bool, several: bool) -> LiteralString:
    made = _FOUND.replace("{source}", source).replace("{columns}", _COLUMNS)
    made = made.replace("{km}", _KM if near else "null::float8")
    made = made.replace("{distinct}", "distinct on (r.site, r.place)" if several else "")
    return made.replace("{order}", "order by r.site, r.place" if several else "")


def look(wanted: Look, scale: Scale) -> tuple[list[Tally], list[tuple[str, int]]]:
    """Return how many sites there are by the filters they pass, and the first of those that do."""
    by_cell = _BY_SPECIALTY if wanted.specialties else _BY_PLACE
    source = _BY_SITE if wanted.sites is not None else by_cell
    several = len(wanted.specialties) > 1 or wanted.sites is not None
    sql = _statement(source, near=wanted.point is not None, several=several)
    ((tally, best),) = rows(sql, _values(wanted, scale))
    counted = [Tally(tuple(row[:-1]), row[-1]) for row in tally or ()]
    return counted, list(starmap(lambda site, place: (site, place), best or ()))


def _values(wanted: Look, scale: Scale) -> dict[str, Any]:
    cells = [(-1, 2**31 - 1)]
    if wanted.point and wanted.km:
        cells = [*cells_around(wanted.point, wanted.km)]
    point = wanted.point or Point(0, 0)
    return {
        "org": wanted.org,
        "specialties": list(wanted.specialties),
        "sites": list(wanted.sites or ()),
        "lows": [low for low, _ in cells],
        "highs": [high for _, high in cells],
        "cap": CAP,
        "closer": CLOSER,
        "keys": list(wanted.keys),
        "networks": list(wanted.networks),
        "siblings": list(wanted.siblings),
        "language": wanted.language,
        "latitude": float(point.latitude),
        "longitude": float(point.longitude),
        "km": float(wanted.km),
        "within": float(wanted.within),
        **_weights(wanted, scale),
        **{f"want_{name}": name in wanted.wanted for name in FILTERS},
    }


def _weights(wanted: Look, scale: Scale) -> dict[str, Any]:
    """Return the scale as this statement needs it: near enough to choose who is ranked."""
    costs = (
        scale.told_yes,
        scale.directory_yes,
        scale.told_only_existing,
        scale.told_no,
        scale.unknown_plan,
        scale.directory_no,
    )
    return {
        "costs": [float(one) for one in costs],
        "asks_plan": float(bool(wanted.keys or wanted.networks)),
        "asks_language": float(bool(wanted.language)),
        "far": float(scale.unknown_minutes),
        "unknown_speaks": float(scale.language_unknown),
        "no_speaks": float(scale.language_no),
        "no_new": float(scale.accepting_no),
        "unknown_new": float(scale.accepting_unknown),
    }


class Known(NamedTuple):
    """What the directory says of a site."""

    site: str
    place: int
    location: str
    organization: str
    practitioner: str
    name: str
    office: str
    where: str
    line: str
    city: str
    state: str
    zip: str
    latitude: float | None
    longitude: float | None
    specialties: list[str]
    specialty_words: str
    network_keys: list[int]
    accepting: bool | None
    languages: str
    phone: str
    fax: str
    email: str
    as_of: str


_KNOWN: Final = """
select s.source, s.place, s.location, s.organization, s.practitioner,
  coalesce(p.name, ''), coalesce(o.name, ''), coalesce(l.name, ''),
  coalesce(l.line, o.line, ''), coalesce(l.city, o.city, ''), coalesce(l.state, o.state, ''),
  coalesce(l.zip, o.zip, ''),
  case when s.location = '' then o.latitude else l.latitude end,
  case when s.location = '' then o.longitude else l.longitude end,
  s.specialties, s.specialty_words,
  coalesce((select n.networks from provider_network_near n
    where n.org = s.org and n.site = s.source and n.place = s.place limit 1), s.network_keys),
  coalesce(s.accepting, l.accepting), coalesce(p.languages, ''),
  coalesce(nullif(s.phone, ''), nullif(l.phone, ''), nullif(p.phone, ''), o.phone, ''),
  coalesce(nullif(s.fax, ''), nullif(l.fax, ''), o.fax, ''),
  coalesce(nullif(s.email, ''), nullif(l.email, ''), o.email, ''), s.as_of
from unnest(%(sites)s::text[], %(places)s::int[]) as w(site, place)
join provider_network_site s on s.org = %(org)s and s.source = w.site and s.place = w.place
left join provider_network_place l
  on l.org = %(org)s and l.source_type = 'Location' and l.source = s.location
left join provider_network_place o
  on o.org = %(org)s and o.source_type = 'Organization' and o.source = s.organization
left join provider_network_person p on p.org = %(org)s and p.source = s.practitioner
"""


def known(org: int, sites: Iterable[tuple[str, int]]) -> list[Known]:
    """Return what the directory says of these sites."""
    every = list(sites)
    values = {"org": org, "sites": [one for one, _ in every], "places": [two for _, two in every]}
    return list(starmap(Known, rows(_KNOWN, values))) if every else []
