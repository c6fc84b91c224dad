"""Statements that are made thousands of times: planned once a connection, not each time.

Django puts the values into the statement's text, so that PostgreSQL plans it anew: for a statement of several parts, four
milliseconds of five. Here the values go beside the statement, and psycopg prepares it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.types.numeric import Int8Dumper

# Executions after which psycopg prepares a statement by itself. Django sets none, and then nothing is prepared, asked for
# or not; with this number only what is asked for.
NEVER = 2**31


class _Preparing(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> _Preparing:
        return super().execute(query, params, **{**options, "prepare": True})


def fetch_all(statement: str, values: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that returns rows. Raises Django's database errors."""
    with _cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def execute(statement: str, values: Mapping[str, Any]) -> int:
    """How many rows a statement touched. Raises Django's database errors."""
    with _cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def _cursor() -> CursorWrapper:
    connection.ensure_connection()
    opened = connection.connection
    if opened.prepare_threshold is None:
        opened.prepare_threshold = NEVER
        # One plan, not one for each combination of the sizes that numbers happen to have; and from the first time on,
        # where PostgreSQL would make five plans for the values before it makes that one.
        opened.adapters.register_dumper(int, Int8Dumper)
        opened.execute("SET plan_cache_mode = force_generic_plan")
    logged = connection.queries_logged
    # A prepared statement cannot say what it was.
    cursor: Any = psycopg.Cursor(opened) if logged else _Preparing(opened)
    return connection.make_debug_cursor(cursor) if logged else connection.make_cursor(cursor)
