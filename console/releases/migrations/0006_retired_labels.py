import django.db.models.deletion
from django.db import migrations, models

# Whoever was told that a label moved is told that it was retired.
TELL_THEM_TOO = """
    UPDATE releases_webhook SET kinds = array_append(kinds, 'label.retired')
    WHERE 'label.moved' = ANY(kinds) AND NOT 'label.retired' = ANY(kinds)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0005_delivery'),
    ]

    operations = [
        migrations.AlterField(
            model_name='labelmove',
            name='after',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='releases.release'),
        ),
        migrations.RunSQL(TELL_THEM_TOO, migrations.RunSQL.noop),
    ]
