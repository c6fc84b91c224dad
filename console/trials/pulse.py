"""The heartbeat of a process that works on conversations: one thread that renews its leases, tells pages of progress
and wakes workers for what becomes due.

Progress is told from here, at most a few times a second a run, instead of in the writing transactions: NOTIFY takes a
lock of the whole database at commit, and would put the commits of all workers in a row.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error, connection

from console import live
from console.trials import leases
from console.trials.leases import Lease

logger = logging.getLogger(__name__)

TELL_EVERY = 0.25  # seconds


class Pulse:
    """Started by the first thing it has to do. All methods may be called from any thread and return at once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._leases: dict[int, Lease] = {}
        self._topics: set[str] = set()
        self._told: dict[str, float] = {}
        self._alarms: list[tuple[float, int, Callable[[], None]]] = []
        self._alarm_count = 0
        self._renewed = 0.0
        self._busy = False

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Renew ``lease`` while the body runs."""
        with self._changed:
            if not self._leases:
                self._renewed = time.monotonic()
                self._start()
            self._leases[lease.token] = lease
        try:
            yield
        finally:
            with self._changed:
                self._leases.pop(lease.token, None)

    def tell(self, topic: str) -> None:
        """Tell the pages of ``topic`` that something changed; call it after the commit."""
        with self._changed:
            if topic not in self._topics:
                self._topics.add(topic)
                self._start()

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Run a quick ``action`` after so many seconds."""
        with self._changed:
            self._alarm_count += 1
            heapq.heappush(self._alarms, (time.monotonic() + seconds, self._alarm_count, action))
            self._start()

    @property
    def is_at_rest(self) -> bool:
        """Whether it has nothing to tell and no lease to renew."""
        with self._changed:
            return not self._topics and not self._leases and not self._busy

    def _start(self) -> None:
        """Have the thread look at what there is to do: not at every lease and word of hundreds a second."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.wait(self._pause())
                self._busy = True
            for beat in (self._renew, self._tell, self._ring):
                try:
                    beat()
                except Error as error:
                    logger.warning("The heartbeat could not reach the database (%s); trying again.", error)
                    connection.close()
                    time.sleep(0.5)
                except Exception:
                    logger.exception("The heartbeat failed at one task; going on.")
            if not connection.in_atomic_block:
                connection.close()

    def _pause(self) -> float | None:
        """Seconds until there is something to do; None: until somebody calls."""
        now = time.monotonic()
        dues = []
        if self._leases:
            dues.append(self._renewed + settings.REMIT_LEASE_SECONDS / 3)
        if self._topics:
            dues.append(min(self._told.get(topic, 0.0) for topic in self._topics) + TELL_EVERY)
        if self._alarms:
            dues.append(self._alarms[0][0])
        return max(0.0, min(dues) - now) if dues else None

    def _renew(self) -> None:
        with self._changed:
            held = list(self._leases.values())
        if held and time.monotonic() >= self._renewed + settings.REMIT_LEASE_SECONDS / 3:
            leases.renew(held)
            self._renewed = time.monotonic()

    def _tell(self) -> None:
        now = time.monotonic()
        with self._changed:
            due = {topic for topic in self._topics if self._told.get(topic, 0.0) + TELL_EVERY <= now}
            self._topics -= due
            self._told = {topic: at for topic, at in self._told.items() if at > now - 10} | dict.fromkeys(
                due, now
            )
        for topic in due:
            live.publish(topic)

    def _ring(self) -> None:
        now = time.monotonic()
        with self._changed:
            due = []
            while self._alarms and self._alarms[0][0] <= now:
                due.append(heapq.heappop(self._alarms)[2])
        for action in due:
            action()


pulse = Pulse()
