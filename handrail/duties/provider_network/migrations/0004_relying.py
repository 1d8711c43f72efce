# Made by makemigrations.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('provider_network', '0003_near'),
    ]

    operations = [
        migrations.AddField(
            model_name='told',
            name='recorded_name',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='told',
            name='told_at',
            field=models.TextField(default=''),
        ),
        migrations.CreateModel(
            name='Asking',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source', models.TextField()),
                ('patient', models.TextField()),
                ('kind', models.TextField()),
                ('about', models.TextField()),
                ('plan', models.TextField()),
                ('look_by', models.TextField()),
            ],
            options={
                'db_table': 'provider_network_asking',
                'indexes': [models.Index(fields=['org', 'patient', 'kind'], name='provider_network_asking_who'), models.Index(fields=['org', 'about'], name='provider_network_asking_about')],
            },
        ),
        migrations.CreateModel(
            name='Relying',
            fields=[
                ('pk', models.CompositePrimaryKey('org', 'source_type', 'source', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('org', models.IntegerField()),
                ('source_type', models.TextField()),
                ('source', models.TextField()),
                ('place', models.IntegerField()),
                ('patient', models.TextField()),
                ('about', models.TextField()),
                ('visit_on', models.TextField()),
            ],
            options={
                'db_table': 'provider_network_relying',
                'indexes': [models.Index(fields=['org', 'patient'], name='provider_network_relying_who'), models.Index(fields=['org', 'about'], name='provider_network_relying_on')],
            },
        ),
    ]
