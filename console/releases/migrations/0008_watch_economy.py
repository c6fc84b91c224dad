from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("releases", "0007_protected_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="watch",
            name="economy",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
