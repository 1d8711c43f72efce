"""Has the index hold all that is asked of a row, so that a crowded city is read from it alone.

A row of an index has about 2,700 bytes at most, so of the networks the first 180 are in it.
"""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("handrail.duties.provider_network.migrations.0003_near").SEEN
ALL = "s.network_keys || coalesce(m.keys, '{}') as networks"
AFTER = BEFORE.replace(ALL, f"({ALL.removesuffix(' as networks')})[1:180] as networks")


class Migration(migrations.Migration):
    dependencies = [("provider_network", "0004_relying")]
    operations = [
        migrations.RunSQL(
            AFTER.replace("create view", "create or replace view"),
            BEFORE.replace("create view", "create or replace view"),
        ),
        migrations.RemoveIndex(model_name="near", name="provider_network_near_by_spec"),
        migrations.AddIndex(
            model_name="near",
            index=models.Index(
                fields=["org", "specialty", "cell"],
                include=[
                    "site",
                    "place",
                    "location",
                    "accepting",
                    "latitude",
                    "longitude",
                    "languages",
                    "networks",
                ],
                name="provider_network_near_covers",
            ),
        ),
    ]
