"""The rehearsal endpoint as a service: the model's stand-in, on a socket, run by this Python as whoever starts it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

from console.embedded import parts, processes
from console.embedded.layout import REPOSITORY, Places
from console.embedded.service import Service, answers


class Rehearsal(Service):
    name = "rehearsal"

    def __init__(self, places: Places) -> None:
        super().__init__(places)
        self.user = None  # it has no data to protect, and must find this Python and this code

    @property
    def folder(self) -> Path:
        return REPOSITORY

    def processes(self) -> list[psutil.Process]:
        return processes.marked(self.places.run, self.name)

    def prepare(self) -> None:
        processes.end(self.processes())
        self.places.rehearsal_socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        return [sys.executable, *parts.rehearsal(self.places.rehearsal_socket)]

    def environment(self) -> dict[str, str]:
        return os.environ | {processes.INSTANCE: str(self.places.run), processes.PART: self.name}

    def ready(self) -> bool:
        said = answers(self.places.rehearsal_socket, b"GET /healthz HTTP/1.0\r\nHost: rehearsal\r\n\r\n")
        return said is not None and b" 200 " in said
