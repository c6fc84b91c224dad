from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trials", "0001_initial")]

    operations = [
        migrations.AddField("chat", "values", models.JSONField(default=dict)),
        migrations.AlterField("chat", "model", models.CharField(blank=True, max_length=100)),
    ]
