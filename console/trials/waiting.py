"""Waiting for a run to end, for a while: what a pipeline does instead of asking every second."""

from __future__ import annotations

import threading
import time

from django.conf import settings
from django.db import connections

from console import live
from console.trials.models import Run

LONGEST = 60  # seconds; a proxy in between would cut the connection soon after
LOOK_EVERY = 5.0  # seconds, should a notification be lost

_places = threading.BoundedSemaphore(max(1, settings.REMIT_API_WAITS))


def wait_for(run: Run, seconds: float) -> Run:
    """The run once it ended, or as it is after ``seconds``; at once where too many wait already.

    A request that waits holds a thread and no database connection.
    """
    if not run.is_open or seconds <= 0 or not _places.acquire(blocking=False):
        return run
    try:
        return _waited(run, min(seconds, LONGEST))
    finally:
        _places.release()


def _waited(run: Run, seconds: float) -> Run:
    changed = threading.Event()
    ends = time.monotonic() + seconds
    with live.hearing(f"run:{run.pk}", lambda event: changed.set()):
        # Looked at after listening has begun: what ended in between is seen here.
        run.refresh_from_db()
        while run.is_open and (left := ends - time.monotonic()) > 0:
            if not connections["default"].in_atomic_block:
                connections.close_all()
            changed.wait(min(left, LOOK_EVERY))
            changed.clear()
            run.refresh_from_db()
    return run
