"""A backup and its restore, with PostgreSQL's own programs, between two installations."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

from console.embedded.layout import REPOSITORY
from console.home.backups import back_up, restore
from console.problems import Invalid
from tests import services
from tests.environment import HOME, database_name

URLS = ("DATABASE_URL", "DATABASE_OWNER_URL")

CONTENT = """
from tests.factories import make_member, make_revision, make_workspace
from console.governance.publishing import publish
from tests.policies.packs import OURS
member = make_member(make_workspace("bank"), "author", "admin")
make_revision(member)
publish(member=member, source=OURS.encode())
"""


class Installation:
    """``manage.py`` on a data folder and a database of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        name = f"{database_name()}_{data.name}"
        services.copy_migrated(name)
        self.urls = {
            variable: os.environ[variable].replace(f"/{database_name()}?", f"/{name}?") for variable in URLS
        }

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in {HOME, "SECRET_KEY"}}
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=inherited | self.urls | {"REMIT_DATA": str(self.data)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.begin(*arguments)
        out, err = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def good(self, *arguments: str) -> str:
        done = self.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """As the application's role."""
        with psycopg.connect(self.urls["DATABASE_URL"]) as connection:
            return connection.execute(statement).fetchall()

    def content(self) -> list[Any]:
        """What is in it: people, the bytes of every revision and published policy, and the heads of the workspaces' audits."""
        return [
            self.ask("SELECT username, password FROM accounts_user ORDER BY id"),
            self.ask("SELECT digest, compiled FROM prompts_revision ORDER BY id"),
            self.ask("SELECT name, version, digest, source FROM governance_publishedpack ORDER BY id"),
            self.ask("SELECT name, seq, hash FROM audit_chain WHERE name <> 'installation' ORDER BY name"),
        ]


@pytest.fixture(scope="module")
def pair(
    running_services: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Installation, Installation]:
    folder = tmp_path_factory.mktemp("installations")
    for name in ("one", "two"):
        (folder / name).mkdir()
    one = Installation(folder / "one")
    one.good("shell", "--no-imports", "-c", CONTENT)
    return one, Installation(folder / "two")


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
    with psycopg.connect(two.urls["DATABASE_URL"]):
        done = two.manage("restore", str(file), "--replace")
    assert done.returncode == 1 and "1 other connection to the database is open" in done.stderr
    with pytest.raises(Invalid, match="exists already"):
        back_up(file)


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
