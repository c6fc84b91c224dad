"""Workers of a command's own: they serve one pool, without a broker. The command makes calls itself, and has further
processes where it was asked for more than one.

python -m console.trials.crew POOL CALLS PARENT
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from console.problems import DomainError
from console.provider.gate import Gate
from console.trials.watcher import MOST_QUICK_DEATHS, QUICK_DEATH

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.05  # seconds between two looks for work while threads are idle
SWEEP_EVERY = 2.0
ASK_EVERY = 0.2  # seconds between two questions whether the run still goes on
REPOSITORY = Path(__file__).resolve().parents[2]


def shares(calls: int, processes: int) -> list[int]:
    """How many of the calls each process makes at a time."""
    return [calls // processes + (number < calls % processes) for number in range(processes)]


def ahead(calls: int) -> int:
    """How many conversations more a process has in hand, so that a request is ready when an answer comes."""
    return -(-calls // 8)


class Crew:
    """This process and the others of a pool. ``watch`` starts those anew when they die."""

    def __init__(self, pool: str, calls: list[int]) -> None:
        self.pool = pool
        self._quick_deaths = 0
        self._swept = time.monotonic()
        self._stopping = threading.Event()
        own, *others = calls
        self._gate = Gate(own)
        self._members = [self._start(share) for share in others]
        serving = (pool, own, self._gate, self._stopping, os.getppid())
        threading.Thread(target=serve, args=serving, name="crew", daemon=True).start()

    def watch(self) -> None:
        """Take the leases of the dead back at once, and put others in their place."""
        from console.trials import leases, sweeps

        for index, (process, started, share) in enumerate(self._members):
            if process.poll() is None:
                continue
            leases.reclaim(lease_holder=leases.holder_of(process.pid))
            self._quick_deaths = self._quick_deaths + 1 if time.monotonic() - started < QUICK_DEATH else 0
            if self._quick_deaths > MOST_QUICK_DEATHS:
                raise DomainError(
                    "The run's workers die as soon as they start.", "See what they print, and the log."
                )
            self._members[index] = self._start(share)
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            sweeps.put_right()

    def begin_nothing(self) -> None:
        """Call after the run was cancelled. Other processes find that out by themselves."""
        self._gate.send_back()

    def dismiss(self) -> None:
        self._stopping.set()
        for process, _, _ in self._members:
            process.terminate()
        for process, _, _ in self._members:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self, share: int) -> tuple[subprocess.Popen[bytes], float, int]:
        command = [sys.executable, "-m", "console.trials.crew", self.pool, str(share), str(os.getpid())]
        process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
        return process, time.monotonic(), share


@contextmanager
def crew(pool: str, calls: list[int]) -> Iterator[Crew]:
    """A process for each number of calls that are made at a time, this one the first, until the block ends."""
    members = Crew(pool, calls)
    try:
        yield members
    finally:
        members.dismiss()


def serve(pool: str, calls: int, gate: Gate, stopping: threading.Event, parent: int) -> None:
    """Make so many calls at a time until ``stopping``, or until ``parent``, who started this process, is gone."""
    from django.db import Error, connection

    from console.provider import client
    from console.trials import sweeps, worker

    threads = calls + ahead(calls)
    speak = partial(client.create, gate=gate)
    calls_for_work = threading.Semaphore(0)
    idle = threading.Semaphore(threads)

    def serve_thread() -> None:
        while not stopping.is_set():
            calls_for_work.acquire()
            try:
                worker.work(pool, lambda run: calls_for_work.release(), stopping, speak)
            except Exception:  # the database is away, say; the next look sends for this thread again
                logger.exception("A worker could not go on.")
                connection.close()
            finally:
                idle.release()

    for number in range(threads):
        threading.Thread(target=serve_thread, name=f"worker {number}", daemon=True).start()
    asked = time.monotonic()
    while not stopping.wait(LOOK_EVERY) and os.getppid() == parent:
        try:
            if time.monotonic() > asked + ASK_EVERY:
                asked = time.monotonic()
                if not sweeps.goes_on(pool):
                    gate.send_back()
            # While no thread is idle, nobody could take what a look would find.
            found = sweeps.due(pool, at_most=threads) if _is_free(idle) else 0
        except Error as error:
            logger.warning("The database cannot be asked for work (%s); trying again.", type(error).__name__)
            found = 0
        connection.close()  # back to the pool, which has few
        for _ in range(found):
            if idle.acquire(blocking=False):
                calls_for_work.release()


def _is_free(places: threading.Semaphore) -> bool:
    if not places.acquire(blocking=False):
        return False
    places.release()
    return True


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the command's to answer
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    pool, calls, parent = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])  # who may be gone by now
    serve(pool, calls, Gate(calls), stopping, parent)
    os._exit(0)  # threads may wait for answers that nobody needs any more


if __name__ == "__main__":
    main()
