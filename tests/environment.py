"""The surroundings of one test run, loaded before anything reads settings (``-p tests.environment``).

Every run has its own folder with its own PostgreSQL and broker, shared by its pytest-xdist processes, so that any
number of runs go on side by side in one checkout. Nothing is started here: fixtures start what a test asks for.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from hypothesis import HealthCheck, settings

from console import embedded
from console.embedded.layout import Places, places
from console.embedded.serving import stop

HOME = "REMIT_TEST_HOME"
PREFIX = "remit-test-"
_alive: list[IO[str]] = []

# On how many cases properties are tried: few in every run, HYPOTHESIS_PROFILE=thorough for thousands (make chaos).
settings.register_profile(
    "quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


class QuickHasher(PBKDF2PasswordHasher):
    """Verified by the real hasher of a live site, but made in no time."""

    iterations = 1


def worker_number() -> int:
    """1, 2 … in the processes of pytest-xdist, 0 without."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1


def database_name() -> str:
    return f"test_{worker_number()}"


def _enter() -> None:
    if HOME not in os.environ:
        _sweep()
        home = tempfile.mkdtemp(prefix=PREFIX)
        os.environ[HOME] = home
        # mkdtemp closes the folder; the system user that runs PostgreSQL for root passes through it.
        Path(home).chmod(0o711)
        _alive.append(_hold(Path(home)))
        (Path(home) / "static").mkdir()  # collected nowhere, and WhiteNoise warns of a folder that is missing
    # A run starts a hundred processes: each would compile the console anew.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "REMIT_REHEARSAL_URL", "PORT", "REMIT_AS_OWNER"):
        os.environ.pop(name, None)
    os.environ.update(REMIT_DATA=os.environ[HOME], REMIT_EMBEDDED_FAST="1", SECRET_KEY="tests")
    os.environ.update(
        DATABASE_URL=embedded.database_url().replace("/remit?", f"/{database_name()}?"),
        DATABASE_OWNER_URL=embedded.owner_database_url().replace("/remit?", f"/{database_name()}?"),
        CELERY_BROKER_URL=embedded.broker_url().replace("virtual_host=0", f"virtual_host={worker_number()}"),
    )


def _hold(home: Path) -> IO[str]:
    lock = (home / "alive.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def _sweep() -> None:
    """Stop and remove what killed runs left behind."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = _hold(home)
        except OSError:  # alive, another user's, or just being made
            continue
        with lock:
            _discard(home)


def _discard(home: Path) -> None:
    stop(Places(data=home, home=home, run=home / "run"))
    shutil.rmtree(home, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings as console

    console.PASSWORD_HASHERS = ["tests.environment.QuickHasher", *console.PASSWORD_HASHERS]
    # Pages are rendered in tests whether or not the bundles were built.
    console.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def pytest_unconfigure(config: pytest.Config) -> None:
    if _alive and not os.environ.get("REMIT_KEEP_TESTS"):
        _discard(places().data)


_enter()
