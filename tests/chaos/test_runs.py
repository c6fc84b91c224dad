"""The rows of chaos that concern runs, on an installation of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from console.embedded.layout import REPOSITORY


@pytest.mark.chaos
def test_runs_survive_what_happens_to_them() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.chaos.runs"], cwd=REPOSITORY, timeout=3600)
    assert done.returncode == 0
