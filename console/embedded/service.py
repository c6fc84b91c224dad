"""What the embedded servers have in common: a name, a command, a data folder by which their processes are known."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn, TypedDict

import psutil

from console.embedded import folders, processes
from console.embedded.layout import EmbeddedError, Places, system_user

READY_WITHIN = 60.0  # seconds: crash recovery of a busy database takes a while


class Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class Service(ABC):
    """One server of one installation."""

    name: str
    stop_by = signal.SIGTERM

    def __init__(self, places: Places) -> None:
        self.places = places
        self.user = system_user()

    @property
    @abstractmethod
    def folder(self) -> Path:
        """The working folder of its processes."""

    def processes(self) -> list[psutil.Process]:
        """What runs of it. A data folder has no other processes than its server's."""
        return processes.living_in(self.folder)

    @abstractmethod
    def prepare(self) -> None:
        """Make its files and remove what a killed run left. Only called when it is not running."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    def running(self) -> bool:
        return bool(self.processes())

    def start(self) -> None:
        """Start it apart from this terminal and wait until it answers."""
        self.prepare()
        try:
            child = self._spawn()
        except OSError as error:
            raise EmbeddedError(self.cannot_run(error)) from error
        answered = processes.wait_until(lambda: self.ready() or child.poll() is not None, within=READY_WITHIN)
        if not answered or child.poll() is not None:
            raise EmbeddedError(
                f"The embedded {self.name} did not start: {folders.last_words(self.log)} (whole log: {self.log})"
            )

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log() as log:
            return subprocess.Popen(  # noqa: S603
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                env=self.environment(),
                **self.identity(),
            )

    def cannot_run(self, error: OSError) -> str:
        """What to say where the system refuses to run the server at all."""
        whom = f" as the user {self.user.pw_name}" if self.user else ""
        return (
            f"The embedded {self.name} cannot be run{whom} ({(error.strerror or str(error)).lower()}): run `make up` as "
            "another user, or set DATABASE_URL and CELERY_BROKER_URL to servers of your own."
        )

    def stop(self) -> None:
        """Stop it as its manual asks, and kill what is left."""
        main = self.main_process()
        if main is not None:
            processes.end([main], by=self.stop_by, within=20)
        processes.end(self.processes(), by=signal.SIGKILL)

    def become(self) -> NoReturn:
        """Turn this process into the server."""
        # Before the change of user: the new one may not be able to look where the wheels are.
        command, environment = self.command(), self.environment()
        if self.user is not None:
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)
        os.chdir(self.folder)
        os.execve(command[0], command, environment)  # noqa: S606

    def main_process(self) -> psutil.Process | None:
        """The process to signal."""
        return next(iter(self.processes()), None)

    def environment(self) -> dict[str, str]:
        """A clean one: PGDATA, PGPORT and the like of the caller must not reach the server."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def identity(self) -> Identity:
        """Whom the server's processes run as, for ``subprocess``."""
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    @property
    def log(self) -> Path:
        return self.places.logs / f"{self.name}.log"

    def _log(self) -> IO[bytes]:
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > 5_000_000:
                self.log.replace(self.log.with_suffix(".log.1"))
        return self.log.open("ab")


def answers(path: Path, message: bytes = b"") -> bytes | None:
    """What a server on the socket ``path`` says to ``message``; None when nobody is there."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(str(path))
        if not message:
            return b""
        client.sendall(message)
        return client.recv(256)
    return None
