"""Installations of their own for tests that stop, kill and break things."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.embedded import folders
from console.embedded.layout import REPOSITORY, Places, system_user
from console.embedded.postgres import Postgres
from console.embedded.serving import stop

CLEAN = ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL", "REMIT_REHEARSAL_URL", "REMIT_TEST_HOME")


@pytest.fixture
def data() -> Iterator[Path]:
    """An empty folder for REMIT_DATA that the system user may pass through, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="remit-data-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def where(data: Path) -> Iterator[Places]:
    """Prepared places in ``data``; whatever runs there at the end is stopped."""
    found = Places(data=data, home=data, run=data / "run")
    folders.prepare(found, system_user())
    yield found
    stop(found)


@pytest.fixture(scope="session")
def first_started() -> Iterator[Path]:
    """PostgreSQL's folder as the first start leaves it: what tests of later starts copy, since making one takes a second."""
    folder = Path(tempfile.mkdtemp(prefix="remit-data-"))
    folder.chmod(0o755)
    found = Places(data=folder, home=folder, run=folder / "run")
    folders.prepare(found, system_user())
    Postgres(found).start()
    Postgres(found).stop()
    yield found.postgres
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def started_before(where: Places, first_started: Path) -> Places:
    """``where`` with a PostgreSQL that was started and stopped before."""
    subprocess.run(["cp", "-a", first_started, where.postgres], check=True)
    return where


RunPython = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def python(data: Path) -> Iterator[RunPython]:
    """``python("code or -m", …)``: this Python in the repository with ``data`` as REMIT_DATA, like a new terminal."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in CLEAN}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=inherited | {"REMIT_DATA": str(data), "PYTHONUNBUFFERED": "1"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
