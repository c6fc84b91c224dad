import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What was published is never changed: not by a bug, not by hand.
IMMUTABLE = """
CREATE FUNCTION governance_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Published policies are immutable: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER published_pack_no_change BEFORE UPDATE OR DELETE ON governance_publishedpack
  FOR EACH ROW EXECUTE FUNCTION governance_refuse();
"""
CHANGEABLE = """
DROP TRIGGER published_pack_no_change ON governance_publishedpack;
DROP FUNCTION governance_refuse();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_initial"),
        ("governance", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishedPack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("version", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=80)),
                ("source", models.BinaryField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="packs",
                        to="accounts.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "name", "version"), name="one_pack_version")
                ],
            },
        ),
        migrations.RunSQL(IMMUTABLE, CHANGEABLE),
    ]
