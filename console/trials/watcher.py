"""`manage.py run_suite --workers N` as two processes: one that does everything, and this one, which only watches it.

Whoever makes calls may be killed at any moment; this process starts another in its place, which goes on with the run. It
imports nothing but the standard library, so that it weighs ten megabytes.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).resolve().parents[2] / "manage.py"
QUICK_DEATH = 5.0  # seconds; a process that dies so soon was not killed by its work
MOST_QUICK_DEATHS = 5
# Of the database. One is in use for some four milliseconds a call, and each is opened and planned for in ten.
CONNECTIONS = "6"
UNUSABLE = 2
# The end of the session is none of the command's where it was begun to outlive it, as by nohup.
_HANGS_UP = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
PASSED_ON = (signal.SIGINT, signal.SIGTERM, *_HANGS_UP)


def concerns(arguments: list[str]) -> bool:
    """Whether the command line asks for workers of its own, and is not the watched process itself."""
    asks = any(word.startswith("--worke") for word in arguments)
    return arguments[:1] == ["run_suite"] and asks and "--pool" not in arguments


def watch(arguments: list[str]) -> int:
    """Do the command until it ends by itself; returns its exit code."""
    command = [sys.executable, str(PROGRAM), *arguments, "--pool", f"command-{secrets.token_hex(8)}"]
    os.environ.setdefault("REMIT_DB_POOL", CONNECTIONS)
    watched = _Watched(command)
    for number in PASSED_ON:
        signal.signal(number, watched.pass_on)
    quick_deaths = 0
    while (code := watched.run()) < 0 and not watched.told:
        quick_deaths = quick_deaths + 1 if watched.seconds < QUICK_DEATH else 0
        if quick_deaths > MOST_QUICK_DEATHS:
            sys.stderr.write(
                "The run's workers die as soon as they start. See what they print, and the log.\n"
            )
            return UNUSABLE
    return code if code >= 0 else 128 - code


class _Watched:
    """The process that does the command, and the one that follows it."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.told = False
        self.seconds = 0.0

    def run(self) -> int:
        """Start it and wait; its exit code, negative when a signal ended it."""
        started = time.monotonic()
        # In a session of its own: a terminal's Ctrl-C would reach it twice, and a second one ends it at once.
        self._process = subprocess.Popen(self._command, start_new_session=True)  # noqa: S603
        code = self._process.wait()
        self.seconds = time.monotonic() - started
        return code

    def pass_on(self, number: int, _frame: Any) -> None:
        self.told = True
        if self._process is not None:
            self._process.send_signal(number)
