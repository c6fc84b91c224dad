"""From a bare Python to `.venv`: once, again where the lock changed, and one sentence where it cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console.embedded.layout import REPOSITORY

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the start from nothing reads, with a lock that names no package: nothing is fetched."""
    top = tmp_path_factory.mktemp("checkout")
    shutil.copytree(REPOSITORY / "console" / "embedded", top / "console" / "embedded")
    (top / "console" / "__init__.py").touch()
    shutil.copy(REPOSITORY / "Makefile", top)
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-node.lock"):
        (top / lock).write_text("# nothing\n")
    return top


def bootstrap(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console.embedded.bootstrap", *arguments],
        cwd=checkout,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_environment_is_made_once_and_becomes_the_program(checkout: Path) -> None:
    first = bootstrap(checkout, "-c", "import sys; print(sys.prefix)")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == str(checkout / ".venv")
    assert "Making the environment" in first.stdout and "Installing the packages" in first.stdout
    assert bootstrap(checkout, "-c", "print('at once')").stdout == "at once\n"


def test_a_changed_lock_is_installed_again(checkout: Path) -> None:
    bootstrap(checkout)
    (checkout / "requirements.lock").write_text("# nothing, but otherwise\n")
    again = bootstrap(checkout)
    assert again.stdout.splitlines() == ["Installing the packages of requirements.lock …"]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    bootstrap(checkout)
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    again = bootstrap(checkout, "-c", "print('works')")
    assert "Making the environment" in again.stdout
    assert again.stdout.splitlines()[-1] == "works"


def test_a_package_that_cannot_be_installed_is_named(checkout: Path) -> None:
    bootstrap(checkout)
    lock = checkout / "requirements.lock"
    lock.write_text("./no-such-package --hash=sha256:" + "0" * 64 + "\n")
    try:
        failed = bootstrap(checkout, PIP_NO_INDEX="1")
        assert failed.returncode == 1
        assert failed.stderr.startswith("requirements.lock cannot be installed: ERROR: ")
        assert "Traceback" not in failed.stderr
    finally:
        lock.write_text("# nothing\n")


def test_a_python_without_venv_is_one_sentence(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    (tmp_path / "ensurepip.py").write_text("raise ImportError('left out, as Debian does')\n")
    failed = bootstrap(checkout, PYTHONPATH=str(tmp_path))
    assert failed.returncode == 1
    assert "has no venv: install it (Debian and Ubuntu: apt install python3-venv)." in failed.stderr
    assert not (checkout / ".venv").exists()


@AS_ROOT
def test_a_folder_that_is_read_only_is_one_sentence(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    made = subprocess.run(["mount", "--bind", "-o", "ro", str(checkout), str(checkout)], check=False)
    if made.returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        failed = bootstrap(checkout)
    finally:
        subprocess.run(["umount", str(checkout)], check=True)
    assert failed.returncode == 1
    assert f"The folder {checkout} cannot be written (read-only file system)" in failed.stderr


def test_make_without_a_python_is_one_sentence(checkout: Path) -> None:
    failed = subprocess.run(
        ["make", "up", "PYTHON="], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert failed.returncode != 0
    assert failed.stderr.startswith("Remit needs Python 3.11 or newer with venv: install it ")


def test_make_help_lists_every_target(checkout: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    for target in ("up", "test", "lint", "types", "bench", "chaos", "lock"):
        assert f"make {target} " in listed
