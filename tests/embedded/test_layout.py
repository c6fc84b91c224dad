"""Where data and sockets go: short paths, closed folders, folders that cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import embedded
from console.embedded import folders
from console.embedded.layout import SYSTEM_HOME, EmbeddedError, Places, may_enter, places, system_user
from tests.embedded.conftest import RunPython

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else or mount a disk")


@pytest.fixture
def remit_data(monkeypatch: pytest.MonkeyPatch, data: Path) -> Path:
    monkeypatch.setenv("REMIT_DATA", str(data))
    return data


def test_addresses_come_from_the_data_folder_and_start_nothing(remit_data: Path) -> None:
    assert embedded.database_url() == f"postgresql://remit_app@/remit?host={remit_data}/run/postgres"
    assert embedded.owner_database_url() == f"postgresql://remit_owner@/remit?host={remit_data}/run/postgres"
    assert embedded.broker_url() == f"redis+socket://{remit_data}/run/broker/broker.sock?virtual_host=0"
    assert embedded.rehearsal_url() == f"unix:{remit_data}/run/rehearsal.sock"
    assert not (remit_data / "run").exists()


@pytest.mark.parametrize("name", ["far" * 30, "with a space", "100%", "ünïcode", "a&b?c"])
def test_sockets_go_where_their_path_is_short_and_plain(
    monkeypatch: pytest.MonkeyPatch, data: Path, name: str
) -> None:
    monkeypatch.setenv("REMIT_DATA", str(data / name))
    where = places()
    assert where.data == data / name
    assert str(where.run).startswith("/tmp/remit-")
    assert len(os.fsencode(where.postgres_socket)) < 100


def test_two_long_paths_have_folders_of_their_own(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setenv("REMIT_DATA", str(data / ("a" * 90)))
    first = places().run
    monkeypatch.setenv("REMIT_DATA", str(data / ("b" * 90)))
    assert places().run != first


def test_services_start_below_a_long_path_with_odd_characters(
    monkeypatch: pytest.MonkeyPatch, data: Path, python: RunPython
) -> None:
    far = data / ("a long folder's näme, 100% " * 4)
    monkeypatch.setenv("REMIT_DATA", str(far))
    run = places().run
    try:
        process = python("-c", SERVE_AND_ASK, REMIT_DATA=str(far))
        said, _ = process.communicate(timeout=60)
        assert said.splitlines()[-1] == "remit_app PONG"
    finally:
        shutil.rmtree(run, ignore_errors=True)


SERVE_AND_ASK = """
import psycopg, redis
from console import embedded
from console.embedded.serving import serving
with serving({"postgres", "broker"}):
    with psycopg.connect(embedded.database_url()) as connection:
        (user,) = connection.execute("SELECT current_user").fetchone()
    path = embedded.broker_url().removeprefix("redis+socket://").split("?")[0]
    print(user, "PONG" if redis.Redis(unix_socket_path=path).ping() else "")
"""


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that nobody but root may enter."""
    folder = Path(tempfile.mkdtemp(prefix="remit-closed-"))
    assert folder.stat().st_mode & 0o777 == 0o700
    yield folder
    note = folder / "var" / "home"
    if note.exists() and note.read_text().startswith(str(SYSTEM_HOME)):
        shutil.rmtree(note.read_text(), ignore_errors=True)
    shutil.rmtree(folder)


@AS_ROOT
def test_in_a_closed_folder_roots_data_lie_where_a_system_user_may_own_them(
    monkeypatch: pytest.MonkeyPatch, closed: Path, python: RunPython
) -> None:
    process = python("-c", SERVE_AND_ASK, REMIT_DATA=str(closed / "var"))
    said, _ = process.communicate(timeout=60)
    assert said.splitlines()[-1] == "remit_app PONG"
    assert closed.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("REMIT_DATA", str(closed / "var"))
    where = places()
    assert where.home.parent == SYSTEM_HOME
    user = system_user()
    assert user is not None and where.postgres.stat().st_uid == user.pw_uid


@AS_ROOT
def test_a_new_clone_in_the_same_closed_folder_does_not_find_the_old_data(
    monkeypatch: pytest.MonkeyPatch, closed: Path
) -> None:
    monkeypatch.setenv("REMIT_DATA", str(closed / "var"))
    first = places().home
    shutil.rmtree(closed / "var")
    from console.embedded import layout

    layout._places.cache_clear()  # another process
    assert places().home != first


@AS_ROOT
def test_whether_a_user_may_enter_is_read_off_every_folder_above(closed: Path, data: Path) -> None:
    user = system_user()
    assert user is not None
    assert may_enter(data, user)
    assert may_enter(data / "not" / "yet" / "made", user)
    assert not may_enter(closed, user)
    assert not may_enter(closed / "not" / "yet" / "made", user)


def test_a_folder_that_cannot_be_made_is_one_sentence(python: RunPython) -> None:
    process = python("manage.py", "showmigrations", REMIT_DATA="/proc/remit", SECRET_KEY="x")
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.startswith("The folder /proc/remit cannot be made: ")
    assert "set REMIT_DATA to a folder that is." in said
    assert "Traceback" not in said


def test_a_command_that_keeps_nothing_works_where_nothing_can_be_written(
    python: RunPython, tmp_path: Path
) -> None:
    (tmp_path / "prompt.txt").write_text("You are Aria, the assistant of a bank.")
    process = python(
        "manage.py", "validate", str(tmp_path / "prompt.txt"), REMIT_DATA="/proc/remit", SECRET_KEY=""
    )
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


@AS_ROOT
def test_a_full_disk_is_one_sentence(data: Path) -> None:
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(data)], check=False
    )
    if made.returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        where = Places(data=data, home=data, run=data / "run")
        folders.prepare(where, system_user())
        from console.embedded.postgres import Postgres

        with pytest.raises(EmbeddedError, match=r"has \d+ MB free and \d+ MB are needed: make room"):
            Postgres(where).start()
    finally:
        subprocess.run(["umount", str(data)], check=True)


@AS_ROOT
def test_a_folder_in_tmp_that_somebody_else_made_is_not_trusted(data: Path) -> None:
    run = data / "run"
    run.mkdir()
    os.chown(run, 65534, 65534)
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        folders.prepare(Places(data=data, home=data, run=run), system_user())
