"""Prints the run engine's figures, beside promptfoo's: ``make bench``."""

from __future__ import annotations

import subprocess
import sys

import pytest

from console.embedded.layout import REPOSITORY


@pytest.mark.bench
def test_run_engine_figures() -> None:
    subprocess.run([sys.executable, "-m", "tests.bench.run_engine", "--peer"], cwd=REPOSITORY, check=True)
