"""Care relationships tell the type of their source: ids are unique only within a type.

The kind of a relationship says which type it came from. ``using`` fills the column without asking
row-level security, which would show a migration no rows.
"""

from django.db import migrations, models

FORWARD = """
alter table access_relationship add column source_type text;
alter table access_relationship alter column source_type type text using case kind
  when 'task' then 'Task' when 'care-team' then 'CareTeam' else 'EpisodeOfCare' end;
alter table access_relationship
  alter column source_type set not null,
  drop constraint access_relationship_pkey,
  add primary key (org, person, patient, source_type, source, kind);
"""
BACKWARD = """
alter table access_relationship
  drop constraint access_relationship_pkey,
  drop column source_type,
  add primary key (org, person, patient, source, kind);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_trail")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.AddField(
                    "carerelationship", "source_type", models.TextField(default="")
                ),
                migrations.AlterField(
                    "carerelationship",
                    "pk",
                    models.CompositePrimaryKey(
                        "org",
                        "person",
                        "patient",
                        "source_type",
                        "source",
                        "kind",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        )
    ]
