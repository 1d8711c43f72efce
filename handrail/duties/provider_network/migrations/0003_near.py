"""Keeps provider_network_near in step with the tables it is made of, in the same transaction.

A projection is made of one resource; what is looked for lies across several. Its rows follow in
sets, a few statements for each statement that changes a table, however many rows that has.
"""

from django.db import migrations

SEEN = """
create view provider_network_seen with (security_invoker = true) as
select s.org, s.source as site, s.place, s.location, spec.code as specialty, spec.nth = 1 as first,
  case when s.location = '' then coalesce(o.cell, -1) else coalesce(l.cell, -1) end as cell,
  case when s.location = '' then o.latitude else l.latitude end as latitude,
  case when s.location = '' then o.longitude else l.longitude end as longitude,
  case coalesce(s.accepting, l.accepting) when true then 1 when false then 0 else -1 end::smallint
    as accepting,
  coalesce(p.languages, '') as languages,
  s.network_keys || coalesce(m.keys, '{}') as networks
from provider_network_site s
left join provider_network_place l
  on l.org = s.org and l.source_type = 'Location' and l.source = s.location
left join provider_network_place o
  on o.org = s.org and o.source_type = 'Organization' and o.source = s.organization
left join provider_network_person p on p.org = s.org and p.source = s.practitioner
left join lateral (
  select array_agg(distinct a.network_key) as keys from provider_network_membership a
  where a.org = s.org and a.organization = s.organization and a.active) m on s.organization <> ''
cross join lateral unnest(case when cardinality(s.specialties) = 0 then '{""}' else s.specialties
  end) with ordinality as spec(code, nth)
where s.active and coalesce(l.active, true) and coalesce(o.active, true)
  and coalesce(p.active, true);
"""
COLUMNS = (
    "org, site, place, location, specialty, first, cell, latitude, longitude, accepting,"
    " languages, networks"
)
REMAKE = f"""
create function provider_network_remake(orgs int[], sites text[]) returns void
language plpgsql as $$
begin
  delete from provider_network_near n
    using (select distinct * from unnest(orgs, sites) as c(org, site)) c
    where n.org = c.org and n.site = c.site;
  insert into provider_network_near ({COLUMNS})
    select {", ".join("v." + name for name in COLUMNS.split(", "))}
    from (select distinct * from unnest(orgs, sites) as c(org, site)) c
    join provider_network_seen v on v.org = c.org and v.site = c.site;
end $$;
"""


def following(table: str, verbs: str, sites: str) -> str:
    """Return a trigger of ``table``: ``sites`` selects (org, source) of those to make anew."""
    name = f"{table}_near"
    made = f"""
create function {name}() returns trigger language plpgsql as $$
declare orgs int[]; sites text[];
begin
  select array_agg(org), array_agg(source) into orgs, sites from ({sites}) as c(org, source);
  if orgs is not null then perform provider_network_remake(orgs, sites); end if;
  return null;
end $$;
"""
    for verb in verbs.split():
        transition = "old" if verb == "delete" else "new"
        made += (
            f"create trigger {name}_{verb} after {verb} on {table}"
            f" referencing {transition} table as changed"
            f" for each statement execute function {name}();\n"
        )
    return made


OF_SITES = "select distinct org, source from changed"
# An Organization with an address lends it to its roles without a Location, and takes all of them
# out when it is inactive; to the others its change is none.
OF_PLACES = """
select s.org, s.source from changed c join provider_network_site s
  on s.org = c.org and s.location = c.source where c.source_type = 'Location' and c.source <> ''
union
select s.org, s.source from changed c join provider_network_site s
  on s.org = c.org and s.organization = c.source
  where c.source_type = 'Organization' and c.source <> ''
  and (s.location = '' or not c.active or not exists (
    select from provider_network_near n where n.org = s.org and n.site = s.source))
"""
OF_PEOPLE = """
select s.org, s.source from changed c join provider_network_site s
  on s.org = c.org and s.practitioner = c.source where c.source <> ''
"""
OF_MEMBERSHIPS = """
select s.org, s.source from changed c join provider_network_site s
  on s.org = c.org and s.organization = c.organization where c.organization <> ''
"""
MADE = "".join(
    (
        SEEN,
        REMAKE,
        following("provider_network_site", "insert delete", OF_SITES),
        following("provider_network_place", "insert delete", OF_PLACES),
        following("provider_network_person", "insert delete", OF_PEOPLE),
        following("provider_network_membership", "insert delete", OF_MEMBERSHIPS),
    )
)
GONE = """
drop trigger provider_network_site_near_insert on provider_network_site;
drop trigger provider_network_site_near_delete on provider_network_site;
drop trigger provider_network_place_near_insert on provider_network_place;
drop trigger provider_network_place_near_delete on provider_network_place;
drop trigger provider_network_person_near_insert on provider_network_person;
drop trigger provider_network_person_near_delete on provider_network_person;
drop trigger provider_network_membership_near_insert on provider_network_membership;
drop trigger provider_network_membership_near_delete on provider_network_membership;
drop function provider_network_site_near(), provider_network_place_near(),
  provider_network_person_near(), provider_network_membership_near(),
  provider_network_remake(int[], text[]);
drop view provider_network_seen;
"""


class Migration(migrations.Migration):
    dependencies = [("provider_network", "0002_sites")]
    operations = [migrations.RunSQL(MADE.replace("%", "%%"), GONE)]
