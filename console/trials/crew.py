"""Workers of a command's own: they serve one pool, without a broker. The command makes calls itself, and has further
processes where it was asked for more than one.

python -m console.trials.crew POOL THREADS
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
from pathlib import Path

from console.problems import DomainError
from console.trials.watcher import MOST_QUICK_DEATHS, QUICK_DEATH

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.05  # seconds between two looks for work while threads are idle
SWEEP_EVERY = 2.0
REPOSITORY = Path(__file__).resolve().parents[2]


class Crew:
    """This process and the others of a pool. ``watch`` starts those anew when they die."""

    def __init__(self, pool: str, processes: int, calls: int) -> None:
        self.pool = pool
        self._threads = -(-calls // processes)
        self._quick_deaths = 0
        self._swept = time.monotonic()
        self._stopping = threading.Event()
        self._members = [self._start() for _ in range(processes - 1)]
        serving = (pool, self._threads, self._stopping)
        threading.Thread(target=serve, args=serving, name="crew", daemon=True).start()

    def watch(self) -> None:
        """Take the leases of the dead back at once, and put others in their place."""
        from console.trials import leases, sweeps

        for index, (process, started) in enumerate(self._members):
            if process.poll() is None:
                continue
            leases.reclaim(lease_holder=leases.holder_of(process.pid))
            self._quick_deaths = self._quick_deaths + 1 if time.monotonic() - started < QUICK_DEATH else 0
            if self._quick_deaths > MOST_QUICK_DEATHS:
                raise DomainError(
                    "The run's workers die as soon as they start.", "See what they print, and the log."
                )
            self._members[index] = self._start()
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            sweeps.put_right()

    def dismiss(self) -> None:
        self._stopping.set()
        for process, _ in self._members:
            process.terminate()
        for process, _ in self._members:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self) -> tuple[subprocess.Popen[bytes], float]:
        command = [sys.executable, "-m", "console.trials.crew", self.pool, str(self._threads)]
        process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
        return process, time.monotonic()


@contextmanager
def crew(pool: str, processes: int, calls: int) -> Iterator[Crew]:
    """So many processes, this one included, that together make ``calls`` at a time until the block ends."""
    members = Crew(pool, processes, calls)
    try:
        yield members
    finally:
        members.dismiss()


def serve(pool: str, threads: int, stopping: threading.Event) -> None:
    """Work with so many threads until ``stopping``, or until whoever started this process is gone."""
    from django.db import Error, connection

    from console.trials import sweeps, worker

    calls_for_work = threading.Semaphore(0)
    idle = threading.Semaphore(threads)
    parent = os.getppid()

    def serve_thread() -> None:
        while not stopping.is_set():
            calls_for_work.acquire()
            try:
                worker.work(pool, lambda run: calls_for_work.release(), stopping)
            except Exception:  # the database is away, say; the next look sends for this thread again
                logger.exception("A worker could not go on.")
                connection.close()
            finally:
                idle.release()

    for number in range(threads):
        threading.Thread(target=serve_thread, name=f"worker {number}", daemon=True).start()
    while not stopping.wait(LOOK_EVERY) and os.getppid() == parent:
        if not idle.acquire(blocking=False):
            continue  # nobody could take what a look would find
        idle.release()
        try:
            found = sweeps.due(pool, at_most=threads)
        except Error as error:
            logger.warning("The database cannot be asked for work (%s); trying again.", type(error).__name__)
            connection.close()
            continue
        for _ in range(found):
            if idle.acquire(blocking=False):
                calls_for_work.release()


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the command's to answer
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    serve(sys.argv[1], int(sys.argv[2]), stopping)
    os._exit(0)  # threads may wait for answers that nobody needs any more


if __name__ == "__main__":
    main()
