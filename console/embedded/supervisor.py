"""supervisord as the one who starts the parts and starts them again: its configuration, and asking it things.

Its file is written anew at each start, from the programs below; nobody edits it.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from console.embedded import processes
from console.embedded.layout import REPOSITORY, EmbeddedError, Places

LOG_BYTES = "5MB"
LOGS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Program:
    """A part to keep alive. Lower ``rank`` starts earlier and stops later."""

    name: str
    rank: int
    stop_by: str = "TERM"
    stop_within: int = 8
    at_once: bool = False  # started with supervisord itself; the others wait for the migrated database


class Supervisor:
    """A running supervisord and the parts below it."""

    def __init__(self, where: Places, programs: Sequence[Program]) -> None:
        self.where = where
        self.programs = programs
        self.start()

    def start(self) -> None:
        configuration = self.where.run / "supervisord.conf"
        configuration.write_text(_configuration(self.where, self.programs))
        _socket(self.where).unlink(missing_ok=True)
        _link_logs(self.where)
        with (self.where.logs / "supervisor.err").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-m",
                    "supervisor.supervisord",
                    "--nodaemon",
                    "--configuration",
                    str(configuration),
                ],
                cwd=REPOSITORY,
                env=os.environ | {processes.INSTANCE: str(self.where.run), processes.PART: "supervisor"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is for `make up`, which stops the parts in order
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def nudge(self) -> None:
        """Have it look at its parts now: by itself it looks once a second, and a question wakes it."""
        self._statuses()

    def start_rest(self) -> None:
        """Start the parts that wait for the database."""
        if not processes.wait_until(lambda: bool(self._statuses()) or not self.alive, within=10):
            raise EmbeddedError("The supervisor does not answer: stop what holds it, and start again.")
        for program in self.programs:
            if not program.at_once:
                self._ask().startProcess(program.name, False)

    def running(self) -> dict[str, int]:
        """The parts that run, and their processes."""
        return {
            status["name"]: status["pid"] for status in self._statuses() if status["statename"] == "RUNNING"
        }

    def all_run(self) -> bool:
        return self.running().keys() == {program.name for program in self.programs}

    def failing(self) -> list[str]:
        """The parts that end as soon as they are started."""
        return [status["name"] for status in self._statuses() if status["statename"] in {"BACKOFF", "FATAL"}]

    def stop(self) -> None:
        """Stop the parts, last started first, then supervisord."""
        self._process.send_signal(signal.SIGTERM)
        within = sum(program.stop_within for program in self.programs)
        if not processes.wait_until(self._has_stopped, within=within, every=0.05):
            self._process.kill()
            self._process.wait()

    def _has_stopped(self) -> bool:
        self.nudge()
        return not self.alive

    def _statuses(self) -> list[dict[str, Any]]:
        try:
            return list(self._ask().getAllProcessInfo())
        except (OSError, xmlrpc.client.Error):
            return []

    def _ask(self) -> Any:
        # A connection a question: the transport keeps its own open, and would find it dead after a restart.
        transport = SupervisorTransport(None, None, f"unix://{_socket(self.where)}")
        return xmlrpc.client.ServerProxy("http://supervisor", transport=transport).supervisor


def _socket(where: Places) -> Path:
    return where.run / "supervisor.sock"


def _configuration(where: Places, programs: Sequence[Program]) -> str:
    head = f"""\
[unix_http_server]
file = {_socket(where)}
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
nodaemon = true
{"user = root" if os.geteuid() == 0 else ""}
pidfile = {where.run}/supervisord.pid
logfile = {where.run}/logs/supervisor.log
logfile_maxbytes = {LOG_BYTES}
logfile_backups = {LOGS_KEPT}
minfds = 1024
"""
    return "\n".join([head, *(_section(where, program) for program in programs)])


def _link_logs(where: Places) -> None:
    """The path of ``run`` has only plain characters, so that nothing of it means something in supervisord's file."""
    link = where.run / "logs"
    link.unlink(missing_ok=True)
    link.symlink_to(where.logs)


def _section(where: Places, program: Program) -> str:
    command = shlex.join([sys.executable, "-m", "console.embedded", "run", program.name])
    return f"""\
[program:{program.name}]
command = {command.replace("%", "%%")}
priority = {program.rank}
autostart = {str(program.at_once).lower()}
autorestart = true
startsecs = 1
startretries = 1000000
stopsignal = {program.stop_by}
stopwaitsecs = {program.stop_within}
killasgroup = true
redirect_stderr = true
stdout_logfile = {where.run}/logs/{program.name}.log
stdout_logfile_maxbytes = {LOG_BYTES}
stdout_logfile_backups = {LOGS_KEPT}
"""
