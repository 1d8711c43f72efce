# Made by makemigrations.

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Told',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('place', models.IntegerField()),
                ('about', models.TextField()),
                ('plan', models.TextField()),
                ('plan_key', models.TextField()),
                ('plan_name', models.TextField()),
                ('answer', models.TextField()),
                ('new_patients', models.TextField()),
                ('wait_days', models.IntegerField(null=True)),
                ('earliest_on', models.TextField()),
                ('languages', models.TextField()),
                ('told_by', models.TextField()),
                ('reference_number', models.TextField()),
                ('told_on', models.TextField()),
                ('recorded_by', models.TextField()),
                ('via', models.TextField()),
                ('stands', models.BooleanField()),
            ],
            options={
                'db_table': 'provider_network_told',
                'indexes': [models.Index(fields=['org', 'about', 'told_on'], name='provider_network_told_about'), models.Index(fields=['org', 'plan_key', 'about'], name='provider_network_told_plan')],
            },
        ),
    ]
