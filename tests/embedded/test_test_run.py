"""The test run's own surroundings keep what they promise."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from console.accounts.models import User
from tests import services


def _users() -> int:
    return User.objects.count()


@pytest.mark.django_db
def test_the_database_is_used_as_the_application() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("remit_app", services.database_name())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [False, True])
def test_rows_that_a_test_commits_are_gone_in_the_next(again: bool) -> None:
    assert _users() == 0
    with transaction.atomic():
        User.objects.create_user("ada", "ada@example.org", "word")
    assert _users() == 1


@pytest.mark.django_db(transaction=True)
def test_the_audit_refuses_the_application_to_truncate() -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry")


@pytest.mark.django_db
def test_the_owner_is_another_role() -> None:
    from django.conf import settings

    with psycopg.connect(settings.DATABASE_OWNER_URL) as owner:
        assert owner.execute("SELECT current_user").fetchone() == ("remit_owner",)
