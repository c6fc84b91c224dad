import uuid

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trials", "0002_chat_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("chat", "key", models.UUIDField(default=uuid.uuid4)),
        migrations.AddConstraint(
            "chat", models.UniqueConstraint(fields=["created_by", "key"], name="one_chat_a_key")
        ),
    ]
