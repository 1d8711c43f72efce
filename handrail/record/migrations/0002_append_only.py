"""Transactions number themselves; versions and transactions are never changed or removed."""

from django.db import migrations

FORWARD = """
create sequence record_transaction_id cache 1;
create function record_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'The record is append-only.' using errcode = 'insufficient_privilege';
end $$;
create trigger record_version_rows before update or delete on record_version
  for each row execute function record_is_append_only();
create trigger record_version_all before truncate on record_version
  for each statement execute function record_is_append_only();
create trigger record_transaction_rows before update or delete on record_transaction
  for each row execute function record_is_append_only();
create trigger record_transaction_all before truncate on record_transaction
  for each statement execute function record_is_append_only();
"""
BACKWARD = """
drop trigger record_transaction_all on record_transaction;
drop trigger record_transaction_rows on record_transaction;
drop trigger record_version_all on record_version;
drop trigger record_version_rows on record_version;
drop function record_is_append_only();
drop sequence record_transaction_id;
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0001_begin")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
