"""Become one part: what supervisord starts. Ends what an earlier one left, then turns into the part itself."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from console.embedded import parts, processes
from console.embedded.layout import places
from console.embedded.service import Service
from console.embedded.serving import SERVICES

# Where both want the processor, a person waiting for a page comes first.
BACKGROUND = {"worker", "beat"}


def run(name: str) -> NoReturn:
    where = places()
    if name in SERVICES:
        _become_service(SERVICES[name](where))
    processes.end(processes.marked(where.run, name), by=signal.SIGKILL)
    if name in BACKGROUND:
        os.nice(5)
    command = [sys.executable, *_command(name)]
    os.execve(command[0], command, os.environ | {processes.INSTANCE: str(where.run), processes.PART: name})  # noqa: S606


def _become_service(service: Service) -> NoReturn:
    # A `manage.py` that was there first has started it: leave it to work, and take over when it ends.
    while (other := service.main_process()) is not None:
        other.wait()
    service.prepare()
    service.become()


def _command(name: str) -> list[str]:
    match name:
        case "web":
            return parts.web(parts.port(), parts.host())
        case "worker":
            return parts.worker()
        case "beat":
            return parts.beat()
    sys.exit(f"There is no part named {name}.")
