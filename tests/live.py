"""The console's own processes, run for tests the way `make up` runs them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from console.embedded import parts, processes
from console.embedded.layout import REPOSITORY, places
from tests.environment import worker_number


@dataclass(frozen=True, slots=True)
class Process:
    """A running part; ``log`` is what it printed."""

    popen: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Like the machine would: no goodbye."""
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    process: Process


@contextmanager
def worker() -> Iterator[Process]:
    with _running("worker", parts.worker(beat=True), answers=_said(" ready.")) as process:
        yield process


@contextmanager
def rehearsal() -> Iterator[str]:
    path = places().run / f"rehearsal-{worker_number()}.sock"
    with _running("rehearsal", parts.rehearsal(path), answers=lambda _: path.is_socket()):
        yield f"unix:{path}"


@contextmanager
def site(**settings: str) -> Iterator[Site]:
    """A web server on a free port. Where another program takes the port in between, the start fails and says so.

    ``settings`` are more environment variables, such as ``REMIT_DEBUG="1"``.
    """
    static = build_assets()
    port = free_port()
    environment = {"PORT": str(port), "REMIT_STATIC": str(static), **settings}
    with _running(
        "web", parts.web(port), answers=lambda _: healthy(port), environment=environment
    ) as process:
        yield Site(url=f"http://127.0.0.1:{port}", process=process)


def build_assets() -> Path:
    """The hashed static files, collected once a test run."""
    from console.embedded import assets

    static = places().data / "static"
    with assets.locked(places().data / "static.lock"):
        assets.build_bundles(development=True)
        assets.collect(static)
    return static


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


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
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, *command],
            cwd=REPOSITORY,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    process = Process(popen, log)
    try:
        processes.wait_until(lambda: answers(process) or popen.poll() is not None, within=60, every=0.05)
        assert popen.poll() is None and answers(process), (
            f"{name} did not start:\n{log.read_text(errors='replace')}"
        )
        yield process
    finally:
        _end(popen)


def _end(popen: subprocess.Popen[bytes]) -> None:
    popen.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            popen.wait(timeout=10)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)  # whatever it started and left
        popen.wait()
