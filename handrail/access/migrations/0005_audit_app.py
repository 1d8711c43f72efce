from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0004_apps")]
    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="app",
            field=models.TextField(db_default=""),
        )
    ]
