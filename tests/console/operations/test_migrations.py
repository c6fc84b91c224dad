"""The rules of docs/operations.md by which a migration harms nobody while the old version still runs."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

# From before the rules: nobody runs a version older than these any more. Nothing is added to them.
BEFORE = {
    "releases.0005_delivery",
    "reviews.0002_people_and_words",
    "trials.0003_judging",
    "trials.0004_month_below",
    "prompts.0003_draft_rules",
    "prompts.0004_proposals",
    "accounts.0002_token_rights",
    "accounts.0003_people",
}
RENAMES = (operations.RenameField, operations.RenameModel, operations.AlterModelTable)


def ours() -> Iterator[Migration]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for migration in loader.disk_migrations.values():
        if migration.__module__.startswith("console.") and not migration.initial:
            yield migration


def refused(migration: Migration) -> Iterator[str]:
    made = {one.name.lower() for one in migration.operations if isinstance(one, operations.CreateModel)}
    for one in migration.operations:
        on = str(getattr(one, "model_name", "")).lower()
        if isinstance(one, RENAMES):
            yield f"{migration}: {one.describe()}: what the old version reads by its name is gone"
        if (
            isinstance(one, operations.AddField)
            and on not in made
            and not _the_old_version_may_leave_it(one.field)
        ):
            yield f"{migration}: {one.describe()}: the old version writes no value, and the database has no default"


def _the_old_version_may_leave_it(field: models.Field) -> bool:
    return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


def test_no_migration_breaks_the_version_before_it() -> None:
    found = list(ours())
    assert len(found) > 15
    assert [line for one in found if str(one) not in BEFORE for line in refused(one)] == []


def test_the_rules_find_what_breaks_them() -> None:
    bad = Migration("bad", "prompts")
    bad.operations = [
        operations.AddField("prompt", "colour", models.CharField(max_length=9, default="red")),
        operations.RenameField("prompt", "title", "name"),
    ]
    assert len(list(refused(bad))) == 2
