"""The run's PostgreSQL and broker: one migrated database, cloned for each test process, emptied between tests."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from psycopg import sql

from console import embedded
from console.embedded import folders
from console.embedded.layout import REPOSITORY, places, system_user
from console.embedded.serving import start, using
from tests.environment import database_name

SERVER = embedded.owner_database_url().replace(f"//{embedded.OWNER_ROLE}@", "//postgres@")
MIGRATED = embedded.DATABASE


@contextmanager
def running() -> Iterator[None]:
    """PostgreSQL and the broker, until the last process of the run leaves."""
    where = places()
    folders.prepare(where, system_user())
    with using(where):
        start(where, ("postgres", "broker"))
        yield


def make_database() -> None:
    """This process's own copy of the migrated database."""
    copy_migrated(database_name())
    _kept_tables()


def copy_migrated(name: str) -> None:
    """A database as a fresh installation has it."""
    with (places().data / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrated = places().data / "migrated"
        if not migrated.exists():
            _migrate()
            migrated.touch()
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(MIGRATED), sql.Identifier(embedded.OWNER_ROLE)
        )
        with psycopg.connect(SERVER.replace(f"/{MIGRATED}?", "/postgres?"), autocommit=True) as connection:
            connection.execute(copy)


def empty_tables() -> None:
    """Delete every row that came after the migrations: even those of the audit, which refuses it to the application."""
    _superuser().execute(_emptying())


@cache
def _emptying() -> sql.Composed:
    """In one go: most tables are empty, and each question costs more than its answer."""
    without_triggers_and_foreign_keys = sql.SQL("SET session_replication_role = replica")
    deletes = [
        sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in _tables() - _kept_tables()
    ]
    return sql.SQL("; ").join([without_triggers_and_foreign_keys, *deletes])


def _migrate() -> None:
    environment = os.environ | {
        "DATABASE_URL": embedded.database_url(),
        "DATABASE_OWNER_URL": embedded.owner_database_url(),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"manage.py migrate failed:\n{done.stdout}{done.stderr}"


@cache
def _superuser() -> psycopg.Connection:
    return psycopg.connect(SERVER.replace(f"/{MIGRATED}?", f"/{database_name()}?"), autocommit=True)


@cache
def _tables() -> frozenset[str]:
    rows = _superuser().execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return frozenset(name for (name,) in rows)


@cache
def _kept_tables() -> frozenset[str]:
    """Tables that the migrations filled (content types, permissions …): they stay as they are."""
    return frozenset(table for table in _tables() if _has_rows(table))


def _has_rows(table: str) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    row = _superuser().execute(query).fetchone()
    return bool(row and row[0])
