# Made by makemigrations.

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('provider_network', '0001_begin'),
    ]

    operations = [
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('place', models.IntegerField()),
                ('organization', models.TextField()),
                ('network', models.TextField()),
                ('network_key', models.BigIntegerField()),
                ('active', models.BooleanField()),
            ],
            options={
                'db_table': 'provider_network_membership',
                'indexes': [models.Index(fields=['org', 'organization'], name='provider_network_membership_of')],
            },
        ),
        migrations.CreateModel(
            name='Near',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('site', models.TextField()),
                ('place', models.IntegerField()),
                ('location', models.TextField()),
                ('specialty', models.TextField()),
                ('first', models.BooleanField()),
                ('cell', models.IntegerField()),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('accepting', models.SmallIntegerField()),
                ('languages', models.TextField()),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                'db_table': 'provider_network_near',
                'indexes': [models.Index(fields=['org', 'specialty', 'cell'], name='provider_network_near_by_spec'), models.Index(fields=['org', 'cell'], name='provider_network_near_by_cell'), models.Index(fields=['org', 'site'], name='provider_network_near_of')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('active', models.BooleanField()),
                ('name', models.TextField()),
                ('key', models.TextField()),
                ('npi', models.TextField()),
                ('languages', models.TextField()),
                ('phone', models.TextField()),
            ],
            options={
                'db_table': 'provider_network_person',
                'indexes': [models.Index(fields=['org', 'key'], name='provider_network_person_key'), models.Index(fields=['org', 'npi'], name='provider_network_person_npi')],
            },
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source_type', 'source', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source_type', models.TextField()),
                ('source', models.TextField()),
                ('active', models.BooleanField()),
                ('name', models.TextField()),
                ('key', models.TextField()),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('cell', models.IntegerField()),
                ('line', models.TextField()),
                ('city', models.TextField()),
                ('state', models.TextField()),
                ('zip', models.TextField()),
                ('phone', models.TextField()),
                ('fax', models.TextField()),
                ('email', models.TextField()),
                ('accepting', models.BooleanField(null=True)),
            ],
            options={
                'db_table': 'provider_network_place',
                'indexes': [models.Index(fields=['org', 'source_type', 'key'], name='provider_network_place_key')],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('place', models.IntegerField()),
                ('name', models.TextField()),
                ('key', models.TextField()),
                ('owner', models.TextField()),
                ('network', models.TextField()),
                ('network_key', models.BigIntegerField()),
                ('active', models.BooleanField()),
            ],
            options={
                'db_table': 'provider_network_plan',
                'indexes': [models.Index(fields=['org', 'key'], name='provider_network_plan_key'), models.Index(fields=['org', 'owner'], name='provider_network_plan_owner')],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('place', models.IntegerField()),
                ('active', models.BooleanField()),
                ('practitioner', models.TextField()),
                ('organization', models.TextField()),
                ('location', models.TextField()),
                ('specialties', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('specialty_words', models.TextField()),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('network_keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('accepting', models.BooleanField(null=True)),
                ('phone', models.TextField()),
                ('fax', models.TextField()),
                ('email', models.TextField()),
                ('as_of', models.TextField()),
            ],
            options={
                'db_table': 'provider_network_site',
                'indexes': [models.Index(fields=['org', 'location'], name='provider_network_site_location'), models.Index(fields=['org', 'practitioner'], name='provider_network_site_person'), models.Index(fields=['org', 'organization'], name='provider_network_site_office')],
            },
        ),
        migrations.CreateModel(
            name='Specialty',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', 'code', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('code', models.TextField()),
                ('name', models.TextField()),
                ('key', models.TextField()),
            ],
            options={
                'db_table': 'provider_network_specialty',
                'indexes': [models.Index(fields=['org', 'code'], name='provider_network_spec_code')],
            },
        ),
    ]
