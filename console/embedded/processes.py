"""Finding, waiting for and ending the processes that are ours, and no others.

A process id alone proves nothing: after a crash or a restart of the machine it may be another's. A service is known by
its working folder (its data), a part of the console by the marks in its environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

INSTANCE = "REMIT_INSTANCE"  # the folder of locks of one installation
PART = "REMIT_PART"  # web, worker, beat, rehearsal, supervisor


def living_in(folder: Path) -> list[psutil.Process]:
    """The processes whose working folder is ``folder``: a data folder has none but its server's."""
    return [process for process in psutil.process_iter() if _folder_of(process) == str(folder.resolve())]


def marked(instance: Path, part: str | None = None) -> list[psutil.Process]:
    """The processes started as a part (or any part) of the installation whose run folder is ``instance``."""
    return [process for process in psutil.process_iter() if _is_marked(process, str(instance), part)]


def end(
    processes: Iterable[psutil.Process], *, by: signal.Signals = signal.SIGTERM, within: float = 5.0
) -> None:
    """Ask ``processes`` to stop, wait, and kill the ones that did not."""
    alive = list(processes)
    _signal(alive, by)
    if not wait_until(lambda: all(map(gone, alive)), within=within):
        _signal(alive, signal.SIGKILL)
        wait_until(lambda: all(map(gone, alive)), within=5)


def wait_until(condition: Callable[[], bool], *, within: float, every: float = 0.02) -> bool:
    """Ask again and again; whether the condition came true in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def gone(process: psutil.Process) -> bool:
    """A dead process stays a zombie until its parent looks, and the parent may be busy: that is gone enough."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _folder_of(process: psutil.Process) -> str | None:
    with _theirs_or_gone():
        return process.cwd()
    return None


def _is_marked(process: psutil.Process, instance: str, part: str | None) -> bool:
    if process.pid == os.getpid():
        return False
    with _theirs_or_gone():
        marks = process.environ()
        return marks.get(INSTANCE) == instance and (
            PART in marks if part is None else marks.get(PART) == part
        )
    return False


@contextlib.contextmanager
def _theirs_or_gone() -> Iterator[None]:
    """Another user's process may not be looked at, and one that has just ended cannot be: neither is ours."""
    with contextlib.suppress(psutil.Error, OSError):
        yield
