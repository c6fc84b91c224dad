"""Whether the database is as the last start left it: then neither migrations nor the seed have anything to do.

Both would find that out for themselves, and take two seconds of every start to do so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg

from console import embedded
from console.embedded.layout import REPOSITORY, Places

APPLIED = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"
SOMEBODY = "SELECT EXISTS (SELECT FROM accounts_user)"


def is_prepared(where: Places) -> bool:
    """The same migrations on disk, the same applied in this very database, and somebody who can log in."""
    try:
        return (where.data / "prepared").read_text() == _state()
    except (OSError, psycopg.Error):
        return False


def mark_prepared(where: Places) -> None:
    (where.data / "prepared").write_text(_state())


def _state() -> str:
    digest = hashlib.sha256()
    for part in (*_files(), *_rows()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _files() -> Iterator[bytes]:
    yield (REPOSITORY / "requirements.lock").read_bytes()
    for file in sorted((REPOSITORY / "console").glob("*/migrations/*.py")):
        yield str(Path(file).relative_to(REPOSITORY)).encode()
        yield file.read_bytes()


def _rows() -> Iterator[bytes]:
    url = os.environ.get("DATABASE_URL") or embedded.database_url()
    yield url.encode()
    with psycopg.connect(url, connect_timeout=5) as connection:
        for (name,) in connection.execute(APPLIED):
            yield str(name).encode()
        yield str(connection.execute(SOMEBODY).fetchone()).encode()
