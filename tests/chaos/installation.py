"""An installation of its own for chaos: durable settings, its own folder, nothing shared with a test run.

Import it first: it sets the environment that settings read.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="remit-chaos-"))
HOME.chmod(0o711)  # the system user that runs PostgreSQL for root passes through it
LEASE = 3.0  # seconds
for _name in [
    name for name in os.environ if name.startswith(("REMIT_", "ANTHROPIC_")) or name.endswith("_URL")
]:
    del os.environ[_name]
os.environ.update(
    REMIT_DATA=str(HOME), SECRET_KEY="chaos", REMIT_LEASE_SECONDS=str(LEASE), REMIT_LOG_LEVEL="WARNING",
    REMIT_REHEARSAL_URL="http://127.0.0.1:9", DJANGO_SETTINGS_MODULE="console.settings",
)  # fmt: skip

from console.embedded import folders, parts  # noqa: E402
from console.embedded.layout import REPOSITORY, places, system_user  # noqa: E402
from console.embedded.serving import SERVICES, start, using  # noqa: E402

SERVERS = ("postgres", "broker")


class Worker:
    """A worker with beat, in a process group of its own."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        with (HOME / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *parts.worker(beat=True)],
                cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait()

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def watch(self) -> None:
        """Start it anew when it died, as a supervisor does."""
        if self.process.poll() is not None:
            self._start()


class Installation:
    def __init__(self) -> None:
        self.workers: list[Worker] = []

    def staff(self, count: int) -> None:
        """So many workers, no more and no fewer."""
        while len(self.workers) > count:
            self.workers.pop().kill()
        while len(self.workers) < count:
            self.workers.append(Worker())

    def watch(self) -> None:
        for worker in self.workers:
            worker.watch()

    def kill(self, name: str) -> None:
        """kill -9 of a server's main process, and whatever of it is left."""
        service = SERVICES[name](places())
        processes = service.processes()
        for process in processes:
            with suppress(Exception):
                process.kill()
        for process in processes:
            with suppress(Exception):
                process.wait(10)

    def start(self, name: str) -> None:
        for attempt in range(20):
            try:
                SERVICES[name](places()).start()
                return
            except Exception:
                if attempt == 19:
                    raise
                time.sleep(0.3)


@contextmanager
def installation() -> Iterator[Installation]:
    """PostgreSQL, the broker and Django in this process; everything is gone afterwards."""
    where = places()
    folders.prepare(where, system_user())
    running = Installation()
    try:
        with using(where):
            start(where, SERVERS)
            migrate = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
            subprocess.run(migrate, cwd=REPOSITORY, check=True)
            import django

            django.setup()
            try:
                yield running
            finally:
                running.staff(0)
    finally:
        shutil.rmtree(HOME, ignore_errors=True)
