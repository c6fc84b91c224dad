"""Keep what policies say that are in force or published already, while what is installed still says the same."""

from contextlib import suppress
from typing import Any

from django.db import migrations, models

import policies

IMMUTABLE = """
CREATE TRIGGER kept_pack_no_change BEFORE UPDATE OR DELETE ON governance_keptpack
  FOR EACH ROW EXECUTE FUNCTION governance_refuse();
"""


def keep(apps: Any, schema: Any) -> None:
    kept = apps.get_model("governance", "KeptPack")

    def add(digest: str, pack: policies.Pack, source: bytes | None = None) -> None:
        if pack.digest == digest and not kept.objects.filter(pk=digest).exists():
            kept.objects.create(digest=digest, content=policies.content_of(pack, source))

    for row in apps.get_model("governance", "PublishedPack").objects.iterator():
        with suppress(policies.PackError):
            add(row.digest, policies.read_pack(bytes(row.source)), bytes(row.source))
    in_force = apps.get_model("governance", "PolicyInForce").objects.values_list("pack", "version", "digest")
    for name, version, digest in in_force.order_by().distinct():
        with suppress(policies.PackError):
            add(digest, policies.load_pack(f"{name}@{version}"))


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_further_models")]

    operations = [
        migrations.CreateModel(
            name="KeptPack",
            fields=[
                ("digest", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
        migrations.RunSQL(IMMUTABLE, "DROP TRIGGER kept_pack_no_change ON governance_keptpack;"),
    ]
