"""The console's own processes, run for tests the way `make up` runs them."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from console.embedded import parts, processes
from console.embedded.layout import REPOSITORY, places
from tests import forks
from tests.environment import worker_number


@dataclass(frozen=True, slots=True)
class Process:
    """A running part; ``log`` is what it printed."""

    running: psutil.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.running.pid

    def kill(self) -> None:
        """Like the machine would: no goodbye."""
        os.killpg(self.pid, signal.SIGKILL)
        self.running.wait()


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    process: Process


@contextmanager
def worker(**settings: str) -> Iterator[Process]:
    """A worker with beat; ``settings`` are more environment variables, such as ``ANTHROPIC_BASE_URL="http://…"``."""
    with _running(
        "worker", parts.worker(beat=True), answers=_said(" ready."), environment=settings
    ) as process:
        yield process


@contextmanager
def rehearsal() -> Iterator[str]:
    path = places().run / f"rehearsal-{worker_number()}.sock"
    with _running("rehearsal", parts.rehearsal(path), answers=lambda _: path.is_socket()):
        yield f"unix:{path}"


@contextmanager
def site(**settings: str) -> Iterator[Site]:
    """A web server on a free port. Where another program takes the port in between, the start fails and says so.

    ``settings`` are more environment variables, such as ``REMIT_DEBUG="1"``. It loads what it needs when it needs it:
    most tests need neither the SDK nor every policy's phrases (``REMIT_COLD=""`` has it loaded as in production).
    """
    static = build_assets()
    port = free_port()
    environment = {"PORT": str(port), "REMIT_STATIC": str(static), "REMIT_COLD": "1", **settings}
    with _running(
        "web", parts.web(port), answers=lambda process: _serves(process, port), environment=environment
    ) as process:
        yield Site(url=f"http://127.0.0.1:{port}", process=process)


def build_assets() -> Path:
    """The hashed static files: compressing them takes seconds, so runs share what was made of the same sources."""
    from console.embedded import assets

    shared = REPOSITORY / "var" / "tests"
    shared.mkdir(parents=True, exist_ok=True)
    with assets.locked(shared / "static.lock"):
        assets.build_bundles(development=True)
        target = shared / f"static-{assets.collected_from()[:12]}"
        assets.collect(target)
        target.touch()
        for old in sorted(shared.glob("static-*"), key=lambda folder: folder.stat().st_mtime)[:-4]:
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
    return target


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serves(process: Process, port: int) -> bool:
    """Whether the site answers; a site that answers with an error will not get better by waiting."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except OSError:
        return False
    finally:
        connection.close()
    assert status < 500, f"the site fails:\n{process.log.read_text(errors='replace')[-3000:]}"
    return True


def _said(words: str) -> Callable[[Process], bool]:
    return lambda process: words in process.log.read_text(errors="replace")


@contextmanager
def _running(
    name: str,
    command: list[str],
    *,
    answers: Callable[[Process], bool],
    environment: dict[str, str] | None = None,
) -> Iterator[Process]:
    log = places().logs / f"{name}-{worker_number()}.log"
    log.write_bytes(b"")
    running = forks.fork(command, os.environ | (environment or {}), log)
    process = Process(running, log)
    try:
        processes.wait_until(lambda: answers(process) or not running.is_running(), within=60, every=0.05)
        assert running.is_running() and answers(process), (
            f"{name} did not start:\n{log.read_text(errors='replace')}"
        )
        yield process
    finally:
        _end(running)


def _end(running: psutil.Process) -> None:
    try:
        with suppress(psutil.Error):
            running.terminate()
            running.wait(timeout=10)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)  # whatever it started and left
        running.wait()
