"""One round trip for any version, not only the current one; the trail says which app looked."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("handrail.record.migrations.0003_read")
FORWARD = """
drop function record_read;
create function record_read(
  by_org int, by_persons text, by_opened text, by_auditor text, by_person text, by_name text,
  by_address text, by_app text, wanted_type text, wanted_id text, wanted_version int,
  out version int, out body text, out updated_at timestamptz, out patient text, out deleted bool,
  out transaction bigint, out cause text
) language plpgsql volatile as $$
begin
  perform set_config('handrail.org', by_org::text, true),
    set_config('handrail.reach', 'all', true), set_config('handrail.persons', by_persons, true),
    set_config('handrail.opened', by_opened, true),
    set_config('handrail.auditor', by_auditor, true), set_config('synchronous_commit', 'off', true);
  select v.version, v.body, v.updated_at, v.patient, v.deleted, v.transaction, v.cause
    into version, body, updated_at, patient, deleted, transaction, cause
    from record_version v
    where v.org = by_org and v.resource_type = wanted_type and v.id = wanted_id
      and (wanted_version is null or v.version = wanted_version)
    order by v.version desc limit 1;
  if not deleted then
    insert into access_audit (org, person, name, action, what, resource_type, resource_id, version,
      patient, outcome, purpose, detail, address, app)
    values (by_org, by_person, by_name, 'R', 'read', wanted_type, wanted_id, version,
      patient, 0, 'TREAT', '', by_address, by_app);
  end if;
end $$;
"""
BACKWARD = "drop function record_read;" + BEFORE.FORWARD


class Migration(migrations.Migration):
    dependencies = [("record", "0004_columns"), ("access", "0004_apps")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
