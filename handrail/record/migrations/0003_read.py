"""One round trip for the commonest question: who acts, the current version, the audit row."""

from django.db import migrations

FORWARD = """
create function record_read(
  by_org int, by_persons text, by_opened text, by_auditor text, by_person text, by_name text,
  by_address text, wanted_type text, wanted_id text,
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
    order by v.version desc limit 1;
  if not deleted then
    insert into access_audit (org, person, name, action, what, resource_type, resource_id, version,
      patient, outcome, purpose, detail, address)
    values (by_org, by_person, by_name, 'R', 'read', wanted_type, wanted_id, version,
      patient, 0, 'TREAT', '', by_address);
  end if;
end $$;
"""
BACKWARD = """
drop function record_read;
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0002_append_only"), ("access", "0002_trail")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
