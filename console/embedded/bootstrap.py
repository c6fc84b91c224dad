"""From a bare Python to the environment in ``.venv``: run by the system's interpreter, so the standard library only.

``python -m console.embedded.bootstrap [--dev] [ARGUMENTS]`` makes or refreshes ``.venv`` from the hashed lock file and
then becomes ``.venv/bin/python ARGUMENTS``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from console.embedded.assets import find_node
from console.embedded.layout import REPOSITORY, EmbeddedError

VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
LOCK = "requirements.lock"
DEVELOPMENT_LOCK = "requirements-dev.lock"
NODE_LOCK = "requirements-node.lock"


def main(arguments: list[str]) -> None:
    development = "--dev" in arguments
    rest = [argument for argument in arguments if argument != "--dev"]
    _make_venv()
    _install(DEVELOPMENT_LOCK if development else LOCK)
    _install_node()
    if rest:
        os.chdir(REPOSITORY)
        os.execv(PYTHON, [str(PYTHON), *rest])  # noqa: S606


def _make_venv() -> None:
    if _works():
        return
    _say(f"Making the environment {VENV} (Python {sys.version.split()[0]}) …")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise EmbeddedError(
            f"This Python ({sys.executable}) has no venv: install it (Debian and Ubuntu: apt install python3-venv)."
        ) from None
    shutil.rmtree(VENV, ignore_errors=True)
    _check_writable()
    _call([sys.executable, "-m", "venv", str(VENV)], f"{VENV} cannot be made")


def _works() -> bool:
    """Whether ``.venv`` is whole and still fits: its Python may have been removed, or become another version."""
    real = PYTHON.resolve().name
    fits = not re.fullmatch(r"python3\.\d+", real) or (VENV / "lib" / real).is_dir()
    return PYTHON.exists() and fits and any(VENV.glob("lib/*/site-packages/pip"))


def _install(lock: str) -> None:
    digest = hashlib.sha256((REPOSITORY / lock).read_bytes()).hexdigest()
    installed = _installed()
    if installed.get(lock) == digest:
        return
    _check_writable()
    _say(f"Installing the packages of {lock} …")
    # The lock names everything, with its hashes: nothing is resolved, nothing else is taken.
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps", "--quiet"]
    _call(
        [*command, "--disable-pip-version-check", "-r", str(REPOSITORY / lock)], f"{lock} cannot be installed"
    )
    STAMP.write_text(json.dumps(installed | {lock: digest}))


def _install_node() -> None:
    if find_node() is None:
        _install(NODE_LOCK)


def _installed() -> dict[str, str]:
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _check_writable() -> None:
    probe = REPOSITORY / f".write-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(
            f"The folder {REPOSITORY} cannot be written ({(error.strerror or str(error)).lower()}): Remit keeps its environment "
            "there. Clone it to a folder that is yours."
        ) from error


def _call(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)  # noqa: S603
    if done.returncode != 0:
        said = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        errors = [line for line in said if line.lower().startswith("error")] or said[-3:]
        raise EmbeddedError(f"{failure}: {' / '.join(errors[-3:]) or 'it said nothing'}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except EmbeddedError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
