"""A backup and its restore, with PostgreSQL's own programs, on an installation of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from console.embedded import APP_ROLE, DATABASE, folders
from console.embedded.layout import REPOSITORY, Places, system_user
from console.embedded.serving import start, using
from console.home.backups import restore
from console.problems import Invalid
from tests.embedded.conftest import CLEAN

CONTENT = """
from tests.factories import make_member, make_revision, make_workspace
from console.governance.publishing import publish
from tests.policies.packs import OURS
member = make_member(make_workspace("bank"), "author", "admin")
make_revision(member)
publish(member=member, source=OURS.encode())
"""


class Installation:
    """``manage.py`` on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.socket = Places(data=data, home=data, run=data / "run").postgres_socket.parent

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in {*CLEAN, "SECRET_KEY"}}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=inherited | {"REMIT_DATA": str(self.data), "REMIT_EMBEDDED_FAST": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def good(self, *arguments: str, **environment: str) -> str:
        done = self.manage(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """As the application's role, on the server that ``serving`` keeps."""
        with psycopg.connect(host=str(self.socket), user=APP_ROLE, dbname=DATABASE) as connection:
            return connection.execute(statement).fetchall()

    def content(self) -> list[Any]:
        """What is in it: people, the bytes of every revision and published policy, and the heads of the workspaces' audits."""
        return [
            self.ask("SELECT username, password FROM accounts_user ORDER BY id"),
            self.ask("SELECT digest, compiled FROM prompts_revision ORDER BY id"),
            self.ask("SELECT name, version, digest, source FROM governance_publishedpack ORDER BY id"),
            self.ask("SELECT name, seq, hash FROM audit_chain WHERE name <> 'installation' ORDER BY name"),
        ]


@contextmanager
def serving(data: Path) -> Iterator[Installation]:
    """An installation whose PostgreSQL runs on, so that each command need not start it."""
    places = Places(data=data, home=data, run=data / "run")
    data.mkdir()
    folders.prepare(places, system_user())
    with using(places):
        start(places, ("postgres", "broker"))
        yield Installation(data)


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Installation, Installation]]:
    with tempfile.TemporaryDirectory(prefix="remit-backup-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with serving(folder / "one") as one, serving(folder / "two") as two:
            one.good("migrate", "--skip-checks", "--verbosity=0")
            one.good("shell", "--no-imports", "-c", CONTENT)
            two.good("migrate", "--skip-checks", "--verbosity=0")
            yield one, two


def test_what_was_backed_up_is_what_is_restored_elsewhere(pair: tuple[Installation, Installation]) -> None:
    one, two = pair
    file = one.data / "remit.backup"
    assert "SECRET_KEY, which is not in the file" in one.good("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    done = two.manage("restore", str(file))
    assert done.returncode == 0, done.stderr
    assert "audit unbroken" in done.stdout and "sealed with another SECRET_KEY" in done.stderr
    assert two.content() == one.content() and one.content()[1] and one.content()[2]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="Published policies are immutable"):
        two.ask("DELETE FROM governance_publishedpack RETURNING 1")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        two.ask("DELETE FROM audit_entry RETURNING 1")

    # Nothing is replaced unasked, and nobody is connected meanwhile.
    done = two.manage("restore", str(file))
    assert done.returncode == 1 and "which would be lost" in done.stderr
    with psycopg.connect(host=str(two.socket), user=APP_ROLE, dbname=DATABASE):
        done = two.manage("restore", str(file), "--replace")
    assert done.returncode == 1 and "1 other connection to the database is open" in done.stderr
    done = one.manage("backup", str(file))
    assert done.returncode == 1 and "exists already" in done.stderr


def test_with_the_secret_the_keys_open_elsewhere(pair: tuple[Installation, Installation]) -> None:
    one, two = pair
    file = one.data / "whole.backup"
    keys = one.good("keys")
    assert "keep it where you keep passwords" in one.good("backup", str(file), "--with-secret")
    assert not two.manage("restore", str(file), "--replace").stderr
    assert (one.data / "secret_key").read_text() == (two.data / "secret_key").read_text()
    assert two.good("keys") == keys


def archive(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return path


NEWER = json.dumps(
    {
        "format": 1,
        "created": "",
        "migrations": ["prompts.9999_future"],
        "workspaces": 0,
        "entries": 0,
        "secret": "",
    }
).encode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "is no backup of Remit"),
        ({"manifest_json": b"[]", "database_dump": b""}, "does not read"),
        ({"manifest_json": b'{"format": 1}', "database_dump": b""}, "manifest is not complete"),
        ({"manifest_json": b"{" * 99, "database_dump": b""}, "is no backup of Remit"),
        ({"manifest_json": NEWER}, "is no backup of Remit"),
        ({"manifest_json": NEWER, "database_dump": b"x"}, "made by a newer Remit"),
    ],
)
def test_a_file_that_is_none_is_refused_before_anything_is_touched(
    tmp_path: Path, members: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        restore(archive(tmp_path / "bad.backup", **members), replace=True)


@pytest.mark.django_db
def test_what_is_not_even_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing")
    for path in (tmp_path / "text", tmp_path / "missing", tmp_path):
        with pytest.raises(Invalid):
            restore(path, replace=True)
