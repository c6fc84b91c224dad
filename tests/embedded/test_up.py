"""`make up` as a person meets it: the lines it prints, the parts that die, the kill, the second start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.embedded import parts, processes
from console.embedded.broker import Broker
from console.embedded.layout import REPOSITORY, Places
from console.embedded.postgres import Postgres
from console.embedded.processes import wait_until
from console.embedded.serving import stop
from tests.embedded.conftest import CLEAN
from tests.live import build_assets, free_port

READY = "Remit is ready at "
ALL_PARTS = {"beat", "rehearsal", "supervisor", "web", "worker"}


class Up:
    """A running `make up`: what it said, and where."""

    def __init__(self, where: Places, port: int) -> None:
        self.where = where
        self.port = port
        self.lines: list[str] = []
        inherited = {name: value for name, value in os.environ.items() if name not in CLEAN}
        del inherited["REMIT_EMBEDDED_FAST"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "console.embedded", "up"],
            cwd=REPOSITORY,
            env=inherited
            | {
                "REMIT_DATA": str(where.data),
                "PORT": str(port),
                "PYTHONUNBUFFERED": "1",
                "REMIT_COLD": "1",  # nobody comes to any of its many web servers
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def ready_line(self) -> str:
        return next((line for line in self.lines if line.startswith(READY)), "")

    def wait_until_ready(self) -> None:
        assert wait_until(lambda: bool(self.ready_line) or self.process.poll() is not None, within=240), (
            self.lines
        )
        assert self.ready_line, self.lines

    def end(self, by: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(by)
        self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return self.process.returncode


@pytest.fixture(scope="module")
def installed() -> Iterator[Places]:
    """The folder of an installation, with static files that other runs made."""
    data = Path(tempfile.mkdtemp(prefix="remit-up-"))
    data.chmod(0o755)
    where = Places(data=data, home=data, run=data / "run")
    (data / "run").mkdir()
    shutil.copytree(build_assets(), data / "static")
    yield where
    end_all(where)
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="module")
def started(installed: Places) -> Iterator[Up]:
    """Its first start. It serves all tests but the last, which kills it."""
    with up(installed) as running:
        yield running


@contextmanager
def up(where: Places) -> Iterator[Up]:
    running = Up(where, free_port())
    try:
        running.wait_until_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


def end_all(where: Places) -> None:
    processes.end(processes.marked(where.run), by=signal.SIGKILL)
    stop(where)


def answers(running: Up) -> bool:
    return parts.web_answers(running.port)


def _runs_anew(where: Places, name: str, old: set[int]) -> bool:
    return any(process.pid not in old for process in processes.marked(where.run, name))


def _parts(where: Places) -> set[str]:
    return {name for name in ALL_PARTS if processes.marked(where.run, name)}


def _is_ready(running: Up) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_taken_port_is_a_sentence_and_nothing_is_started(where: Places) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = Up(where, port)
        assert refused.process.wait(timeout=30) == 1
    refused._reader.join(timeout=10)
    assert refused.lines == [
        f"Port {port} of 127.0.0.1 cannot be had (address already in use): stop the program that uses it, "
        f"or take another: PORT={port + 1} make up."
    ]
    assert not Postgres(where).running()


class TestWhileItRuns:
    """One running installation for all of them: a start costs seconds."""

    def test_the_first_start_says_what_it_does_and_ends_with_address_and_logins(
        self, installed: Places, started: Up
    ) -> None:
        lines = started.lines[: started.lines.index(started.ready_line) + 1]
        assert len(lines) > 1 and all(line.endswith("…") for line in lines[:-1])
        assert re.fullmatch(
            r"Remit is ready at http://127\.0\.0\.1:\d+   login: \S+ password: \S+   reviewer: \S+ password: \S+",
            lines[-1],
        )
        assert not (installed.data / "first-logins").exists()

    @pytest.mark.parametrize("name", ["web", "worker", "beat", "rehearsal"])
    def test_a_part_that_is_killed_is_started_again(self, installed: Places, started: Up, name: str) -> None:
        old = processes.marked(installed.run, name)
        assert old
        processes.end(old, by=signal.SIGKILL)
        assert wait_until(lambda: _runs_anew(installed, name, {process.pid for process in old}), within=60)
        assert wait_until(lambda: answers(started), within=60)
        assert wait_until(
            lambda: any(line.startswith(f"{name} had stopped") for line in started.lines), within=10
        )

    def test_a_web_server_whose_master_is_killed_comes_back_on_its_port(
        self, installed: Places, started: Up
    ) -> None:
        """Its worker process is left behind with the port: it has to go first."""
        found = processes.marked(installed.run, "web")
        master = next(process for process in found if process.parent() not in found)
        master.kill()
        assert wait_until(lambda: _runs_anew(installed, "web", {process.pid for process in found}), within=60)
        assert wait_until(lambda: answers(started), within=60)
        assert all(map(processes.gone, found))

    @pytest.mark.parametrize("server", [Postgres, Broker])
    def test_a_server_that_is_killed_is_started_again_and_pages_work(
        self, installed: Places, started: Up, server: type[Postgres | Broker]
    ) -> None:
        processes.end(processes.living_in(server(installed).folder), by=signal.SIGKILL)
        assert wait_until(server(installed).ready, within=60)
        assert wait_until(lambda: _is_ready(started), within=60)

    def test_a_command_works_beside_it_and_stops_nothing(self, installed: Places, started: Up) -> None:
        inherited = {name: value for name, value in os.environ.items() if name not in CLEAN}
        done = subprocess.run(
            [
                sys.executable,
                "manage.py",
                "shell",
                "-c",
                "from console.accounts.models import User; print(User.objects.count())",
            ],
            cwd=REPOSITORY,
            env=inherited | {"REMIT_DATA": str(installed.data)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(done.stdout.split()[-1]) >= 2
        assert _is_ready(started)

    def test_a_second_start_from_the_same_folder_is_refused_with_a_sentence(
        self, installed: Places, started: Up
    ) -> None:
        second = Up(installed, free_port())
        assert second.process.wait(timeout=30) == 1
        second._reader.join(timeout=10)
        assert second.lines == [
            f"Remit is already running from this folder (process {started.process.pid}, http://127.0.0.1:{started.port}): "
            "stop that one with Ctrl-C, or give this one its own REMIT_DATA and PORT."
        ]
        assert answers(started)

    def test_a_supervisor_that_is_killed_brings_everything_back(self, installed: Places, started: Up) -> None:
        processes.end(processes.marked(installed.run, "supervisor"), by=signal.SIGKILL)
        assert wait_until(lambda: any("supervisor was killed" in line for line in started.lines), within=60)
        assert wait_until(lambda: _parts(installed) == ALL_PARTS, within=60)
        assert wait_until(lambda: _is_ready(started), within=60)


def test_later_starts_end_what_a_kill_left_recover_from_a_kill_of_everything_and_end_with_an_interrupt(
    installed: Places, started: Up
) -> None:
    started.process.kill()
    started.process.wait()
    left = {process.pid for process in processes.marked(installed.run)}
    assert left
    with up(installed) as killed:
        assert killed.ready_line == f"Remit is ready at http://127.0.0.1:{killed.port}"
        assert _is_ready(killed)
        assert not left & {process.pid for process in processes.marked(installed.run)}
        killed.process.kill()
        everything = [
            process
            for folder in (installed.postgres, installed.broker)
            for process in processes.living_in(folder)
        ]
        for process in [*processes.marked(installed.run), *everything]:
            process.kill()
        killed.process.wait()
    with up(installed) as running:
        assert _is_ready(running)
        assert running.end(signal.SIGINT) == 0
    assert running.lines[-1] == "Stopped. All data is kept."
    assert processes.marked(installed.run) == []
    assert not Postgres(installed).running() and not Broker(installed).running()
