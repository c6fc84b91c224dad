from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trials", "0001_initial")]

    operations = [
        migrations.AddField(model_name="run", name="quality", field=models.JSONField(null=True)),
        migrations.AddField(model_name="suiteversion", name="origin", field=models.JSONField(null=True)),
    ]
