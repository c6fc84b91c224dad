from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# What was counted before knows no rules: it is counted anew when a list is next looked at.
RECOUNT = "UPDATE prompts_draft SET checked_under = ''"


class Migration(migrations.Migration):

    dependencies = [("prompts", "0002_judge")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="rules",
            field=ArrayField(
                base_field=models.CharField(max_length=100), blank=True, default=list, size=None
            ),
        ),
        migrations.RunSQL(RECOUNT, migrations.RunSQL.noop),
    ]
