"""More columns of the search row, and the indexes that ordered and recent questions need.

New rows have the new columns at once. Rows that were there before get them right after the
migrations, see ``handrail.record.renewing``.
"""

from django.db import migrations, models


NEWEST_FIRST = models.F("starts").desc(nulls_last=True)


class Migration(migrations.Migration):
    dependencies = [("record", "0003_read")]
    operations = [
        migrations.AddField("current", "name", models.BigIntegerField(null=True)),
        migrations.AddField("current", "number", models.FloatField(null=True)),
        migrations.AddField("current", "amount", models.FloatField(null=True)),
        migrations.AddField("current", "listed", models.BigIntegerField(null=True)),
        migrations.AddField("current", "due", models.DateTimeField(null=True)),
        migrations.RemoveIndex("current", "record_current_patient"),
        migrations.AddIndex(
            "current",
            models.Index(
                "org", "patient", "resource_type", NEWEST_FIRST, name="record_current_patient"
            ),
        ),
        migrations.AddIndex(
            "current",
            models.Index("org", "resource_type", NEWEST_FIRST, name="record_current_starts"),
        ),
        migrations.AddIndex(
            "current",
            models.Index(
                fields=["org", "resource_type", "updated_at"], name="record_current_updated"
            ),
        ),
        migrations.AddIndex(
            "current",
            models.Index(
                "org",
                "listed",
                NEWEST_FIRST,
                name="record_current_listed",
                condition=models.Q(listed__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "current",
            models.Index(
                fields=["org", "listed", "due"],
                name="record_current_due",
                condition=models.Q(listed__isnull=False),
            ),
        ),
    ]
