from __future__ import annotations

from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.factories import make_member, make_workspace


@pytest.mark.django_db
def test_every_chain_is_counted():
    workspace = make_workspace()
    make_member(workspace)
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert f"{workspace.chain}: 2 entries, unbroken." in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_first_bad_entry_is_named():
    workspace = make_workspace()
    make_member(workspace)
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        owner.execute("UPDATE audit_entry SET act = 'member:removed' WHERE seq = 2")
        owner.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    err = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("audit", "verify", stderr=err)
    assert raised.value.returncode == 1
    assert "broken at entry 2: its content was altered." in err.getvalue()


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_of_the_tables_is_refused_by_the_triggers():
    make_workspace()
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        for statement in (
            "UPDATE audit_entry SET act = ''",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                owner.execute(statement)
