"""Entry points of the workers. A message may be lost, doubled, late or forged: it only makes somebody look.

A worker also looks by itself, so that a broker that is away makes nothing wait: it only tells sooner what there is.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Any

from celery.signals import worker_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error

from console.celery import app
from console.provider.client import load_sdk
from console.trials import sweeps, worker
from console.trials.moves import release_connection

logger = logging.getLogger(__name__)

LOOK_EVERY = 3.0  # seconds

# Fewer than the worker has threads, so that sweeps and other work find one while runs go on.
_slots = threading.BoundedSemaphore(settings.REMIT_CALLS)
_stopping = threading.Event()


@worker_init.connect
def _load_sdk(**_details: Any) -> None:
    # Before the first task, whose threads would all wait for it; beat imports this module and needs none of it.
    load_sdk()


@worker_ready.connect
def _begin_to_look(**_details: Any) -> None:
    threading.Thread(target=_look, name="look", daemon=True).start()


@worker_shutting_down.connect
def _stop(**_details: Any) -> None:
    _stopping.set()


@app.task(name="trials.advance")
def advance(run_id: int = 0) -> None:
    """Work on whatever is due, this run's or another's, until nothing is."""
    if _slots.acquire(blocking=False):
        try:
            worker.work("", _wake, _stopping)
        finally:
            _slots.release()


@app.task(name="trials.sweep")
def sweep() -> None:
    if sweeps.take_tick("trials.sweep"):
        sweeps.sweep()
    if sweeps.take_tick("trials.measure", 20):
        sweeps.measure_older()


def _wake(run_id: int) -> None:
    """Somebody of this process: what became due was put back here, and a broker may be away."""
    threading.Thread(target=advance, args=(run_id,), name=f"run {run_id}", daemon=True).start()


def _look() -> None:
    while not _stopping.wait(LOOK_EVERY * random.uniform(0.8, 1.2)):  # noqa: S311 (no secret)
        try:
            if sweeps.take_tick("trials.look"):
                sweeps.put_right()
            for _ in range(sweeps.due("", at_most=settings.REMIT_CALLS)):
                _wake(0)
        except Error as error:
            logger.warning("The database cannot be asked for work (%s); trying again.", type(error).__name__)
        except Exception:
            logger.exception("The look for work failed; going on.")
        release_connection()
