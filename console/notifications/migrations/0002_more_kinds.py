import django.contrib.postgres.fields
from django.db import migrations, models

import console.notifications.models

KINDS = [
    ('asked', 'a review is asked of me'),
    ('mentioned', 'somebody mentions me'),
    ('ready', 'what I may release is approved'),
    ('decided', 'somebody decides on my review'),
    ('replied', 'somebody comments on my review or in my thread'),
    ('stale', 'what I approved has changed'),
    ('released', 'what I asked for or planned goes out, does not, or is taken back'),
    ('ran', 'a run that I started ends, if it took a while'),
]
# Whoever chose among the kinds before has not decided against these.
SHOW_THEM = "UPDATE notifications_preferences SET shown = shown || ARRAY['ready', 'ran']::varchar[]"


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=KINDS, max_length=12),
        ),
        migrations.AlterField(
            model_name='preferences',
            name='mailed',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=KINDS, max_length=12), blank=True, default=console.notifications.models.usually_mailed, size=None),
        ),
        migrations.AlterField(
            model_name='preferences',
            name='shown',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=KINDS, max_length=12), blank=True, default=console.notifications.models.all_kinds, size=None),
        ),
        migrations.RunSQL(SHOW_THEM, migrations.RunSQL.noop),
    ]
