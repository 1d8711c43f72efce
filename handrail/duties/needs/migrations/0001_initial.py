# Made by makemigrations.

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Addressed',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source_type', 'source', 'need', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source_type', models.TextField()),
                ('source', models.TextField()),
                ('patient', models.TextField()),
                ('need', models.TextField()),
            ],
            options={
                'db_table': 'needs_addressed',
                'indexes': [models.Index(fields=['org', 'need'], name='needs_addressed_need')],
            },
        ),
        migrations.CreateModel(
            name='Need',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('patient', models.TextField()),
                ('kind', models.TextField()),
                ('state', models.TextField()),
                ('area', models.TextField()),
                ('code', models.TextField()),
                ('words', models.TextField()),
                ('since', models.TextField()),
                ('until', models.TextField()),
                ('wish', models.TextField()),
                ('by_name', models.TextField()),
            ],
            options={
                'db_table': 'needs_need',
                'indexes': [models.Index(fields=['org', 'patient', 'state'], name='needs_need_patient'), models.Index(fields=['org', 'state', 'kind', 'area'], name='needs_need_area')],
            },
        ),
    ]
